/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What connects came to, by who made them and where to. */
#ifndef TCPWHY_CONNECT_ROWS_H
#define TCPWHY_CONNECT_ROWS_H

#include "kernel.h"
#include "../include/connect.h"
#include "epoch.h"
#include "keyed_row.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* number_of() its key, or one of the next */
	__type(value, struct why_connect_row);
} connect_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct why_connect_row);
} connect_new_row SEC(".maps");

/* What finds no place in the table, of each epoch. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EPOCHS);
	__type(key, __u32);
	__type(value, struct why_connect_stats);
} connect_others SEC(".maps");

/*
 * The key's totals, or those of what finds no place. Another program may interrupt this one
 * and leave its own key in connect_new_row: then there is a row that nobody finds, and nothing is
 * counted in.
 */
static __noinline struct why_connect_stats *find_connect_stats(const struct why_connect_key *key,
							       __u64 place, __u32 now)
{
	struct why_connect_row *row, *fresh;
	__u32 first = 0;

	fresh = bpf_map_lookup_elem(&connect_new_row, &first);
	if (!fresh)
		return 0;
	for (int i = 0; i < ROW_PLACES; i++, place++) {
		row = bpf_map_lookup_elem(&connect_rows, &place);
		if (!row) {
			fresh->key = *key;
			fresh->stats.epoch = now;
			bpf_map_update_elem(&connect_rows, &place, fresh, BPF_NOEXIST);
			row = bpf_map_lookup_elem(&connect_rows, &place);
			if (!row)
				break;
		}
		if (is_same_key(&row->key, key, sizeof(*key)))
			return &row->stats;
	}
	return bpf_map_lookup_elem(&connect_others, &now);
}

static __always_inline struct why_connect_stats *
connect_stats_for(const struct why_connect_key *key)
{
	__u32 now = epoch;
	/* A key's places in the two epochs are far from each other. */
	__u64 place = number_of(key, sizeof(*key)) ^ (__u64)now << 63;
	struct why_connect_row *row = bpf_map_lookup_elem(&connect_rows, &place);

	if (row && is_same_key(&row->key, key, sizeof(*key)))
		return &row->stats;
	return find_connect_stats(key, place, now);
}

#endif
