/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processes whose stacks are taken: the host reads what is mapped where while they live. */
#ifndef TCPWHY_REPORTED_PROCESSES_H
#define TCPWHY_REPORTED_PROCESSES_H

#include "kernel.h"
#include "../include/sample.h"

/* Those that the host was told of; what falls out is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u8);
} reported_processes SEC(".maps");

/* ring: the map of the ring buffer that the host reads. */
static __always_inline void report_process(void *ring, __u32 pid)
{
	struct why_process_event *event;
	__u8 yes = 1;

	if (bpf_map_lookup_elem(&reported_processes, &pid))
		return;
	event = bpf_ringbuf_reserve(ring, sizeof(*event), 0);
	if (!event)
		return;
	event->kind = WHY_SAMPLE_EVENT_PROCESS;
	event->pid = pid;
	bpf_ringbuf_submit(event, 0);
	bpf_map_update_elem(&reported_processes, &pid, &yes, BPF_ANY);
}

#endif
