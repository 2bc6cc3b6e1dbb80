/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why a listener lost a connection, and what its sockets look like now. */
#ifndef TCPWHY_LISTENER_CAUSE_H
#define TCPWHY_LISTENER_CAUSE_H

#include "kernel.h"
#include "listener_config.h"
#include "listener_event.h"
#include "listener_handler.h"
#include "listener_key.h"
#include "listener_rows.h"
#include "listener_syns.h"
#include "lost_skb.h"

/*
 * Set while the host compares with the kernel's counters: what is lost before and
 * after is in neither.
 */
static volatile __u32 active SEC(".data.active") = 0;

/*
 * Whether it is counted now.
 * direct: sk and skb come with their types; else the handler knows them.
 */
static __always_inline bool handler_lost(struct why_handler *handler, struct sock *sk,
					 struct sk_buff *skb, const __u64 *grown, __u32 cause,
					 bool direct)
{
	__u64 id = handler->sk;
	bool counted;

	if (!direct) {
		sk = (struct sock *)id;
		skb = (struct sk_buff *)handler->skb;
	}
	counted = active && count_listener_loss(id, sk, skb, grown, cause, direct);
	if (counted && config.events)
		send_loss(handler, cause);
	handler->sk = 0;
	return counted;
}

static __always_inline struct netns_ipv4 *settings_of(struct why_handler *handler)
{
	struct sock *sk = (struct sock *)handler->sk;
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);

	return __builtin_preserve_access_index(&net->ipv4);
}

/* What is left when tcp_conn_request() dropped a SYN and no counter says why. */
static __always_inline __u32 silent_cause(struct why_handler *handler)
{
	if (!config.route_arguments)
		return WHY_CAUSE_OTHER;
	if (handler->route == ROUTE_NOT_ASKED)
		return WHY_CAUSE_NO_MEMORY;
	if (handler->route == ROUTE_REFUSED)
		return WHY_CAUSE_NO_ROUTE;
	return read_any(settings_of(handler), sysctl_tcp_syncookies) ? WHY_CAUSE_OTHER
								     : WHY_CAUSE_LAST_QUARTER;
}

static __always_inline int request_exit(void *ctx, struct sock *sk, struct sk_buff *skb,
					bool direct)
{
	__u64 grown[WHY_MIB_COUNT];
	struct why_handler *handler = handler_exit(HANDLER_REQUEST, grown);
	struct sock *listener;
	__u32 cause;

	if (!handler)
		return 0;
	listener = (struct sock *)handler->sk;
	if (grown[WHY_MIB_LISTEN_OVERFLOWS])
		cause = WHY_CAUSE_ACCEPT_QUEUE_FULL_SYN;
	else if (grown[WHY_MIB_REQUEST_QUEUE_DROP])
		cause = WHY_CAUSE_SYN_QUEUE_FULL;
	else if (grown[WHY_MIB_LISTEN_DROPS])
		cause = silent_cause(handler);
	else
		cause = WHY_CAUSE_SYN_COOKIE_SENT;
	if (handler_lost(handler, sk, skb, grown, cause, direct) && config.stacks &&
	    grown[WHY_MIB_LISTEN_DROPS])
		count_syn(ctx, listener, cause);
	return 0;
}

/* A dropped SYN is consumed, not freed as dropped: this is for the other packets. */
static __always_inline void skb_lost(const struct why_handler *handler)
{
	__u64 *skb = lost_skb_here();

	if (skb)
		*skb = handler->skb;
}

static __always_inline int ack_exit(struct sock *sk, struct sk_buff *skb, bool direct)
{
	__u64 grown[WHY_MIB_COUNT];
	struct why_handler *handler = handler_exit(HANDLER_ACK, grown);
	__u32 cause;

	if (!handler)
		return 0;
	skb_lost(handler);
	if (grown[WHY_MIB_LISTEN_OVERFLOWS])
		cause = read_any(settings_of(handler), sysctl_tcp_abort_on_overflow)
				? WHY_CAUSE_ACCEPT_QUEUE_FULL_RESET
				: WHY_CAUSE_ACCEPT_QUEUE_FULL_ACK;
	else if (grown[WHY_MIB_LISTEN_DROPS])
		cause = WHY_CAUSE_OTHER;
	else
		cause = WHY_CAUSE_DEFERRED_ACCEPT;
	handler_lost(handler, sk, skb, grown, cause, direct);
	return 0;
}

static __always_inline int cookie_exit(struct sock *sk, struct sk_buff *skb, bool direct)
{
	__u64 grown[WHY_MIB_COUNT];
	struct why_handler *handler = handler_exit(HANDLER_COOKIE, grown);

	if (!handler)
		return 0;
	skb_lost(handler);
	handler_lost(handler, sk, skb, grown,
		     grown[WHY_MIB_LISTEN_OVERFLOWS] ? WHY_CAUSE_COOKIE_ACCEPT_QUEUE_FULL
						     : WHY_CAUSE_OTHER,
		     direct);
	return 0;
}

static __always_inline int error_enter(struct sock *sk)
{
	return handler_enter(HANDLER_ERROR, BPF_CORE_READ(sk, __sk_common.skc_listener), 0, false);
}

static __always_inline int error_exit(void)
{
	__u64 grown[WHY_MIB_COUNT];
	struct why_handler *handler = handler_exit(HANDLER_ERROR, grown);

	if (handler)
		handler_lost(handler, 0, 0, grown, WHY_CAUSE_ICMP_ERROR, false);
	return 0;
}

/*
 * 3 arguments in 5.10, 4 since 7ea851d19b23 (5.11), 5 since b9e810405880 (6.10).
 * The compiler would make one load of the three, at a place that is no constant to
 * the verifier.
 */
static __always_inline bool route_result(__u64 *ctx)
{
	__u64 route;

	if (config.route_arguments == 3)
		asm volatile("%0 = *(u64 *)(%1 + 24)" : "=r"(route) : "r"(ctx));
	else if (config.route_arguments == 4)
		asm volatile("%0 = *(u64 *)(%1 + 32)" : "=r"(route) : "r"(ctx));
	else
		asm volatile("%0 = *(u64 *)(%1 + 40)" : "=r"(route) : "r"(ctx));
	return route;
}

static __always_inline void write_listener(struct seq_file *seq, struct sock_common *common)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(common);
	struct why_listener listener = {};
	struct inet_connection_sock *icsk;
	struct sock *sk;

	if (!tp)
		return;
	icsk = &tp->inet_conn;
	sk = &icsk->icsk_inet.sk;
	name_listener(&listener.name, sk);
	listener.inode = inode_of(sk);
	listener.drops = sk->sk_drops.counter;
	listener.accept_queue = sk->sk_ack_backlog;
	listener.backlog = sk->sk_max_ack_backlog;
	listener.syn_queue = icsk->icsk_accept_queue.qlen.counter;
	listener.young = icsk->icsk_accept_queue.young.counter;
	listener.port = common->skc_num;
	bpf_seq_write(seq, &listener, sizeof(listener));
}

#endif
