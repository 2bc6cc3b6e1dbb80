/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that a service has accepted, and those of them that it does not serve. */
#ifndef TCPWHY_SOCKET_SERVICE_H
#define TCPWHY_SOCKET_SERVICE_H

#include "kernel.h"
#include "../include/socket.h"
#include "address.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct why_service_key);
	__type(value, struct why_service_use);
} socket_services SEC(".maps");

/* A bit for each port of services, set by the host before it walks. */
struct why_bound_ports service_ports SEC(".data.services");

/* Sockets that found no room in the table. Cleared by the host before it walks. */
__u64 service_losses SEC(".data.lost");

static const struct why_service_use no_use;

static __always_inline bool is_service_port(__u16 port)
{
	return service_ports.bits[port / 64] >> (port % 64) & 1;
}

static __always_inline void key_service(struct why_service_key *key, struct sock_common *sk)
{
	key->port = sk->skc_num;
	if (sk->skc_family == AF_INET) {
		key->family = WHY_IPV4;
		*(__u32 *)key->local = sk->skc_rcv_saddr;
		return;
	}
	bpf_probe_read_kernel(key->local, 16, &sk->skc_v6_rcv_saddr);
	if (is_mapped(key->local)) {
		__builtin_memset(key->local, 0, 16);
		key->family = WHY_IPV4;
		*(__u32 *)key->local = sk->skc_rcv_saddr;
		return;
	}
	key->family = WHY_IPV6;
}

static __always_inline struct why_service_use *service_use(struct sock_common *sk)
{
	struct why_service_key key = {};
	struct why_service_use *use;

	key_service(&key, sk);
	use = bpf_map_lookup_elem(&socket_services, &key);
	if (use)
		return use;
	bpf_map_update_elem(&socket_services, &key, &no_use, BPF_NOEXIST);
	use = bpf_map_lookup_elem(&socket_services, &key);
	if (!use)
		service_losses++;
	return use;
}

/* One thread walks, so nothing else adds to these. */
static __always_inline int count_served(struct sock_common *sk)
{
	bool closed = sk->skc_state == TCP_CLOSE_WAIT;
	struct why_service_use *use;
	__u64 last, now;
	__u32 unread;

	if (!closed && sk->skc_state != TCP_ESTABLISHED)
		return 0;
	/* Without a struct socket it waits to be accepted, or its owner has closed it. */
	if (!is_service_port(sk->skc_num) || !read_field(struct sock, sk, sk_socket))
		return 0;
	use = service_use(sk);
	if (!use)
		return 0;
	now = bpf_ktime_get_ns();
	last = read_field(struct tcp_sock, sk, tcp_mstamp) * 1000;
	unread = read_field(struct tcp_sock, sk, rcv_nxt) -
		 read_field(struct tcp_sock, sk, copied_seq);
	if (closed) {
		/* The FIN has a number of its own: who works on a request does not look for it. */
		use->close_wait++;
		use->unread_close_wait += unread > 1 && now > last + WHY_QUIET_NS;
		use->left_close_wait += now > last + WHY_LEFT_NS;
	} else {
		use->established++;
		use->unread += unread && now > last + WHY_QUIET_NS;
	}
	return 0;
}

#endif
