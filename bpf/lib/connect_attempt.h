/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connect (or bind to port 0) under way, from its call to its outcome, which
 * ends in connect_rows.h. The socket's address names it: the outcome often comes in
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
#include "histogram.h"

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
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} connect_events SEC(".maps");

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

static __always_inline void count_failure(struct why_connect_stats *totals, __u64 slot)
{
	barrier_var(slot); /* or the compiler checks a copy the verifier does not know */
	if (slot >= WHY_ERRNO_SLOTS)
		slot = 0;
	add32(&totals->failed[slot], 1);
}

/* How far a connect came that failed. EADDRNOTAVAIL has three causes, which this tells apart. */
static __always_inline void count_reach(struct why_connect_stats *totals, __u32 flags, __u16 error)
{
	if (!(flags & ATTEMPT_ROUTED))
		add(&totals->unsent, 1);
	else if (error != EADDRNOTAVAIL)
		return;
	else if (flags & WHY_EVENT_BOUND)
		add(&totals->tuple_taken, 1);
	else if (flags & WHY_EVENT_SEARCHED)
		add(&totals->no_port, 1);
}

/*
 * A system call may wait for the handshake, minutes if nobody answers: such
 * connects count when they begin. tcp_v4_connect() does not wait.
 */
static __always_inline bool counted_at_entry(const struct why_connect_key *key)
{
	return config.from_states && !config.failed_only && key->kind == WHY_KIND_CONNECT;
}

/* Adds what the call itself showed; failures are counted when they are known. */
static __always_inline void count_call(struct why_connect_stats *totals,
				       const struct why_attempt *attempt)
{
	__u32 flags = attempt->flags;

	if (!counted_at_entry(&attempt->key))
		add(&totals->connects, 1);
	add(&totals->calls, 1);
	add(&totals->call_ns_sum, attempt->call_ns);
	keep_max(&totals->call_ns_max, attempt->call_ns);
	add32(&totals->call_ns_hist[bucket_of(attempt->call_ns, WHY_NS_BUCKETS)], 1);
	if (flags & WHY_EVENT_BOUND)
		add(&totals->bound, 1);
	if (flags & WHY_EVENT_REUSED)
		add(&totals->reused, 1);
	if (attempt->walk.own)
		totals->own_range = attempt->walk.own;
	if (flags & WHY_EVENT_SEARCHED) {
		add(&totals->searches, 1);
		add(&totals->search_ns_sum, attempt->search_ns);
		keep_max(&totals->search_ns_max, attempt->search_ns);
		add32(&totals->search_ns_hist[bucket_of(attempt->search_ns, WHY_NS_BUCKETS)], 1);
		if (config.stacks)
			count_search(&attempt->key, &attempt->caller, attempt->search_ns,
				     flags & ATTEMPT_TRIED ? attempt->tried : 0);
	}
	if (flags & ATTEMPT_TRIED) {
		add(&totals->tried, 1);
		add(&totals->tried_sum, attempt->tried);
		keep_max(&totals->tried_max, attempt->tried);
		add32(&totals->tried_hist[bucket_of(attempt->tried, WHY_PORT_BUCKETS)], 1);
		if (flags & WHY_EVENT_CERTAIN)
			add(&totals->certain, 1);
		if (attempt->checks)
			add(&totals->checks, attempt->checks + attempt->rechecks);
	}
}

static __always_inline void send_event(const struct why_attempt *attempt, struct sock *sk,
				       __u8 outcome, __u16 error)
{
	struct why_connect_event *event;

	if (!config.events)
		return;
	event = bpf_ringbuf_reserve(&connect_events, sizeof(*event), 0);
	if (!event) {
		count_connect_loss(WHY_LOSS_RING);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = attempt->entered_ns;
	event->key = attempt->key;
	if (attempt->key.family == WHY_IPV4)
		bpf_probe_read_kernel(event->source, 4, &sk->__sk_common.skc_rcv_saddr);
	else
		bpf_probe_read_kernel(event->source, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	event->search_ns = attempt->flags & WHY_EVENT_SEARCHED ? attempt->search_ns : 0;
	event->call_ns = attempt->call_ns;
	event->total_ns = bpf_ktime_get_ns() - attempt->entered_ns;
	event->tid = attempt->tid;
	if (attempt->flags & ATTEMPT_TRIED) {
		event->ports_tried = attempt->tried;
		event->method = config.method;
	}
	event->source_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->error = error;
	event->outcome = outcome;
	event->flags = attempt->flags & 0xff;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void count_outcome(const struct why_attempt *attempt, struct sock *sk,
					  __u8 outcome, __u16 error)
{
	struct why_connect_stats *totals;

	if (config.failed_only && outcome != WHY_OUTCOME_FAILED)
		return;
	if (outcome != WHY_OUTCOME_ESTABLISHED) {
		totals = connect_stats_for(&attempt->key);
		if (totals) {
			if (config.failed_only)
				count_call(totals, attempt);
			if (outcome == WHY_OUTCOME_ABANDONED) {
				add(&totals->abandoned, 1);
			} else {
				count_failure(totals, error);
				if (attempt->key.kind == WHY_KIND_CONNECT)
					count_reach(totals, attempt->flags, error);
			}
		}
	}
	send_event(attempt, sk, outcome, error);
}

/*
 * The call and the state change may both come here; the one that deletes goes on. Apart,
 * since the copy is a third of the stack that a program has.
 */
static __noinline void finish_once(struct why_attempt *attempt, struct sock *sk, __u8 outcome,
				   __u16 error)
{
	struct why_attempt copy = *attempt;

	if (attempt_forget(attempt))
		count_outcome(&copy, sk, outcome, error);
}

/* The outcome is known and the call is over: count a failure, tell, forget. */
static __always_inline void attempt_finish(struct why_attempt *attempt, struct sock *sk,
					   __u8 outcome, __u16 error)
{
	if (config.from_states) {
		finish_once(attempt, sk, outcome, error);
		return;
	}
	count_outcome(attempt, sk, outcome, error);
	attempt_forget(attempt);
}

/*
 * Orders the store before it and the load after it. Only the return of a system
 * call needs it, which does not hold the socket; 5.10 has no barrier but this.
 */
static __always_inline void fence(struct why_attempt *attempt)
{
	if (config.from_states)
		__sync_fetch_and_add(&attempt->fences, 1);
}

/* What an ICMP message said while the socket was held; it does not end the connection. */
static __always_inline int soft_error_of(struct sock *sk, bool direct)
{
	return direct ? sk->sk_err_soft : BPF_CORE_READ(sk, sk_err_soft);
}

/* The call returns; error is 0 while the handshake is under way. */
static __always_inline void attempt_return(struct why_attempt *attempt, struct sock *sk,
					   __u16 error, bool direct)
{
	attempt->call_ns = bpf_ktime_get_ns() - attempt->entered_ns;
	if (!config.failed_only) {
		struct why_connect_stats *totals = connect_stats_for(&attempt->key);

		if (totals)
			count_call(totals, attempt);
	}
	if (error) {
		attempt_finish(attempt, sk, WHY_OUTCOME_FAILED, error);
		return;
	}
	/* getsockopt(SO_ERROR) takes it away, and the owner closes: it did not give up by itself. */
	attempt->soft_error = soft_error_of(sk, direct);
	attempt->in_call = 0;
	fence(attempt);
	if (attempt->done)
		attempt_finish(attempt, sk, attempt->outcome, attempt->error);
}

/* The socket left SYN_SENT. */
static __always_inline void attempt_outcome(struct why_attempt *attempt, struct sock *sk,
					    __u8 outcome, __u16 error)
{
	attempt->outcome = outcome;
	attempt->error = error;
	attempt->done = 1;
	fence(attempt);
	if (!attempt->in_call)
		attempt_finish(attempt, sk, outcome, error);
}

#endif
