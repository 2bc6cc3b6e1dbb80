/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of full tables of connection tracking. */
#ifndef TCPWHY_CONNTRACK_H
#define TCPWHY_CONNTRACK_H

#include "tcpwhy.h"

struct why_conntrack_key {
	__u32 netns; /* inode of the network namespace */
	__u32 epoch;
};

struct why_conntrack_config {
	__u32 netns; /* filter: 0 is "all" */
};

_Static_assert(sizeof(struct why_conntrack_config) == 4, "wire size");
_Static_assert(sizeof(struct why_conntrack_key) == 8, "wire size");

#endif
