// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which code is on the CPUs? A perf event on each CPU interrupts it at a frequency; whose
 * turn it was and both stacks are counted here: what leaves the kernel is sums.
 */
#include "lib/kernel.h"
#include "include/sample.h"
#include "lib/sample_filter.h"
#include "lib/sample_rows.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	struct why_stack_key key = {};
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	/* The idle task: nobody's turn. */
	if (!pid_tgid)
		return 0;
	if (!wants_process(pid_tgid, key.comm))
		return 0;
	key.pid = pid_tgid >> 32;
	count_stacks(ctx, &key);
	return 0;
}
