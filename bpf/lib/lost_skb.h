/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet with which a listener lost a connection on this CPU. Its handler frees
 * it next, as any other dropped packet: so that it is not told twice. Objects share
 * this map.
 */
#ifndef TCPWHY_LOST_SKB_H
#define TCPWHY_LOST_SKB_H

#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* struct sk_buff *; 0: none */
} lost_skb SEC(".maps");

static __always_inline __u64 *lost_skb_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&lost_skb, &zero);
}

#endif
