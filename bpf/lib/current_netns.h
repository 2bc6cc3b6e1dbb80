/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_CURRENT_NETNS_H
#define TCPWHY_CURRENT_NETNS_H

#include "kernel.h"

/* Inode of the current task's network namespace. */
static __always_inline __u32 current_netns(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

#endif
