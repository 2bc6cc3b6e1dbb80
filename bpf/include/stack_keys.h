/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* Stacks, and what is counted by them. */
#ifndef TCPWHY_STACK_KEYS_H
#define TCPWHY_STACK_KEYS_H

#include "tcpwhy.h"

/*
 * The number of a stack of lib/stack_table.h: its place in its table, whether that is the second
 * one of its turn, and the turn, as far as there are bits. The host sizes the stacks.
 */
#define WHY_STACK_BITS 12
#define WHY_STACK_TURN_SHIFT 13
#define WHY_STACK_NUMBER_BITS 31
#define WHY_STACK_SHORT_BITS 15 /* of the number in struct why_packet_key */
#define WHY_STACK_DEPTH 64 /* frames of a dropped packet's; what is further out is left out */
#define WHY_STACK_LOST 0xffff /* of struct why_packet_key: no room for it */

/* Whose stacks: of the kernel and of the process. */
struct why_stack_key {
	__u32 pid;
	__s32 kernel; /* the stack's number; below 0: minus errno, none */
	__s32 user;
	__u32 epoch; /* in which it was counted */
	char comm[WHY_COMM_LEN];
};

/* What searches for a port took that came by the same stacks. */
struct why_search_sums {
	__u64 searches; /* timed ones, as in struct why_connect_stats */
	__u64 search_ns;
	__u64 tried;
};

/* A SYN that a listener dropped, by the kernel's stack. */
struct why_syn_key {
	__s32 stack; /* its number; below 0: minus errno, none */
	__u16 cause; /* enum why_cause */
	__u16 epoch; /* in which it was counted */
};

/* A process was seen for the first time. */
struct why_process_event {
	__u32 kind; /* enum why_sample_event */
	__u32 pid;
};

_Static_assert(sizeof(struct why_stack_key) == 32, "wire size");
_Static_assert(sizeof(struct why_search_sums) == 24, "wire size");
_Static_assert(sizeof(struct why_syn_key) == 8, "wire size");
_Static_assert(sizeof(struct why_process_event) == 8, "wire size");

#endif
