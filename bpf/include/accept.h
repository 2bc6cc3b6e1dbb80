/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of what goes through accept queues. */
#ifndef TCPWHY_ACCEPT_H
#define TCPWHY_ACCEPT_H

#include "tcpwhy.h"
#include "listener.h"

/* What came into a listener's accept queue, and left it. */
struct why_accept_stats {
	struct why_listener_name name;
	__u64 arrivals; /* the sum of depth_hist */
	__u64 depth_sum; /* connections that waited already when one came */
	__u64 depth_max;
	__u64 accepts;
	__u64 lost_on_close; /* connections that waited when it closed, and did not migrate */
	__u64 waits; /* accepts whose arrival was seen: the sum of wait_ns_hist */
	__u64 wait_ns_sum;
	__u64 wait_ns_max;
	__u32 wait_ns_hist[WHY_NS_BUCKETS];
	__u32 depth_hist[WHY_DEPTH_BUCKETS];
};

/* One counter each per CPU. */
enum why_accept_loss {
	WHY_ACCEPT_LOSS_ARRIVAL = 0, /* arrivals and queues that close in no row: table full */
	WHY_ACCEPT_LOSS_ACCEPT = 1, /* accepts in no row: table full, or listener not known */
	WHY_ACCEPT_LOSS_FAILURE = 2, /* calls that failed, in no row: table full */
	WHY_ACCEPT_LOSS_COUNT = 3,
};

/* Whose accept() failed, and why. */
struct why_accept_failure_key {
	__u32 pid; /* process (tgid) */
	__u32 netns; /* of the process: inode of the network namespace */
	__u32 error; /* positive */
	__u32 epoch; /* of the row, lib/epoch.h */
	char comm[WHY_COMM_LEN]; /* of the process's first thread */
};

struct why_accept_config {
	__u32 netns; /* filter: 0 is "all" */
};

_Static_assert(sizeof(struct why_accept_stats) == 32 + 8 * 8 + 376 * 4, "wire size");
_Static_assert(sizeof(struct why_accept_config) == 4, "wire size");
_Static_assert(sizeof(struct why_accept_failure_key) == 32, "wire size");

#endif
