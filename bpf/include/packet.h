/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of dropped packets. */
#ifndef TCPWHY_PACKET_H
#define TCPWHY_PACKET_H

#include "tcpwhy.h"

#define WHY_PACKET_LISTEN 1 /* a listening socket's, which has it among its causes */
#define WHY_PACKET_EPOCH 2 /* the row is the second epoch's, lib/epoch.h */

/* Packets that the kernel freed as dropped (tracepoint kfree_skb) are counted by this. */
struct why_packet_key {
	__u64 location; /* the code that freed it */
	__u32 reason; /* enum skb_drop_reason of the running kernel; 0: it knows none */
	__u32 netns; /* inode of the network namespace; 0: not known */
	__u16 port; /* the local one, host order; 0: none, or no room for a count of its own */
	__u16 protocol; /* ETH_P_* */
	__u8 transport; /* IPPROTO_*; 0: not IP, or not known */
	__u8 flags; /* WHY_PACKET_* */
	__u16 stack; /* the end of its number (stack_keys.h), + 1; 0: none asked for */
};

/* One CPU's own count of a key, found as near rows are (listener.h). */
#define WHY_NEAR_PACKET_BITS 6

struct why_near_packet {
	struct why_packet_key key;
	__u32 claims; /* who wanted the place: it is the first one's, if nobody came between */
	__u32 pad;
	__u64 count; /* 0: free, or just being taken */
};

/* What a SYN asked for that found no socket. */
struct why_refused_key {
	__u8 local[WHY_ADDR_LEN];
	__u32 netns;
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 epoch;
};

struct why_packet_config {
	__u32 netns; /* filter: 0 is "all" */
	__u32 refused_reason; /* NO_SOCKET; 0: not known */
	__u8 filter_reason; /* only those in the map packet_reasons */
	__u8 has_reason; /* the tracepoint says why (5.17) */
	__u8 has_receiver; /* and whose packet it was (6.11) */
	__u8 has_listeners; /* somebody writes lost_skb */
	__u8 stacks; /* keep the kernel's stack */
	__u8 pad[3];
};

_Static_assert(sizeof(struct why_packet_key) == 24, "wire size");
_Static_assert(sizeof(struct why_near_packet) == 40, "wire size");
_Static_assert(sizeof(struct why_packet_config) == 16, "wire size");
_Static_assert(sizeof(struct why_refused_key) == 24, "wire size");

#endif
