/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a connect came to: its call returns, its socket leaves SYN_SENT, and when both are over it
 * is counted in connect_rows.h, told, and forgotten.
 */
#ifndef TCPWHY_CONNECT_OUTCOME_H
#define TCPWHY_CONNECT_OUTCOME_H

#include "kernel.h"
#include "connect_attempt.h"
#include "connect_config.h"
#include "connect_rows.h"
#include "connect_stacks.h"
#include "histogram.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} connect_events SEC(".maps");

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
	if (!attempt->done)
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
