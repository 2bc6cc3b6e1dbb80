// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which packets does the kernel drop, where, and why? Every skb that is freed as
 * dropped passes the tracepoint kfree_skb; one that was used up does not.
 */
#include "lib/kernel.h"
#include "include/tcpwhy.h"

const volatile struct why_packet_config config SEC(".rodata.config") = {};

#include "lib/lost_skb.h"
#include "lib/unplaced.h"
#include "lib/packet.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct why_packet_key);
	__type(value, __u64);
} packets SEC(".maps");

/* One more of the key; false: there is no room. */
static __always_inline bool count_packet(const struct why_packet_key *key)
{
	__u64 *count = bpf_map_lookup_elem(&packets, key), zero = 0;

	if (!count) {
		bpf_map_update_elem(&packets, key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&packets, key);
		if (!count)
			return false;
	}
	__sync_fetch_and_add(count, 1);
	return true;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(btf_dropped, struct sk_buff *skb, void *location)
{
	__u64 *lost = lost_skb_here();
	struct why_packet_key key = {};

	key.netns = netns_of(skb);
	if (config.netns && config.netns != key.netns)
		return 0;
	key.location = (__u64)location;
	key.reason = config.has_reason ? ctx[2] : 0;
	name_packet(&key, skb);
	if (lost && *lost == (__u64)skb) {
		key.is_listen = 1;
		*lost = 0;
	}
	if (count_packet(&key))
		return 0;
	/* A scan of ports fills the table: the rest of it is counted together. */
	key.port = 0;
	if (!count_packet(&key))
		count_unplaced();
	return 0;
}
