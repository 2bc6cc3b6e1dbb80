/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The functions that lose a listener's connections, each between its entry and its
 * return. They run with softirqs off and count in this CPU's share of the TcpExt
 * counters: what a counter grew by meanwhile is this call's doing, and so this
 * listener's.
 */
#ifndef TCPWHY_LISTENER_HANDLER_H
#define TCPWHY_LISTENER_HANDLER_H

#include "kernel.h"
#include "kernel_counters.h"
#include "listener_config.h"

enum handler {
	HANDLER_REQUEST, /* tcp_conn_request(): a SYN */
	HANDLER_ACK, /* tcp_check_req(): the handshake's last ACK */
	HANDLER_COOKIE, /* tcp_get_cookie_sock(): that ACK brings a SYN cookie */
	HANDLER_ERROR, /* tcp_req_err(): ICMP ends a request */
	HANDLER_COUNT,
};

enum route {
	ROUTE_NOT_ASKED,
	ROUTE_FOUND,
	ROUTE_REFUSED,
};

struct why_handler {
	__u64 sk; /* the listener; 0: not in the function */
	__u64 skb; /* what came; 0: not known */
	__u64 offset; /* of this CPU's data; 0: not read yet */
	__u64 counters; /* this CPU's linux_mib of the listener's namespace, its address */
	__u64 before[WHY_MIB_COUNT];
	__u32 route; /* enum route */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HANDLER_COUNT);
	__type(key, __u32);
	__type(value, struct why_handler);
} listener_handlers SEC(".maps");

static __always_inline struct why_handler *handler_of(__u32 kind)
{
	return bpf_map_lookup_elem(&listener_handlers, &kind);
}

/* What goes into a map as a pointer comes out of it as a number. */
static __always_inline __u64 as_number(__u64 *in_map, __u64 pointer)
{
	*in_map = pointer;
	return *(volatile __u64 *)in_map;
}

/*
 * How far this CPU's data are from where the kernel says that every CPU has them. The map
 * keeps the latter address of each element, and a program gets the former: no symbol is
 * needed for it (__per_cpu_offset takes CONFIG_KALLSYMS_ALL).
 */
static __always_inline __u64 this_cpu_offset(__u32 kind, struct why_handler *handler)
{
	__u64 place = as_number(&handler->counters, (__u64)&listener_handlers);
	__u64 of_all = 0;

	place += bpf_core_field_offset(struct bpf_array, pptrs) + kind * sizeof(of_all);
	if (bpf_probe_read_kernel(&of_all, sizeof(of_all), (const void *)place))
		return 0;
	return as_number(&handler->counters, (__u64)handler) - of_all;
}

/* Whether the function may count in it: reading the others would cost for nothing. */
static __always_inline bool may_count(__u32 kind, __u32 counter)
{
	if (counter == WHY_MIB_DEFERRED)
		return kind == HANDLER_ACK;
	if (counter == WHY_MIB_REQUEST_QUEUE_COOKIES || counter == WHY_MIB_REQUEST_QUEUE_DROP)
		return kind == HANDLER_REQUEST;
	return true;
}

static __always_inline void read_counters(__u32 kind, __u64 counters, __u64 *values)
{
	__u64 deferred[2];

	read_two(&values[WHY_MIB_LISTEN_OVERFLOWS], counters + config.listen_place);
	if (kind == HANDLER_REQUEST)
		read_two(&values[WHY_MIB_REQUEST_QUEUE_COOKIES], counters + config.queue_place);
	if (kind == HANDLER_ACK) {
		read_two(deferred, counters + config.deferred_place);
		values[WHY_MIB_DEFERRED] = deferred[0];
	}
}

/* direct: sk comes with its type, as a trampoline's arguments do. */
static __always_inline __u64 counters_of(struct sock *sk, bool direct)
{
	if (direct)
		return (__u64)sk->__sk_common.skc_net.net->mib.net_statistics;
	return (__u64)read_behind(struct sock, sk, __sk_common.skc_net.net, mib.net_statistics);
}

static __always_inline int handler_enter(__u32 kind, struct sock *sk, struct sk_buff *skb,
					 bool direct)
{
	struct why_handler *handler = handler_of(kind);

	if (!handler)
		return 0;
	if (!handler->offset)
		handler->offset = this_cpu_offset(kind, handler);
	handler->counters =
		as_number(&handler->counters, counters_of(sk, direct)) + handler->offset;
	handler->route = ROUTE_NOT_ASKED;
	read_counters(kind, handler->counters, handler->before);
	handler->skb = (__u64)skb;
	handler->sk = (__u64)sk;
	return 0;
}

/* The handler if its call lost something, and how much each counter grew; else 0. */
static __always_inline struct why_handler *handler_exit(__u32 kind, __u64 *grown)
{
	struct why_handler *handler = handler_of(kind);
	__u64 any = 0;

	/* Else the entry was before the trace. */
	if (!handler || !handler->sk)
		return 0;
	read_counters(kind, handler->counters, grown);
	for (__u32 i = 0; i < WHY_MIB_COUNT; i++) {
		grown[i] = may_count(kind, i) ? grown[i] - handler->before[i] : 0;
		any |= grown[i];
	}
	if (!any)
		handler->sk = 0;
	return any ? handler : 0;
}

/* tcp_v4_route_req() or its twin, inside tcp_conn_request(). */
static __always_inline int route_asked(bool found)
{
	struct why_handler *handler = handler_of(HANDLER_REQUEST);

	if (handler)
		handler->route = found ? ROUTE_FOUND : ROUTE_REFUSED;
	return 0;
}

#endif
