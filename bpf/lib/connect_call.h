/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call itself, tcp_v4_connect() or tcp_v6_connect(): entry and return.
 * fexit has the socket at hand; a kretprobe finds it by the thread.
 */
#ifndef TCPWHY_CONNECT_CALL_H
#define TCPWHY_CONNECT_CALL_H

#include "kernel.h"
#include "address.h"
#include "connect_attempt.h"
#include "connect_config.h"
#include "connect_filter.h"
#include "connect_outcome.h"
#include "connect_rows.h"

/*
 * Set while all programs are attached. Before and after, some of them are not,
 * and what begins then would be seen in part; what has begun is seen to its end.
 */
static volatile __u32 active SEC(".data.active") = 0;

/*
 * The call has returned, though no probe saw it. Its outcome is known, or still to
 * come if the SYN went out and the socket is there; else it remains unknown.
 */
static __always_inline void attempt_settle(struct why_attempt *attempt, bool gone)
{
	bool known = attempt->done || (attempt->flags & ATTEMPT_SENT && !gone);
	bool failed = attempt->done && attempt->outcome == WHY_OUTCOME_FAILED;
	struct why_connect_stats *totals = 0;

	if (!config.failed_only || failed)
		totals = connect_stats_for(&attempt->key);
	if (totals) {
		if (!counted_at_entry(&attempt->key))
			add(&totals->connects, 1);
		add(known ? &totals->untimed : &totals->unknown, 1);
		if (failed)
			count_failure(totals, attempt->error);
	}
	if (known && !attempt->done)
		attempt->in_call = 0;
	else
		attempt_forget(attempt);
}

/* A thread that calls anew has returned from its last call. */
static __always_inline void settle_missed_return(__u32 tid)
{
	__u64 *id = bpf_map_lookup_elem(&connect_calls, &tid);
	struct why_attempt *attempt;

	if (!id)
		return;
	attempt = attempt_of(*id);
	bpf_map_delete_elem(&connect_calls, &tid);
	count_connect_loss(WHY_LOSS_EXIT);
	/* Another thread may have a new socket at the same address. */
	if (attempt && attempt->in_call && attempt->tid == tid)
		attempt_settle(attempt, false);
}

/* A socket that calls anew has returned from its last call, too: the attempt is over. */
static __always_inline void attempt_over(struct why_attempt *attempt)
{
	if (!attempt->in_call) {
		attempt_forget(attempt);
		return;
	}
	/* Else it is counted when the thread calls anew. */
	if (!config.follow_call)
		count_connect_loss(WHY_LOSS_EXIT);
	attempt_settle(attempt, true);
}

/* The socket whose call this thread is in. */
static __always_inline struct sock *followed_socket(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *id = bpf_map_lookup_elem(&connect_calls, &tid);

	return id ? (struct sock *)*id : 0;
}

static __always_inline void followed_over(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&connect_calls, &tid);
}

static __always_inline struct why_attempt *attempt_begin(const struct why_connect_key *key,
							 __u64 id)
{
	struct why_connect_stats *totals;
	struct why_attempt *attempt;

	attempt = attempt_of(id);
	if (attempt)
		attempt_over(attempt);
	attempt = attempt_new(id);
	if (attempt) {
		attempt->key = *key;
		attempt->tid = bpf_get_current_pid_tgid();
		attempt->in_call = 1;
		attempt->entered_ns = bpf_ktime_get_ns();
		if (config.follow_call &&
		    bpf_map_update_elem(&connect_calls, &attempt->tid, &id, BPF_ANY))
			count_connect_loss(WHY_LOSS_ATTEMPT);
	} else {
		count_connect_loss(WHY_LOSS_ATTEMPT);
	}
	if (counted_at_entry(key)) {
		totals = connect_stats_for(key);
		if (totals)
			add(&totals->connects, 1);
	}
	return attempt;
}

/* A return without its entry: count it all the same, without times. */
static __always_inline void count_untimed(const struct why_connect_key *key, __u16 error)
{
	struct why_connect_stats *totals;

	if (config.failed_only && !error)
		return;
	totals = connect_stats_for(key);
	if (!totals)
		return;
	add(&totals->connects, 1);
	add(&totals->untimed, 1);
	if (error)
		count_failure(totals, error);
}

static __always_inline void read_sockaddr(struct why_sockaddr *to, const void *uaddr, bool v6)
{
	if (v6) {
		bpf_probe_read_kernel(to, sizeof(*to), uaddr);
	} else if (has_casts) {
		to->port = cast(struct sockaddr_in, uaddr)->sin_port;
		to->addr4 = cast(struct sockaddr_in, uaddr)->sin_addr.s_addr;
	} else {
		bpf_probe_read_kernel(to, 8, uaddr);
	}
	to->family = v6 ? AF_INET6 : AF_INET;
}

static __always_inline int connect_enter(struct sock *sk, const void *uaddr, bool v6, bool direct)
{
	struct why_connect_key key = {};
	struct why_sockaddr to = {};

	if (config.follow_call)
		settle_missed_return(bpf_get_current_pid_tgid());
	if (!active)
		return 0;
	read_sockaddr(&to, uaddr, v6);
	if (v6 && is_mapped(to.addr6))
		return 0; /* tcp_v6_connect() hands it to tcp_v4_connect() */
	if (key_connect(&key, sk, &to, direct))
		attempt_begin(&key, id_of(sk, direct));
	return 0;
}

/* The call returns, and its entry was missed or before the trace. */
static __noinline int unseen_exit(struct sock *sk, const void *uaddr, int ret, bool v6)
{
	__u64 id = id_of(sk, true);
	struct why_attempt *attempt = attempt_of(id);
	struct why_connect_key key = {};
	struct why_sockaddr to = {};

	if (!active)
		return 0;
	read_sockaddr(&to, uaddr, v6);
	if (v6 && is_mapped(to.addr6))
		return 0;
	if (attempt) /* left of a socket that was here before, whose end was missed */
		attempt_over(attempt);
	if (!key_connect(&key, sk, &to, true))
		return 0;
	count_untimed(&key, -ret);
	attempt = ret ? 0 : attempt_new(id);
	if (attempt) { /* the outcome is still to come */
		attempt->key = key;
		attempt->tid = bpf_get_current_pid_tgid();
		attempt->flags = ATTEMPT_ROUTED;
		attempt->entered_ns = bpf_ktime_get_ns();
	}
	return 0;
}

static __always_inline int connect_exit(struct sock *sk, const void *uaddr, int ret, bool v6)
{
	struct why_attempt *attempt = attempt_of(id_of(sk, true));

	if (!attempt || !attempt->in_call || attempt->tid != (__u32)bpf_get_current_pid_tgid())
		return unseen_exit(sk, uaddr, ret, v6);
	attempt_return(attempt, sk, -ret, true);
	return 0;
}

static __always_inline int followed_exit(int ret)
{
	struct sock *sk = followed_socket();
	struct why_attempt *attempt;

	if (!sk)
		return 0;
	followed_over();
	attempt = attempt_of(id_of(sk, false));
	/* Another thread may have a new socket at the same address. */
	if (attempt && attempt->in_call && attempt->tid == (__u32)bpf_get_current_pid_tgid())
		attempt_return(attempt, sk, -ret, false);
	return 0;
}

#endif
