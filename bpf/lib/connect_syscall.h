/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tracepoint backend: connect() and bind() as system calls, and the change
 * to SYN_SENT, which comes just before the search. What enters the kernel
 * another way (io_uring, fast open, the kernel's own sockets) shows by its
 * state alone.
 */
#ifndef TCPWHY_CONNECT_SYSCALL_H
#define TCPWHY_CONNECT_SYSCALL_H

#include "kernel.h"
#include "connect_attempt.h"
#include "connect_call.h"
#include "connect_config.h"
#include "connect_filter.h"
#include "connect_outcome.h"
#include "connect_rows.h"
#include "fd.h"
#include "syscall_context.h"

/* The TCP socket behind fd if it is not connected yet, else 0. */
static __always_inline struct sock *unconnected_socket(__u32 fd)
{
	struct socket *socket = socket_of(fd);
	struct sock *sk;

	if (!socket)
		return 0;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(socket, state) != SS_UNCONNECTED ||
	    BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	return sk;
}

/* Reads the address that the caller passed; false if it is no IP address. */
static __always_inline bool read_user_sockaddr(struct why_sockaddr *to, const void *user,
					       __u32 length)
{
	if (length < 16 || bpf_probe_read_user(to, 16, user))
		return false;
	if (to->family == AF_INET)
		return true;
	return to->family == AF_INET6 && length >= 24 &&
	       !bpf_probe_read_user(to, sizeof(*to), user);
}

static __always_inline int syscall_connect_enter(struct why_syscall_enter *ctx)
{
	struct why_connect_key key = {};
	struct why_sockaddr to = {};
	struct sock *sk;

	settle_missed_return(bpf_get_current_pid_tgid());
	if (!active)
		return 0;
	sk = unconnected_socket(ctx->args[0]);
	if (sk && read_user_sockaddr(&to, (const void *)ctx->args[1], ctx->args[2]) &&
	    key_connect(&key, sk, &to, false))
		attempt_begin(&key, id_of(sk, false));
	return 0;
}

static __always_inline bool is_under_way(__s64 ret)
{
	return !ret || ret == -EINPROGRESS || ret == -EINTR ||
	       (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

static __always_inline int syscall_connect_exit(struct why_syscall_exit *ctx)
{
	return followed_exit(is_under_way(ctx->ret) ? 0 : ctx->ret);
}

static __always_inline int syscall_bind_enter(struct why_syscall_enter *ctx)
{
	struct why_connect_key key = {};
	struct why_sockaddr at = {};
	struct sock *sk;

	settle_missed_return(bpf_get_current_pid_tgid());
	if (!active)
		return 0;
	if (!read_user_sockaddr(&at, (const void *)ctx->args[1], ctx->args[2]) || at.port)
		return 0;
	sk = unconnected_socket(ctx->args[0]);
	if (!sk || !key_bind(&key, sk, at.family == AF_INET ? WHY_IPV4 : WHY_IPV6, false))
		return 0;
	/* The socket has its address only after the call. */
	if (at.family == AF_INET)
		*(__u32 *)key.local = at.addr4;
	else
		__builtin_memcpy(key.local, at.addr6, 16);
	attempt_begin(&key, id_of(sk, false));
	return 0;
}

static __always_inline int syscall_bind_exit(struct why_syscall_exit *ctx)
{
	struct sock *sk = followed_socket();
	struct why_attempt *attempt;

	if (!sk)
		return 0;
	attempt = attempt_of(id_of(sk, false));
	if (!attempt || attempt->key.kind != WHY_KIND_BIND)
		return 0;
	followed_over();
	attempt->done = 1;
	if (ctx->ret == -EADDRINUSE)
		attempt_return(attempt, sk, EADDRINUSE, false);
	else if (!ctx->ret && BPF_CORE_READ(sk, __sk_common.skc_num))
		attempt_return(attempt, sk, 0, false);
	else /* IP_BIND_ADDRESS_NO_PORT, or refused before any search */
		attempt_forget(attempt);
	return 0;
}

/* CLOSE to SYN_SENT, in the caller's context: the search comes next. */
static __noinline int state_syn_sent(struct sock *sk)
{
	struct why_attempt *attempt = attempt_of(id_of(sk, false));
	struct why_connect_key key = {};
	struct why_connect_stats *totals;
	struct why_sockaddr to = {};

	if (!attempt || !attempt->in_call) {
		if (!active)
			return 0;
		to.family = BPF_CORE_READ(sk, __sk_common.skc_family);
		to.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		if (to.family == AF_INET6)
			bpf_probe_read_kernel(to.addr6, 16, &sk->__sk_common.skc_v6_daddr);
		else
			to.addr4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (!key_connect(&key, sk, &to, false))
			return 0;
		attempt = attempt_begin(&key, id_of(sk, false));
		followed_over();
		if (!attempt)
			return 0;
		attempt->flags = ATTEMPT_ROUTED;
		attempt->in_call = 0; /* no call whose return would be seen */
		totals = config.failed_only ? 0 : connect_stats_for(&attempt->key);
		if (totals)
			add(&totals->untimed, 1);
		return 0;
	}
	if (BPF_CORE_READ(sk, __sk_common.skc_num)) {
		attempt->flags |= WHY_EVENT_BOUND | ATTEMPT_ROUTED;
		return 0;
	}
	attempt->flags |= ATTEMPT_SEARCHING | ATTEMPT_ROUTED;
	attempt->search_ns = bpf_ktime_get_ns();
	return 0;
}

/* SYN_SENT to CLOSE inside the call, without an error: the search found no port. */
static __always_inline void state_search_failed(struct why_attempt *attempt)
{
	attempt->search_ns = bpf_ktime_get_ns() - attempt->search_ns;
	attempt->flags = (attempt->flags & ~ATTEMPT_SEARCHING) | WHY_EVENT_SEARCHED;
}

#endif
