/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection's stay in the accept queue, and the table of what each listener saw. */
#ifndef TCPWHY_ACCEPT_ROWS_H
#define TCPWHY_ACCEPT_ROWS_H

#include "kernel.h"
#include "accept_config.h"
#include "accept_waiting.h"
#include "count.h"
#include "epoch.h"
#include "histogram.h"
#include "listener_key.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_listener_key);
	__type(value, struct why_accept_stats);
} accept_rows SEC(".maps");

static const struct why_accept_stats no_accept_stats;

/*
 * Between the entry and the return of what puts a connection into the queue: softirqs
 * are off. Of two such functions, one inside the other, the inner's return counts.
 */
struct why_arrival {
	struct why_listener_key key; /* its id is 0: not in the function */
	__u64 child;
	__u32 depth;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct why_arrival);
} accept_arrivals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WHY_ACCEPT_LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} accept_losses SEC(".maps");

static __always_inline void count_accept_loss(__u32 kind)
{
	/* accept is not confined to its CPU's turn. */
	count_here_atomic(&accept_losses, kind);
}

/* The row of the listener; 0: no room. */
static __always_inline struct why_accept_stats *accept_row_of(struct why_listener_key *key)
{
	struct why_accept_stats *row;

	key->epoch = epoch;
	row = bpf_map_lookup_elem(&accept_rows, key);
	if (row)
		return row;
	bpf_map_update_elem(&accept_rows, key, &no_accept_stats, BPF_NOEXIST);
	row = bpf_map_lookup_elem(&accept_rows, key);
	if (row)
		name_listener(&row->name, (struct sock *)key->id);
	return row;
}

/* direct: sk comes with its type, as a trampoline's arguments do. */
static __always_inline int arrive_enter(struct sock *sk, struct sock *child, bool direct)
{
	struct why_arrival *arrival;
	__u32 zero = 0;

	arrival = bpf_map_lookup_elem(&accept_arrivals, &zero);
	if (!arrival)
		return 0;
	arrival->key.id = 0;
	if (!identify_listener(&arrival->key, sk, &config.netns, direct))
		return 0;
	/* What was stored as a pointer is a number once it comes out of the map. */
	arrival->child = (__u64)child;
	/* Now, not at the return: another CPU may have accepted it by then. */
	wait_from_now(*(volatile __u64 *)&arrival->child, &arrival->key);
	arrival->depth = direct ? sk->sk_ack_backlog : read_field(struct sock, sk, sk_ack_backlog);
	return 0;
}

static __always_inline int arrive_exit(bool added)
{
	struct why_accept_stats *row;
	struct why_listener_key key;
	struct why_arrival *arrival;
	__u32 zero = 0, bucket;

	arrival = bpf_map_lookup_elem(&accept_arrivals, &zero);
	/* Else counted already, begun before the trace, or filtered out. */
	if (!arrival || !arrival->key.id)
		return 0;
	key = arrival->key;
	arrival->key.id = 0;
	if (!added) {
		/* The listener was closed meanwhile, or another CPU has made the connection. */
		stop_waiting(arrival->child);
		return 0;
	}
	if (!active)
		return 0;
	row = accept_row_of(&key);
	if (!row) {
		count_accept_loss(WHY_ACCEPT_LOSS_ARRIVAL);
		return 0;
	}
	__sync_fetch_and_add(&row->arrivals, 1);
	__sync_fetch_and_add(&row->depth_sum, arrival->depth);
	keep_max(&row->depth_max, arrival->depth);
	bucket = bucket_of(arrival->depth, WHY_DEPTH_BUCKETS);
	if (bucket < WHY_DEPTH_BUCKETS)
		__sync_fetch_and_add(&row->depth_hist[bucket], 1);
	return 0;
}

static __always_inline void count_accept(struct why_waiting *entry)
{
	struct why_accept_stats *row = accept_row_of(&entry->key);
	__u64 wait;
	__u32 bucket;

	if (!row) {
		count_accept_loss(WHY_ACCEPT_LOSS_ACCEPT);
		return;
	}
	__sync_fetch_and_add(&row->accepts, 1);
	if (!entry->since_ns)
		return;
	wait = bpf_ktime_get_ns() - entry->since_ns;
	__sync_fetch_and_add(&row->waits, 1);
	__sync_fetch_and_add(&row->wait_ns_sum, wait);
	keep_max(&row->wait_ns_max, wait);
	bucket = bucket_of(wait, WHY_NS_BUCKETS);
	if (bucket < WHY_NS_BUCKETS)
		__sync_fetch_and_add(&row->wait_ns_hist[bucket], 1);
}

/* Whether it is TCP, and of the namespace that was asked for. */
static __always_inline bool is_wanted(struct sock *child)
{
	__u16 family = BPF_CORE_READ(child, __sk_common.skc_family);

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (BPF_CORE_READ(child, sk_protocol) != IPPROTO_TCP)
		return false;
	return !config.netns ||
	       config.netns == BPF_CORE_READ(child, __sk_common.skc_net.net, ns.inum);
}

/* Every kind of socket comes by here when it is accepted. */
static __always_inline int accepted(__u64 id, struct sock *child)
{
	struct why_waiting entry;

	if (take_waiting(id, &entry)) {
		if (active)
			count_accept(&entry);
	} else if (active && is_wanted(child)) {
		count_accept_loss(WHY_ACCEPT_LOSS_ACCEPT);
	}
	return 0;
}

/* What waited before the trace: when it came is not known, but from which listener. */
#define NOTED_PER_QUEUE 4096 /* net.core.somaxconn, unless raised */

struct why_queue_walk {
	struct request_sock *request;
	struct why_waiting entry;
};

/* Returns 1 at the end of the queue. */
static long note_request(__u32 index, void *context)
{
	struct why_queue_walk *walk = context;
	struct request_sock *request = walk->request;
	__u64 id;

	if (!request)
		return 1;
	id = (__u64)BPF_CORE_READ(request, sk);
	bpf_map_update_elem(&accept_waiting, &id, &walk->entry, BPF_NOEXIST);
	walk->request = BPF_CORE_READ(request, dl_next);
	return 0;
}

/*
 * loop: the kernel has bpf_loop() (e6f2dd0f8067, 5.17). Without, the verifier goes through
 * every step, which takes a hundred times as long as all other programs together.
 */
static __always_inline void note_queue(struct sock_common *common, bool loop)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(common);
	struct inet_connection_sock *icsk;
	struct why_queue_walk walk = {};

	if (!tp)
		return;
	icsk = &tp->inet_conn;
	if (!identify_listener(&walk.entry.key, &icsk->icsk_inet.sk, &config.netns, false))
		return;
	walk.request = BPF_CORE_READ(icsk, icsk_accept_queue.rskq_accept_head);
	if (loop) {
		bpf_loop(NOTED_PER_QUEUE, note_request, &walk, 0);
		return;
	}
	for (int i = 0; i < NOTED_PER_QUEUE; i++) {
		if (note_request(i, &walk))
			return;
	}
}

static __always_inline int note_listener(const struct bpf_iter__tcp *ctx, bool loop)
{
	struct sock_common *sk = ctx->sk_common;

	if (!sk) /* the end */
		return 0;
	if (is_past_listeners(ctx))
		return 1;
	if (sk->skc_state == TCP_LISTEN)
		note_queue(sk, loop);
	return 0;
}

#endif
