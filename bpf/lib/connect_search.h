/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The searches for a port: __inet_hash_connect() and, for bind, inet_csk_get_port(). */
#ifndef TCPWHY_CONNECT_SEARCH_H
#define TCPWHY_CONNECT_SEARCH_H

#include "kernel.h"
#include "connect_attempt.h"
#include "connect_call.h"
#include "connect_config.h"
#include "connect_filter.h"
#include "connect_outcome.h"
#include "connect_stacks.h"
#include "connect_walk.h"

/* 0: it is none. */
static __always_inline struct tcp_sock *tcp_sock_of(struct sock *sk, bool direct)
{
	return direct ? bpf_skc_to_tcp_sock(sk) : (struct tcp_sock *)sk;
}

static __always_inline __u32 write_seq_of(struct tcp_sock *tp, bool direct)
{
	return direct ? tp->write_seq : BPF_CORE_READ(tp, write_seq);
}

static __always_inline int search_enter(void *ctx, struct sock *sk, __u64 port_offset, bool direct)
{
	struct why_attempt *attempt = attempt_of(id_of(sk, direct));
	struct tcp_sock *tp;
	struct net *net;

	if (!attempt)
		return 0;
	tp = tcp_sock_of(sk, direct);
	if (!tp)
		return 0;
	if (direct ? sk->__sk_common.skc_num : BPF_CORE_READ(sk, __sk_common.skc_num)) {
		attempt->flags |= WHY_EVENT_BOUND | ATTEMPT_ROUTED;
		return 0;
	}
	attempt->flags |= ATTEMPT_SEARCHING | ATTEMPT_ROUTED;
	if (write_seq_of(tp, direct))
		attempt->flags |= ATTEMPT_HAS_SEQ;
	if (config.method == WHY_METHOD_DERIVED) {
		net = direct ? sk->__sk_common.skc_net.net
			     : BPF_CORE_READ(sk, __sk_common.skc_net.net);
		walk_begin(&attempt->walk, tp, net, port_offset, direct);
	}
	if (config.stacks)
		note_caller(ctx, &attempt->caller, attempt->key.pid);
	attempt->search_ns = bpf_ktime_get_ns();
	/* The very last act: until the kernel's own read, another connect may move it. */
	if (config.method == WHY_METHOD_DERIVED) {
		attempt->walk.ended = *(volatile __u32 *)ended_of(attempt->walk.index);
		attempt->walk.unseen = *(volatile __u32 *)&ended_unseen;
		attempt->walk.perturb = read_perturb(attempt->walk.index);
	}
	return 0;
}

/* attempt is in its search, and that is over. */
static __always_inline void attempt_searched(struct why_attempt *attempt, struct sock *sk,
					     bool direct)
{
	__u64 now = bpf_ktime_get_ns();
	struct tcp_sock *tp = tcp_sock_of(sk, direct);
	bool certain = true;
	__u16 flags, port;

	flags = (attempt->flags & ~ATTEMPT_SEARCHING) | WHY_EVENT_SEARCHED;
	attempt->search_ns = now - attempt->search_ns;
	port = direct ? sk->__sk_common.skc_num : BPF_CORE_READ(sk, __sk_common.skc_num);
	/* tcp_twsk_unique() continues the sequence of the socket it replaces. */
	if (port && !(flags & ATTEMPT_HAS_SEQ) && tp && write_seq_of(tp, direct))
		flags |= WHY_EVENT_REUSED;
	if (config.method == WHY_METHOD_DERIVED && attempt->walk.step) {
		attempt->tried = port ? walk_end(&attempt->walk, port, &certain)
				      : attempt->walk.remaining;
		if (attempt->tried)
			flags |= ATTEMPT_TRIED;
	} else if (config.method == WHY_METHOD_COUNTED) {
		/* A port that nobody holds is taken without a check. */
		attempt->tried = attempt->checks + (port && attempt->last_checked != port);
		flags |= ATTEMPT_TRIED;
	}
	if (flags & ATTEMPT_TRIED && certain)
		flags |= WHY_EVENT_CERTAIN;
	attempt->flags = flags;
}

static __always_inline int search_exit(struct sock *sk, __u64 port_offset, bool direct)
{
	struct why_attempt *attempt = sk ? attempt_of(id_of(sk, direct)) : 0;

	if (attempt && attempt->flags & ATTEMPT_SEARCHING)
		attempt_searched(attempt, sk, direct);
	else if (direct && config.method == WHY_METHOD_DERIVED)
		search_ended(port_offset & config.perturb_mask, 0);
	return 0;
}

/*
 * Kprobes only: the SYN goes out, so the search has found a port. A kretprobe
 * misses what more threads are in at once than it has room for.
 */
static __always_inline int syn_enter(struct sock *sk)
{
	struct why_attempt *attempt = attempt_of(id_of(sk, false));

	if (!attempt) {
		if (config.method == WHY_METHOD_DERIVED)
			__sync_fetch_and_add(&ended_unseen, 1);
		return 0;
	}
	if (attempt->flags & ATTEMPT_SEARCHING)
		attempt_searched(attempt, sk, false);
	attempt->flags |= ATTEMPT_SENT;
	return 0;
}

/* Counted mode, once per port: this must cost next to nothing. */
static __always_inline int check_enter(struct sock *sk, __u16 port, bool rcu_lookup, bool direct)
{
	struct why_attempt *attempt;

	attempt = attempt_of(id_of(sk, direct));
	if (!attempt)
		return 0;
	/* From 6.15 on each port has one check with rcu_lookup, and maybe a second without. */
	if (config.check_has_rcu && !rcu_lookup) {
		attempt->rechecks++;
		return 0;
	}
	attempt->checks++;
	attempt->last_checked = port;
	return 0;
}

static __always_inline int bind_enter(void *ctx, struct sock *sk, unsigned short port, bool direct)
{
	struct why_connect_key key = {};
	struct why_attempt *attempt;
	__u16 family;

	if (port)
		return 0;
	if (config.follow_call)
		settle_missed_return(bpf_get_current_pid_tgid());
	if (!active)
		return 0;
	family = direct ? sk->__sk_common.skc_family : BPF_CORE_READ(sk, __sk_common.skc_family);
	if (!key_bind(&key, sk, family == AF_INET ? WHY_IPV4 : WHY_IPV6, direct))
		return 0;
	attempt = attempt_begin(&key, id_of(sk, direct));
	if (config.stacks && attempt) {
		note_caller(ctx, &attempt->caller, key.pid);
		attempt->entered_ns = bpf_ktime_get_ns();
	}
	return 0;
}

static __always_inline int bind_exit(struct sock *sk, int ret, bool direct)
{
	struct why_attempt *attempt = sk ? attempt_of(id_of(sk, direct)) : 0;
	struct why_connect_key key = {};
	__u16 family;

	if (!attempt || !attempt->in_call || attempt->key.kind != WHY_KIND_BIND) {
		if (!direct || !active)
			return 0;
		if (attempt)
			attempt_over(attempt);
		family = sk->__sk_common.skc_family;
		if (key_bind(&key, sk, family == AF_INET ? WHY_IPV4 : WHY_IPV6, direct))
			count_untimed(&key, ret ? EADDRINUSE : 0);
		return 0;
	}
	attempt->search_ns = bpf_ktime_get_ns() - attempt->entered_ns;
	attempt->flags |= WHY_EVENT_SEARCHED;
	attempt->done = 1; /* no handshake follows */
	if (config.follow_call)
		followed_over();
	/* Until 6.0 a search in vain returned 1; the caller made EADDRINUSE of it. */
	attempt_return(attempt, sk, ret ? EADDRINUSE : 0, direct);
	return 0;
}

#endif
