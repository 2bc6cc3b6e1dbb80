/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_PROCESS_NAME_H
#define TCPWHY_PROCESS_NAME_H

/* The name ps shows: threads rename themselves, their process is one row. */
static __always_inline void process_name(char *comm, __u64 pid_tgid)
{
	struct task_struct *task, *leader;

	if (pid_tgid >> 32 == (__u32)pid_tgid) {
		bpf_get_current_comm(comm, WHY_COMM_LEN);
		return;
	}
	/* 5.11 has the typed helper, and it costs half as much. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		leader = task->group_leader;
	} else {
		task = (struct task_struct *)bpf_get_current_task();
		leader = BPF_CORE_READ(task, group_leader);
	}
	bpf_probe_read_kernel(comm, WHY_COMM_LEN, __builtin_preserve_access_index(&leader->comm));
}

#endif
