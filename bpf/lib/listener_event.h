/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event per loss of a listener. Under a flood of SYNs nobody could read them
 * all: each CPU sends some per millisecond and counts the rest.
 */
#ifndef TCPWHY_LISTENER_EVENT_H
#define TCPWHY_LISTENER_EVENT_H

#include "kernel.h"
#include "../include/listener.h"
#include "count.h"
#include "listener_handler.h"

#define EVENTS_PER_WINDOW 8
#define WINDOW_BITS 20 /* of nanoseconds: 1.05 ms */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} listener_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WHY_UNSENT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} listener_unsent SEC(".maps");

struct why_event_gate {
	__u64 window;
	__u64 sent; /* in this window */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct why_event_gate);
} listener_gate SEC(".maps");

static __always_inline bool may_send(__u64 now)
{
	__u32 zero = 0;
	struct why_event_gate *here = bpf_map_lookup_elem(&listener_gate, &zero);

	if (!here)
		return false;
	if (here->window != now >> WINDOW_BITS) {
		here->window = now >> WINDOW_BITS;
		here->sent = 0;
	}
	return here->sent++ < EVENTS_PER_WINDOW;
}

/* The four-tuple, as the packet has it. */
static __always_inline void name_ends(struct why_loss_event *event, struct sk_buff *skb)
{
	unsigned char *header = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__be16 ports[2] = {};
	__u8 first = 0;

	bpf_probe_read_kernel(&first, 1, header);
	if (first >> 4 == 4) {
		event->family = WHY_IPV4;
		bpf_probe_read_kernel(event->remote, 4, header + 12);
		bpf_probe_read_kernel(event->local, 4, header + 16);
		bpf_probe_read_kernel(ports, sizeof(ports), header + (first & 15) * 4);
	} else if (first >> 4 == 6) {
		event->family = WHY_IPV6;
		bpf_probe_read_kernel(event->remote, 16, header + 8);
		bpf_probe_read_kernel(event->local, 16, header + 24);
		bpf_probe_read_kernel(ports, sizeof(ports), header + 40);
	}
	event->remote_port = bpf_ntohs(ports[0]);
	event->local_port = bpf_ntohs(ports[1]);
}

static __always_inline void send_loss(const struct why_handler *handler, __u32 cause)
{
	struct tcp_sock *tp = (struct tcp_sock *)handler->sk;
	struct sock *sk = (struct sock *)handler->sk;
	struct why_loss_event *event;
	__u64 now = bpf_ktime_get_ns();

	if (!may_send(now)) {
		count_here(&listener_unsent, WHY_UNSENT_RATE);
		return;
	}
	event = bpf_ringbuf_reserve(&listener_events, sizeof(*event), 0);
	if (!event) {
		count_here(&listener_unsent, WHY_UNSENT_RING);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = now;
	if (handler->skb)
		name_ends(event, (struct sk_buff *)handler->skb);
	else
		event->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->cause = cause;
	event->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	event->inode = inode_of(sk);
	event->accept_queue = BPF_CORE_READ(sk, sk_ack_backlog);
	event->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	event->syn_queue = BPF_CORE_READ(tp, inet_conn.icsk_accept_queue.qlen.counter);
	bpf_ringbuf_submit(event, 0);
}

#endif
