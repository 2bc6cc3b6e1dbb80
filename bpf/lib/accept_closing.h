/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a listener leaves in its accept queue when it closes: inet_csk_listen_stop() resets each of
 * those connections, unless they migrate to another listener of the same port.
 *
 * By tracepoint: the change of state from LISTEN to CLOSE, which tcp_close(), tcp_disconnect() and
 * tcp_abort() make just before they call it. Both are inside lock_sock() of the listener, so that
 * nobody accepts meanwhile.
 */
#ifndef TCPWHY_ACCEPT_CLOSING_H
#define TCPWHY_ACCEPT_CLOSING_H

#include "kernel.h"
#include "accept_rows.h"
#include "accept_waiting.h"
#include "listener_key.h"

/*
 * Whether what waits goes to another listener (54b92e841937, 5.14). A listener that is unhashed
 * stays with its group only where net.ipv4.tcp_migrate_req or a program migrates
 * (reuseport_stop_listen_sock()), and needs somebody there who still listens.
 */
static __always_inline bool migrates(struct sock *sk)
{
	struct sock_reuseport *group = BPF_CORE_READ(sk, sk_reuseport_cb);

	return group && BPF_CORE_READ(group, num_socks);
}

/* One whose port was chosen for it has given that back by now; inet_sport keeps it. */
static __always_inline __u16 former_port(struct sock *sk)
{
	return bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

static __always_inline int listener_closes(struct sock *sk)
{
	__u32 waiting = BPF_CORE_READ(sk, sk_ack_backlog);
	struct why_listener_key key = {};
	struct why_accept_stats *row;

	/* SCTP and DCCP have queues of the same kind. */
	if (!active || !waiting || !is_wanted(sk) || migrates(sk) ||
	    !identify_listener(&key, sk, &config.netns, false))
		return 0;
	if (!key.port)
		key.port = former_port(sk);
	row = accept_row_of(&key);
	if (row)
		__sync_fetch_and_add(&row->lost_on_close, waiting);
	else
		count_accept_loss(WHY_ACCEPT_LOSS_ARRIVAL);
	return 0;
}

#endif
