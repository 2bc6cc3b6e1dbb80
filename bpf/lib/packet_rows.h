/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many packets of each kind were dropped. A host drops few kinds, so each CPU has some
 * places of its own, found without a search. A place belongs to the first kind that comes to
 * it; what finds it taken is counted in the table that all CPUs share. No count ever moves.
 */
#ifndef TCPWHY_PACKET_ROWS_H
#define TCPWHY_PACKET_ROWS_H

#include "kernel.h"
#include "../include/packet.h"
#include "../include/stack_keys.h"
#include "claim.h"
#include "count.h"
#include "epoch.h"
#include "hash.h"
#include "table_full.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EPOCHS << WHY_NEAR_PACKET_BITS);
	__type(key, __u32);
	__type(value, struct why_near_packet);
} packet_near SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct why_packet_key);
	__type(value, __u64);
} packet_rows SEC(".maps");

/* Without their ports: what the table above has no room for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct why_packet_key);
	__type(value, __u64);
} packet_portless SEC(".maps");

/* A key as words, which are soon compared. */
struct why_words {
	__u64 location; /* never 0 */
	__u64 others[2];
};

/*
 * Packets are dropped in interrupts, too, even in the middle of this. Two claims at once
 * leave the place empty: that costs time, but no count.
 */
static __always_inline bool claim_packet_place(struct why_near_packet *place,
					       const struct why_words *key)
{
	volatile struct why_words *owned = (volatile struct why_words *)&place->key;

	if (place->claims || !claim_alone(&place->claims))
		return false;
	owned->others[0] = key->others[0];
	owned->others[1] = key->others[1];
	owned->location = key->location; /* last: from here on it matches */
	return true;
}

/* false: another kind has its place. */
static __always_inline bool count_near_packet(const struct why_packet_key *packet, __u32 now)
{
	const struct why_words *key = (const struct why_words *)packet, *owned;
	__u64 mixed = key->location ^ key->others[0] ^ key->others[1];
	__u32 index = near_place(mixed, WHY_NEAR_PACKET_BITS, now);
	struct why_near_packet *place = bpf_map_lookup_elem(&packet_near, &index);

	if (!place)
		return false;
	owned = (const struct why_words *)&place->key;
	if ((owned->location != key->location || owned->others[0] != key->others[0] ||
	     owned->others[1] != key->others[1]) &&
	    !claim_packet_place(place, key))
		return false;
	__sync_fetch_and_add(&place->count, 1);
	return true;
}

/* @now: the epoch, of which its stack is, too. */
static __always_inline void count_packet(struct why_packet_key *key, __u32 now)
{
	if (now)
		key->flags |= WHY_PACKET_EPOCH;
	if (count_near_packet(key, now) || count_under(&packet_rows, key, 1))
		return;
	/* A scan of ports fills the table: the rest of it is counted together. */
	key->port = 0;
	key->stack = key->stack ? WHY_STACK_LOST : 0;
	if (!count_under(&packet_portless, key, 1))
		count_table_full();
}

#endif
