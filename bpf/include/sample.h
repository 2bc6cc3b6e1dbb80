/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What sample.bpf.c and the host share. */
#ifndef TCPWHY_SAMPLE_H
#define TCPWHY_SAMPLE_H

#include "stack_keys.h"

#define WHY_SAMPLE_DEPTH 127 /* kernel.perf_event_max_stack, unless changed; at most so many */

enum why_sample_count {
	WHY_SAMPLE_ALL = 0,
	WHY_SAMPLE_NO_ROOM = 1, /* in no row: the table of rows was full */
	WHY_SAMPLE_COUNT = 2, /* of each epoch */
};

enum why_sample_event {
	WHY_SAMPLE_EVENT_PROCESS = 1,
	WHY_SAMPLE_EVENT_STACKS = 2,
};

/* One sample whose stacks have no place in the table. */
struct why_stack_event {
	__u32 kind;
	struct why_stack_key key;
	__u32 kernel_bytes;
	__u32 user_bytes;
	__u32 pad;
	__u64 kernel[WHY_SAMPLE_DEPTH]; /* innermost first */
	__u64 user[WHY_SAMPLE_DEPTH];
};

struct why_sample_config {
	__u32 pid; /* filters: 0 is "all" */
	__u32 netns; /* inode of the network namespace */
	char comm[WHY_COMM_LEN];
	__u8 filter_comm;
	__u8 filter_cgroup;
	__u16 pad;
};

_Static_assert(sizeof(struct why_stack_event) == 48 + 254 * 8, "wire size");
_Static_assert(sizeof(struct why_sample_config) == 28, "wire size");

#endif
