/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One more, in an array whose elements are counts, one for each CPU. */
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

#endif
