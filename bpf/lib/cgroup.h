/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cgroup (version 2) that a socket was made in. Where packets come in, the current
 * task is anybody, and says nothing.
 */
#ifndef TCPWHY_CGROUP_H
#define TCPWHY_CGROUP_H

#include "kernel.h"

/* The inode of its directory; 0: all are wanted. */
const volatile __u64 wanted_cgroup SEC(".rodata.cgroup") = 0;

/* Further down than this nobody looks. */
#define CGROUP_LEVELS 32

/* 0: not known. sk is a full socket. */
static __always_inline struct cgroup *cgroup_of(struct sock *sk)
{
	struct sock_cgroup_data *data = __builtin_preserve_access_index(&sk->sk_cgrp_data);
	struct sock_cgroup_data___word *older = (void *)data;
	__u64 word;

	if (!bpf_core_field_exists(older->val))
		return BPF_CORE_READ(data, cgroup);
	word = BPF_CORE_READ(older, val);
	/* These bits mark it as taken by cgroup v1's net_cls or net_prio. */
	return word & 3 ? 0 : (struct cgroup *)word;
}

/* Whether it, or one above it, is the one that is wanted. */
static __always_inline bool is_in_wanted_cgroup(struct sock *sk)
{
	struct cgroup *cgroup = cgroup_of(sk);
	struct cgroup_subsys_state *parent;

	for (int level = 0; level < CGROUP_LEVELS && cgroup; level++) {
		if (BPF_CORE_READ(cgroup, kn, id) == wanted_cgroup)
			return true;
		parent = BPF_CORE_READ(cgroup, self.parent);
		if (!parent)
			return false;
		cgroup = (void *)parent - bpf_core_field_offset(struct cgroup, self);
	}
	return false;
}

#endif
