/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the current task handed over when it entered the kernel. */
#ifndef TCPWHY_TASK_ARGUMENTS_H
#define TCPWHY_TASK_ARGUMENTS_H

#include "kernel.h"

/* bpf_task_pt_regs() is of 5.15 (dd6e10fbd9fb); before, they are not to be had at a return. */
#define has_task_arguments bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)

static __always_inline struct pt_regs *task_registers(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

#endif
