// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How many ports of the range are held towards a destination? An iterator over
 * every TCP socket of the network namespace of the thread that opened it; the
 * host puts the destinations in the map before.
 */
#include "lib/kernel.h"
#include "include/tcpwhy.h"
#include "lib/address.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_range_key);
	__type(value, struct why_range_use);
} ranges SEC(".maps");

/* A socket that listens or was only bound has no destination and matches none. */
static __always_inline int count_socket(struct sock_common *sk)
{
	struct why_range_key key = {};
	struct why_range_use *use;
	bool first;
	__u16 port;

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
	use = bpf_map_lookup_elem(&ranges, &key);
	if (!use)
		return 0;
	port = sk->skc_num;
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
	return 0;
}

SEC("iter/tcp")
int count_range(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	return sk ? count_socket(sk) : 0; /* 0 marks the end */
}
