/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that wait to be accepted, by their address: in the slot that it points to,
 * or, if that is taken, in a table. A slot costs a fifth of the table's insert, look-up
 * and delete.
 *
 * Two connections may want one slot at once, and claim it. Nobody accepts a connection
 * before it is in the queue, and so nobody takes one out that is not all there.
 *
 * What a listener leaves in its queue when it closes is never accepted. It keeps its slot,
 * until a connection comes that has the same address; in the table the oldest makes room.
 */
#ifndef TCPWHY_ACCEPT_WAITING_H
#define TCPWHY_ACCEPT_WAITING_H

#include "kernel.h"
#include "../include/accept.h"
#include "claim.h"
#include "hash.h"

/* Unset until what waits already is noted, and after the last report. */
static volatile __u32 active SEC(".data.active") = 0;

struct why_waiting {
	__u64 since_ns; /* 0: it came before the trace */
	struct why_listener_key key;
};

struct why_waiting_slot {
	__u64 id; /* the connection's address; 0: free */
	__u32 claims;
	__u32 pad;
	struct why_waiting entry;
};

#define WAITING_SLOT_BITS 14

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << WAITING_SLOT_BITS);
	__type(key, __u32);
	__type(value, struct why_waiting_slot);
} accept_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct why_waiting);
} accept_waiting SEC(".maps");

static __always_inline struct why_waiting_slot *waiting_slot_of(__u64 id)
{
	__u32 index = hash_bits(id, WAITING_SLOT_BITS);

	return bpf_map_lookup_elem(&accept_slots, &index);
}

/* Whether the slot is the connection's, from now on or since one of the same address. */
static __always_inline bool claim_waiting_slot(struct why_waiting_slot *slot, __u64 id)
{
	if (slot->id == id)
		return true;
	return !slot->claims && claim(&slot->claims);
}

/* Into the table as long as that is where it is noted what waits already: each is there once. */
static __always_inline void wait_from_now(__u64 id, const struct why_listener_key *key)
{
	struct why_waiting_slot *slot = waiting_slot_of(id);
	struct why_waiting entry = {};

	if (active && slot && claim_waiting_slot(slot, id)) {
		slot->entry.key = *key;
		slot->entry.since_ns = bpf_ktime_get_ns();
		slot->id = id;
		return;
	}
	entry.key = *key;
	entry.since_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&accept_waiting, &id, &entry, BPF_ANY);
}

static __always_inline void free_waiting_slot(struct why_waiting_slot *slot)
{
	slot->id = 0;
	unclaim(&slot->claims);
}

/* What was noted of a connection, which is no more after this. */
static __always_inline bool take_waiting(__u64 id, struct why_waiting *entry)
{
	struct why_waiting_slot *slot = waiting_slot_of(id);
	struct why_waiting *found;

	if (slot && slot->id == id) {
		*entry = slot->entry;
		free_waiting_slot(slot);
		return true;
	}
	found = bpf_map_lookup_elem(&accept_waiting, &id);
	if (!found)
		return false;
	/* Another connection may take the place once it is free. */
	*entry = *found;
	bpf_map_delete_elem(&accept_waiting, &id);
	return true;
}

static __always_inline void stop_waiting(__u64 id)
{
	struct why_waiting_slot *slot = waiting_slot_of(id);

	if (slot && slot->id == id)
		free_waiting_slot(slot);
	else
		bpf_map_delete_elem(&accept_waiting, &id);
}

#endif
