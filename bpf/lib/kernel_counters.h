/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_KERNEL_COUNTERS_H
#define TCPWHY_KERNEL_COUNTERS_H

#include "kernel.h"

/* Two counters that are neighbours, at a place of struct linux_mib. */
static __always_inline void read_two(__u64 *values, __u64 address)
{
	if (has_casts) {
		const struct linux_mib *here = cast(struct linux_mib, address);

		values[0] = here->mibs[0];
		values[1] = here->mibs[1];
	} else {
		bpf_probe_read_kernel(values, 2 * sizeof(*values), (const void *)address);
	}
}

#endif
