/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which listening socket it is: the key of its rows, and what people call it. */
#ifndef TCPWHY_LISTENER_KEY_H
#define TCPWHY_LISTENER_KEY_H

#include "kernel.h"
#include "../include/listener.h"
#include "cgroup.h"

/*
 * Whether the filter lets the listener through.
 * wanted_netns: of the program's config.
 * direct: sk comes with its type, as a trampoline's arguments do.
 */
static __always_inline bool identify_listener(struct why_listener_key *key, struct sock *sk,
					      const volatile __u32 *wanted_netns, bool direct)
{
	key->netns = direct ? sk->__sk_common.skc_net.net->ns.inum
			    : read_behind(struct sock, sk, __sk_common.skc_net.net, ns.inum);
	if (*wanted_netns && *wanted_netns != key->netns)
		return false;
	key->id = (__u64)sk;
	key->port = direct ? sk->__sk_common.skc_num
			   : read_field(struct sock, sk, __sk_common.skc_num);
	key->inode = direct ? inode_behind(sk->sk_socket) : inode_of(sk);
	return true;
}

static __always_inline void name_cgroup(struct why_listener_name *name, struct sock *sk)
{
	struct cgroup *cgroup = cgroup_of(sk);

	name->cgroup = cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
	name->in_cgroup = !wanted_cgroup || is_in_wanted_cgroup(sk);
}

static __always_inline void name_listener(struct why_listener_name *name, struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		name->family = WHY_IPV4;
		*(__u32 *)name->address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	} else {
		name->family = WHY_IPV6;
		bpf_probe_read_kernel(name->address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	}
	name->v6only = BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only);
	name->reuseport = BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuseport);
	name_cgroup(name, sk);
}

#endif
