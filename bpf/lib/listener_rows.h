/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each listener lost, and whose connections. A host loses them at few sockets, and
 * again and again to the same few peers: so each CPU has rows of its own, with no hash
 * table to search and nobody else to count in them. A row belongs to the first listener
 * that needs it, a peer's place in it to the first peer. Who finds it taken is counted in
 * the tables that all CPUs share.
 *
 * A loss is counted in one of the two and nothing moves between them: their sum is exact.
 */
#ifndef TCPWHY_LISTENER_ROWS_H
#define TCPWHY_LISTENER_ROWS_H

#include "kernel.h"
#include "epoch.h"
#include "hash.h"
#include "listener_config.h"
#include "listener_key.h"
#include "listener_peers.h"
#include "table_full.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_listener_key);
	__type(value, struct why_listener_stats);
} listener_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EPOCHS << WHY_NEAR_ROW_BITS);
	__type(key, __u32);
	__type(value, struct why_near_row);
} listener_near SEC(".maps");

/* alone: nobody else counts in it. */
static __always_inline void add_listener_loss(struct why_listener_stats *row, const __u64 *grown,
					      __u32 cause, bool alone)
{
	__u64 tick;

	for (int i = 0; i < WHY_MIB_DEFERRED; i++) {
		if (alone)
			row->mib[i] += grown[i];
		else if (grown[i])
			__sync_fetch_and_add(&row->mib[i], grown[i]);
	}
	barrier_var(cause); /* or the compiler checks a copy the verifier does not know */
	if (cause < WHY_CAUSE_COUNT) {
		if (alone)
			row->causes[cause]++;
		else
			__sync_fetch_and_add(&row->causes[cause], 1);
	}
	/* A clock is dear: one look per tick. */
	tick = bpf_jiffies64();
	if (row->last_tick != tick) {
		row->last_tick = tick;
		row->last_ns = bpf_ktime_get_ns();
	}
}

/* The shared row of the listener; 0: no room. */
static __always_inline struct why_listener_stats *
listener_row_of(const struct why_listener_key *key)
{
	struct why_listener_stats fresh = {}, *row = bpf_map_lookup_elem(&listener_rows, key);

	if (row)
		return row;
	name_listener(&fresh.name, (struct sock *)key->id);
	fresh.first_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&listener_rows, key, &fresh, BPF_NOEXIST);
	row = bpf_map_lookup_elem(&listener_rows, key);
	if (!row)
		count_table_full();
	return row;
}

/* For what has no row here. false: a filter is against it, or there is no room. */
static __noinline bool count_far_loss(struct sock *sk, struct sk_buff *skb, const __u64 *grown,
				      __u32 cause, __u32 now)
{
	struct why_peer peer;
	struct why_listener_key key = { .epoch = now };
	struct why_listener_stats *row;

	if (!grown || !identify_listener(&key, sk, &config.netns, false))
		return false;
	row = listener_row_of(&key);
	if (!row)
		return false;
	add_listener_loss(row, grown, cause, false);
	if (config.peers && grown[WHY_MIB_LISTEN_DROPS] && name_peer(&peer, skb, false))
		count_peer(&key, &peer);
	return true;
}

/* Gives a free row to the listener, unless the filter is against it, or it is being closed. */
static __noinline bool take_near_row(struct why_near_row *row, struct sock *sk, __u32 now)
{
	struct why_listener_key key = { .epoch = now };

	if (!row || row->key.id || !identify_listener(&key, sk, &config.netns, false) || !key.inode)
		return false;
	name_listener(&row->stats.name, sk);
	row->stats.first_ns = bpf_ktime_get_ns();
	row->key = key;
	return true;
}

/* Whether the row is the listener's. A socket keeps its namespace, but not its port. */
static __always_inline bool is_near_row_of(const struct why_near_row *row, __u64 id,
					   struct sock *sk, bool direct)
{
	if (row->key.id != id)
		return false;
	if (direct)
		return row->key.port == sk->__sk_common.skc_num &&
		       row->key.inode == inode_behind(sk->sk_socket);
	return row->key.port == read_field(struct sock, sk, __sk_common.skc_num) &&
	       row->key.inode == inode_of(sk);
}

static __always_inline void count_near_peer(struct why_near_row *row, struct sk_buff *skb,
					    bool direct)
{
	struct why_near_peer *place;
	struct why_peer peer, *owner;

	if (!name_peer(&peer, skb, direct))
		return;
	place = &row->peers[hash_bits(peer.low, WHY_NEAR_PEER_BITS)];
	owner = (struct why_peer *)place->address;
	if (owner->low != peer.low || owner->high != peer.high) {
		if (place->count) {
			count_peer(&row->key, &peer);
			return;
		}
		*owner = peer;
	}
	place->count++;
}

/*
 * Counts what a listener lost. false: a filter is against it, or there is no room.
 * direct: sk and skb come with their types, as a trampoline's arguments do.
 */
static __always_inline bool count_listener_loss(__u64 id, struct sock *sk, struct sk_buff *skb,
						const __u64 *grown, __u32 cause, bool direct)
{
	__u32 now = epoch, place = near_place(id, WHY_NEAR_ROW_BITS, now);
	struct why_near_row *row = bpf_map_lookup_elem(&listener_near, &place);

	if (!row || (!is_near_row_of(row, id, sk, direct) && !take_near_row(row, sk, now))) {
		/* A copy, so that the other way needs none in memory. */
		__u64 copy[WHY_MIB_COUNT];

		__builtin_memcpy(copy, grown, sizeof(copy));
		return count_far_loss(sk, skb, copy, cause, now);
	}
	add_listener_loss(&row->stats, grown, cause, true);
	if (config.peers && grown[WHY_MIB_LISTEN_DROPS])
		count_near_peer(row, skb, direct);
	return true;
}

#endif
