// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How many ports of the range are held towards a destination, and which ones by
 * bind()? An iterator over every TCP socket of the network namespace of the thread
 * that opened it; the host puts the destinations in the map before.
 */
#include "lib/kernel.h"
#include "include/listener.h"
#include "include/socket.h"
#include "lib/address.h"
#include "lib/socket_service.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_range_key);
	__type(value, struct why_range_use);
} socket_ranges SEC(".maps");

/* Cleared by the host before it walks. */
struct why_bound_ports bound_ports SEC(".data.bound");

/*
 * Whether the socket's port is one that __inet_hash_connect() passes over, whatever the
 * destination: that looks at the same two fields.
 */
static __always_inline bool is_bound(struct sock_common *sk)
{
	struct inet_bind_bucket *bucket;

	if (sk->skc_state == TCP_NEW_SYN_RECV) /* has its listener's */
		return false;
	if (sk->skc_state == TCP_TIME_WAIT)
		bucket = read_field(struct inet_timewait_sock, sk, tw_tb);
	else
		bucket = read_field(struct inet_connection_sock, sk, icsk_bind_hash);
	return bucket && (read_field(struct inet_bind_bucket, bucket, fastreuse) >= 0 ||
			  read_field(struct inet_bind_bucket, bucket, fastreuseport) >= 0);
}

/* A socket that listens has no destination and matches none. */
static __always_inline int count_socket(struct sock_common *sk)
{
	struct why_range_key key = {};
	struct why_range_use *use;
	bool first, bound = is_bound(sk);
	__u16 port = sk->skc_num;

	if (bound)
		bound_ports.bits[port >> 6] |= 1ULL << (port & 63);

	key.port = bpf_ntohs(sk->skc_dport);
	if (sk->skc_family == AF_INET) {
		key.family = WHY_IPV4;
		*(__u32 *)key.remote = sk->skc_daddr;
	} else {
		key.family = WHY_IPV6;
		bpf_probe_read_kernel(key.remote, 16, &sk->skc_v6_daddr);
		if (is_mapped(key.remote)) {
			__builtin_memset(key.remote, 0, 16);
			key.family = WHY_IPV4;
			*(__u32 *)key.remote = sk->skc_daddr;
		}
	}
	use = bpf_map_lookup_elem(&socket_ranges, &key);
	if (!use)
		return 0;
	if (port < use->low || port > use->high)
		return 0;
	/* One thread walks, so nothing else adds to this. */
	first = !((port ^ use->low) & 1);
	if (sk->skc_state == TCP_TIME_WAIT) {
		use->time_wait++;
		use->first_time_wait += first;
	} else {
		use->other++;
		use->first_other += first;
	}
	use->bound += bound;
	use->first_bound += bound && first;
	return 0;
}

SEC("iter/tcp")
int count_range(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	return sk ? count_socket(sk) : 0; /* 0 marks the end */
}

SEC("iter/tcp")
int count_service(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	return sk ? count_served(sk) : 0; /* 0 marks the end */
}
