/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose connect it is and where to, and whether the user asked for it. */
#ifndef TCPWHY_CONNECT_FILTER_H
#define TCPWHY_CONNECT_FILTER_H

#include "kernel.h"
#include "address.h"
#include "connect_config.h"
#include "process_name.h"

/* Where sockaddr_in and sockaddr_in6 keep what connect() and bind() read. */
struct why_sockaddr {
	__u16 family;
	__be16 port;
	union {
		__be32 addr4;
		struct {
			__be32 flowinfo;
			__u8 addr6[16];
		};
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} connect_cgroup SEC(".maps");

static __always_inline __u32 netns_of_socket(struct sock *sk, bool direct)
{
	return direct ? sk->__sk_common.skc_net.net->ns.inum
		      : BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/*
 * Fills pid, comm and netns, the address that the socket is bound to, and the
 * family; false if the filters say no.
 */
static __always_inline bool key_owner(struct why_connect_key *key, struct sock *sk, __u8 family,
				      bool direct)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	key->pid = pid_tgid >> 32;
	if (config.pid && config.pid != key->pid)
		return false;
	if (config.filter_cgroup && bpf_current_task_under_cgroup(&connect_cgroup, 0) != 1)
		return false;
	key->netns = netns_of_socket(sk, direct);
	if (config.netns && config.netns != key->netns)
		return false;
	process_name(key->comm, pid_tgid);
	if (config.filter_comm) {
		for (int i = 0; i < WHY_COMM_LEN; i++) {
			if (key->comm[i] != config.comm[i])
				return false;
			if (!key->comm[i])
				break;
		}
	}
	key->family = family;
	if (family == WHY_IPV4)
		*(__u32 *)key->local = direct ? sk->__sk_common.skc_rcv_saddr
					      : BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	else
		bpf_probe_read_kernel(key->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	return true;
}

static __always_inline bool wants_destination(const struct why_connect_key *key)
{
	if (config.port && config.port != key->port)
		return false;
	if (!config.dest_family)
		return true;
	if (config.dest_family != key->family)
		return false;
	for (int i = 0; i < WHY_ADDR_LEN; i++) {
		if ((key->remote[i] & config.dest_mask[i]) != config.dest[i])
			return false;
	}
	return true;
}

/*
 * An older kernel leaves the source address of a failed connect on the socket;
 * only an address that bind() gave is the user's choice.
 */
static __always_inline void forget_unbound(struct why_connect_key *key, struct sock *sk)
{
	__u32 *word = (__u32 *)key->local;

	if (!(word[0] | word[1] | word[2] | word[3]))
		return;
	if (!(BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDADDR_LOCK))
		__builtin_memset(key->local, 0, sizeof(key->local));
}

/*
 * The key of a connect to to. An unspecified destination is the socket's own
 * address or loopback, as ip_route_output_key_hash() and tcp_v6_connect() have it.
 */
static __always_inline bool key_connect(struct why_connect_key *key, struct sock *sk,
					const struct why_sockaddr *to, bool direct)
{
	bool v4 = to->family == AF_INET || is_mapped(to->addr6);

	if (!key_owner(key, sk, v4 ? WHY_IPV4 : WHY_IPV6, direct))
		return false;
	key->port = bpf_ntohs(to->port);
	if (to->family == AF_INET)
		*(__u32 *)key->remote = to->addr4;
	else if (v4)
		*(__u32 *)key->remote = *(const __u32 *)(to->addr6 + 12);
	else
		__builtin_memcpy(key->remote, to->addr6, 16);
	if (v4 && !*(__u32 *)key->remote) {
		*(__u32 *)key->remote = LOOPBACK4;
		if (*(__u32 *)key->local)
			*(__u32 *)key->remote = *(__u32 *)key->local;
	} else if (!v4 && is_any6(key->remote)) {
		key->remote[15] = 1;
	}
	forget_unbound(key, sk);
	return wants_destination(key);
}

/* The key of a search by bind() to port 0; filters on a destination rule it out. */
static __always_inline bool key_bind(struct why_connect_key *key, struct sock *sk, __u8 family,
				     bool direct)
{
	if (config.port || config.dest_family)
		return false;
	if (!key_owner(key, sk, family, direct))
		return false;
	key->kind = WHY_KIND_BIND;
	return true;
}

#endif
