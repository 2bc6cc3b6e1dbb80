/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One more: in an array of counts, one for each CPU, or under a key in a table. */
#ifndef TCPWHY_COUNT_H
#define TCPWHY_COUNT_H

#include "kernel.h"

/* For a program that nothing interrupts which counts there, too. */
static __always_inline void count_here(void *array, __u32 index)
{
	__u64 *count = bpf_map_lookup_elem(array, &index);

	if (count)
		*count += 1;
}

/* As count_here(), for others. */
static __always_inline void count_here_atomic(void *array, __u32 index)
{
	__u64 *count = bpf_map_lookup_elem(array, &index);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* So many more under a key of a table that all CPUs share; false: there is no room for it. */
static __always_inline bool count_under(void *table, const void *key, __u64 more)
{
	__u64 *count = bpf_map_lookup_elem(table, key), zero = 0;

	if (!count) {
		/* Somebody else may make the row meanwhile. */
		bpf_map_update_elem(table, key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(table, key);
		if (!count)
			return false;
	}
	__sync_fetch_and_add(count, more);
	return true;
}

#endif
