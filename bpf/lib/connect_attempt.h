/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connect (or bind to port 0) under way, from its call to its outcome
 * (connect_outcome.h). The socket's address names it: the outcome often comes in
 * softirq, where the current task is somebody else.
 */
#ifndef TCPWHY_CONNECT_ATTEMPT_H
#define TCPWHY_CONNECT_ATTEMPT_H

#include "kernel.h"
#include "claim.h"
#include "connect_config.h"
#include "connect_rows.h"
#include "connect_stacks.h"
#include "connect_walk.h"
#include "count.h"
#include "hash.h"

#define ATTEMPT_HAS_SEQ 0x100 /* write_seq was set before the search */
#define ATTEMPT_TRIED 0x200 /* tried is known */
#define ATTEMPT_SEARCHING 0x400 /* search_ns holds when it began */
#define ATTEMPT_SENT 0x800 /* kprobes: the SYN went out, so the call returns 0 */
#define ATTEMPT_ROUTED 0x1000 /* it came to the search: there are a route and a source address */

struct why_attempt {
	struct why_connect_key key; /* the host reads these three */
	__u64 id; /* id_of() its socket; 0: a free slot */
	__u32 in_call; /* only the call writes it: it has not returned yet */
	__u32 tid;
	__u64 entered_ns;
	__u64 search_ns; /* first the time it began, then its length */
	__u64 call_ns;
	struct why_walk walk;
	__u32 claims; /* of a slot; 0 in the table */
	struct why_caller caller; /* with config.stacks, and of a search */
	__u32 tried;
	__u32 checks; /* counted mode: ports checked */
	__u32 rechecks; /* counted mode: further checks of a port */
	__u16 last_checked; /* counted mode: the port of the last check */
	__u16 flags; /* WHY_EVENT_* and ATTEMPT_* */
	__u16 error; /* with done */
	__u16 soft_error; /* an ICMP message came while the call held the socket (sk_err_soft) */
	__u8 outcome; /* with done */
	__u8 done; /* only the state change writes it: the outcome is known */
	__u32 fences;
};

/*
 * Where attempts are kept: in the slot that the socket's address points to, or,
 * if that is taken, in the table. A slot costs a fifth of a hash table's insert,
 * look-ups and delete, which is most of what tracing a connect would cost.
 *
 * Two sockets may want one slot at once, and claim it. Only the thread in the call
 * writes there, and it holds the socket; so it needs no lock, whatever CPU it wakes on.
 */
#define ATTEMPT_SLOT_BITS 14

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << ATTEMPT_SLOT_BITS);
	__type(key, __u32);
	__type(value, struct why_attempt);
} connect_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* id_of() the socket */
	__type(value, struct why_attempt);
} connect_attempts SEC(".maps");

static const struct why_attempt no_attempt;

/* How many attempts the table holds: mostly none, and no look is needed. */
static __u64 in_table;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32); /* thread */
	__type(value, __u64); /* struct sock * whose call it is in, which is its id_of() */
} connect_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WHY_LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} connect_losses SEC(".maps");

static __always_inline void add(__u64 *counter, __u64 value)
{
	__sync_fetch_and_add(counter, value);
}

static __always_inline void add32(__u32 *counter, __u32 value)
{
	__sync_fetch_and_add(counter, value);
}

static __always_inline void count_connect_loss(__u32 loss)
{
	/* A program of another probe may interrupt this one here. */
	count_here_atomic(&connect_losses, loss);
}

/*
 * A number that names the socket: its address. Where the verifier knows sk as a
 * pointer it allows no arithmetic but the difference of two pointers, so there
 * it is the distance to a fixed one.
 */
static __always_inline __u64 id_of(struct sock *sk, bool direct)
{
	__u64 id = (__u64)sk;

	if (direct)
		asm volatile("%0 -= %1" : "+r"(id) : "r"(&in_table));
	return id;
}

static __always_inline struct why_attempt *attempt_slot_of(__u64 id)
{
	__u32 index = hash_bits(id, ATTEMPT_SLOT_BITS);

	return bpf_map_lookup_elem(&connect_slots, &index);
}

static __always_inline struct why_attempt *attempt_of(__u64 id)
{
	struct why_attempt *slot;

	if (!config.from_states) {
		slot = attempt_slot_of(id);
		if (slot && slot->id == id)
			return slot;
		if (!in_table)
			return 0;
	}
	return bpf_map_lookup_elem(&connect_attempts, &id);
}

/* An empty attempt, to fill; 0: there is no room. The socket has no other. */
static __always_inline struct why_attempt *attempt_new(__u64 id)
{
	struct why_attempt *slot;

	/*
	 * With tracepoints the return of a call does not hold the socket, and may
	 * meet the state change: there the table's delete decides who is first.
	 */
	if (!config.from_states) {
		slot = attempt_slot_of(id);
		if (!slot)
			return 0;
		if (!claim(&slot->claims))
			goto table;
		__builtin_memset(&slot->search_ns, 0,
				 offsetof(struct why_attempt, claims) -
					 offsetof(struct why_attempt, search_ns));
		__builtin_memset(&slot->tried, 0,
				 sizeof(*slot) - offsetof(struct why_attempt, tried));
		slot->in_call = 0;
		slot->id = id;
		return slot;
	}
table:
	if (bpf_map_update_elem(&connect_attempts, &id, &no_attempt, BPF_ANY))
		return 0;
	if (!config.from_states)
		add(&in_table, 1);
	slot = bpf_map_lookup_elem(&connect_attempts, &id);
	if (slot)
		slot->id = id;
	return slot;
}

/* False if it is gone already. */
static __always_inline bool attempt_forget(struct why_attempt *attempt)
{
	__u64 id = attempt->id;

	if (!config.from_states && attempt->claims) {
		attempt->id = 0;
		unclaim(&attempt->claims);
		return true;
	}
	if (bpf_map_delete_elem(&connect_attempts, &id))
		return false;
	if (!config.from_states)
		add(&in_table, -1);
	return true;
}

#endif
