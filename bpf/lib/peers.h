/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose connections a listener loses. Those that it loses most often are of interest, so
 * under a flood from many addresses the ones not seen for long make room.
 */
#ifndef TCPWHY_PEERS_H
#define TCPWHY_PEERS_H

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_peer_key);
	__type(value, __u64);
} peers SEC(".maps");

/* The packet's source; false: it is neither IPv4 nor IPv6. */
static __always_inline bool name_peer(struct why_peer_key *key, struct sk_buff *skb)
{
	const unsigned char *header = read_field(struct sk_buff, skb, head) +
				      read_field(struct sk_buff, skb, network_header);
	__u16 protocol = bpf_ntohs(read_field(struct sk_buff, skb, protocol));

	if (protocol == ETH_P_IP) {
		key->family = WHY_IPV4;
		if (config.casts)
			*(__u32 *)key->address =
				cast(struct in6_addr, header + 12)->in6_u.u6_addr32[0];
		else
			bpf_probe_read_kernel(key->address, 4, header + 12);
	} else if (protocol == ETH_P_IPV6) {
		key->family = WHY_IPV6;
		bpf_probe_read_kernel(key->address, 16, header + 8);
	}
	return key->family;
}

static __always_inline void count_peer(const struct why_listener_key *listener, struct sk_buff *skb)
{
	struct why_peer_key key = { .listener = listener->id, .inode = listener->inode };
	__u64 *count, zero = 0;

	if (!skb || !name_peer(&key, skb))
		return;
	count = bpf_map_lookup_elem(&peers, &key);
	if (!count) {
		bpf_map_update_elem(&peers, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&peers, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
