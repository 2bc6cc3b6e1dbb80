// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which packets does the kernel drop, where, and why? Every skb that is freed as
 * dropped passes the tracepoint kfree_skb; one that was used up does not.
 */
#include "lib/kernel.h"
#include "include/stack_keys.h"
#include "lib/cgroup.h"
#include "lib/lost_skb.h"
#include "lib/packet_key.h"
#include "lib/packet_refused.h"
#include "lib/packet_rows.h"
#include "lib/stack_table.h"

const volatile struct why_packet_config config SEC(".rodata.config") = {};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u8);
} packet_reasons SEC(".maps");

/* Of struct why_packet_key. */
static __always_inline __u16 stack_number(void *ctx, __u32 now)
{
	__s32 number = stack_here(ctx, 0, now);

	return number < 0 ? WHY_STACK_LOST : (number & ((1 << WHY_STACK_SHORT_BITS) - 1)) + 1;
}

/* Whether a listener has lost a connection with it: known once. */
static __always_inline bool is_listeners(struct sk_buff *skb)
{
	__u64 *lost = config.has_listeners ? lost_skb_here() : 0;

	if (!lost || *lost != (__u64)skb)
		return false;
	*lost = 0;
	return true;
}

static __always_inline bool is_in_cgroup(struct sk_buff *skb, struct sock *receiver)
{
	struct sock *sk = owner_of(receiver);

	if (!sk)
		sk = owner_of(skb->sk);
	return sk && is_in_wanted_cgroup(sk);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(btf_dropped, struct sk_buff *skb, void *location)
{
	struct why_packet_key key = {};
	__u32 now;

	key.flags = is_listeners(skb) ? WHY_PACKET_LISTEN : 0;
	key.netns = netns_of_packet(skb);
	if (config.netns && config.netns != key.netns)
		return 0;
	key.reason = config.has_reason ? ctx[2] : 0;
	if (config.filter_reason && !bpf_map_lookup_elem(&packet_reasons, &key.reason))
		return 0;
	if (wanted_cgroup && !is_in_cgroup(skb, config.has_receiver ? (struct sock *)ctx[3] : 0))
		return 0;
	key.location = (__u64)location;
	name_packet(&key, skb);
	now = turn;
	if (config.stacks)
		key.stack = stack_number(ctx, now);
	if (config.refused_reason && key.reason == config.refused_reason &&
	    key.transport == IPPROTO_TCP)
		count_refused(&key, skb, now & 1);
	count_packet(&key, now & 1);
	return 0;
}
