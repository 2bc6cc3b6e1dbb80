/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tracepoint backend: a connection is established just after it came into the accept
 * queue, and accept() says by its descriptors which listener it came from. Not seen: how
 * many waited when it came, and who accepts another way (io_uring).
 */
#ifndef TCPWHY_ACCEPT_SYSCALL_H
#define TCPWHY_ACCEPT_SYSCALL_H

#include "kernel.h"
#include "accept_closing.h"
#include "accept_failures.h"
#include "accept_rows.h"
#include "accept_waiting.h"
#include "fd.h"
#include "listener_key.h"
#include "syscall_context.h"
#include "task_arguments.h"

static __always_inline int state_changed(struct sock *sk, int from, int to)
{
	struct why_listener_key nobody = {};

	if (from == TCP_LISTEN)
		return to == TCP_CLOSE ? listener_closes(sk) : 0;
	if (from != TCP_SYN_RECV || to != TCP_ESTABLISHED || !is_wanted(sk))
		return 0;
	wait_from_now((__u64)sk, &nobody);
	return 0;
}

static __always_inline __u32 first_argument(void)
{
	return PT_REGS_PARM1_SYSCALL(task_registers());
}

static __always_inline int syscall_accepted(struct why_syscall_exit *ctx)
{
	struct why_waiting entry = {};
	struct socket *socket;
	struct sock *sk;

	if (ctx->ret < 0)
		return accept_returned(ctx->ret);
	socket = socket_of(ctx->ret);
	sk = socket ? BPF_CORE_READ(socket, sk) : 0;
	if (!sk || !is_wanted(sk))
		return 0;
	/* One that waited before the trace has no time. */
	take_waiting((__u64)sk, &entry);
	if (!active)
		return 0;
	socket = socket_of(first_argument());
	sk = socket ? BPF_CORE_READ(socket, sk) : 0;
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN &&
	    identify_listener(&entry.key, sk, &config.netns, false))
		count_accept(&entry);
	else /* the descriptor was closed meanwhile */
		count_accept_loss(WHY_ACCEPT_LOSS_ACCEPT);
	return 0;
}

#endif
