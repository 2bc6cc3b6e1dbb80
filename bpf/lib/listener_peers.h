/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose connections a listener loses. Those that it loses most often are of interest, so
 * under a flood from many addresses the ones not seen for long make room.
 */
#ifndef TCPWHY_LISTENER_PEERS_H
#define TCPWHY_LISTENER_PEERS_H

#include "kernel.h"
#include "../include/listener.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_peer_key);
	__type(value, __u64);
} listener_peers SEC(".maps");

/* An IPv6 address, or an IPv4 address in that form; in halves it is soon compared. */
struct why_peer {
	__u64 high;
	__u64 low;
};

/*
 * The packet's source; false: it is neither IPv4 nor IPv6, or there is no packet.
 * direct: skb comes with its type.
 */
static __always_inline bool name_peer(struct why_peer *peer, struct sk_buff *skb, bool direct)
{
	const unsigned char *header;
	__u16 protocol;

	if (!skb)
		return false;
	if (direct) {
		header = skb->head + skb->network_header;
		protocol = bpf_ntohs(skb->protocol);
	} else {
		header = read_field(struct sk_buff, skb, head) +
			 read_field(struct sk_buff, skb, network_header);
		protocol = bpf_ntohs(read_field(struct sk_buff, skb, protocol));
	}
	if (protocol == ETH_P_IP) {
		__u32 *words = (__u32 *)&peer->low;

		peer->high = 0;
		words[0] = bpf_htonl(0xffff);
		if (has_casts)
			words[1] = cast(struct in6_addr, header + 12)->in6_u.u6_addr32[0];
		else
			bpf_probe_read_kernel(&words[1], 4, header + 12);
		return true;
	}
	return protocol == ETH_P_IPV6 && !bpf_probe_read_kernel(peer, sizeof(*peer), header + 8);
}

static __always_inline void count_peer(const struct why_listener_key *listener,
				       const struct why_peer *peer)
{
	struct why_peer_key key = {
		.listener = listener->id,
		.inode = listener->inode,
		.epoch = listener->epoch,
	};
	__u64 *count, zero = 0;

	*(struct why_peer *)key.address = *peer;
	count = bpf_map_lookup_elem(&listener_peers, &key);
	if (!count) {
		bpf_map_update_elem(&listener_peers, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&listener_peers, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
