/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_PROCESS_NAME_H
#define TCPWHY_PROCESS_NAME_H

#include "kernel.h"
#include "../include/tcpwhy.h"

/* The name ps shows: threads rename themselves, their process is one row. */
static __always_inline void process_name(char *comm, __u64 pid_tgid)
{
	bool leads = pid_tgid >> 32 == (__u32)pid_tgid;
	struct task_struct *task;
	const __u64 *name;
	__u64 words[2];

	/* 5.11 has the typed helper: two loads are a third of what bpf_get_current_comm() costs. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		if (!leads)
			task = task->group_leader;
		name = (const __u64 *)__builtin_preserve_access_index(&task->comm);
		words[0] = name[0];
		words[1] = name[1];
		__builtin_memcpy(comm, words, sizeof(words));
		return;
	}
	if (leads) {
		bpf_get_current_comm(comm, WHY_COMM_LEN);
		return;
	}
	task = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader);
	bpf_probe_read_kernel(comm, WHY_COMM_LEN, __builtin_preserve_access_index(&task->comm));
}

#endif
