/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose turn it is, and whether the user asked for it. */
#ifndef TCPWHY_SAMPLE_FILTER_H
#define TCPWHY_SAMPLE_FILTER_H

#include "kernel.h"
#include "process_name.h"
#include "sample_config.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sample_cgroup SEC(".maps");

/* Also names the process; false if the filters say no. */
static __always_inline bool wants_process(__u64 pid_tgid, char *comm)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (config.pid && config.pid != pid_tgid >> 32)
		return false;
	if (config.filter_cgroup && bpf_current_task_under_cgroup(&sample_cgroup, 0) != 1)
		return false;
	if (config.netns && config.netns != BPF_CORE_READ(task, nsproxy, net_ns, ns.inum))
		return false;
	process_name(comm, pid_tgid);
	for (int i = 0; config.filter_comm && i < WHY_COMM_LEN; i++) {
		if (comm[i] != config.comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

#endif
