/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_TABLE_FULL_H
#define TCPWHY_TABLE_FULL_H

#include "kernel.h"
#include "count.h"

/* Drops for which the table had no room. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} table_full SEC(".maps");

static __always_inline void count_table_full(void)
{
	count_here(&table_full, 0);
}

#endif
