// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tracing costs at least: programs that do nothing at the hooks of tcpwhy drops.
 * Whatever it does beyond that is its own.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FLOOR_PAIR(name, function)  \
	SEC("fentry/" function)     \
	int name##_entry(void *ctx) \
	{                           \
		return 0;           \
	}                           \
	SEC("fexit/" function)      \
	int name##_exit(void *ctx)  \
	{                           \
		return 0;           \
	}

FLOOR_PAIR(request, "tcp_conn_request")
FLOOR_PAIR(ack, "tcp_check_req")
FLOOR_PAIR(cookie, "tcp_get_cookie_sock")
FLOOR_PAIR(error, "tcp_req_err")

SEC("fexit/tcp_v4_route_req")
int route4_exit(void *ctx)
{
	return 0;
}

/* Of a dropped packet: one map update is what counting it takes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} counts SEC(".maps");

SEC("tp_btf/kfree_skb")
int dropped(unsigned long long *ctx)
{
	__u64 location = ctx[1], one = 1, *count = bpf_map_lookup_elem(&counts, &location);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, &location, &one, BPF_ANY);
	return 0;
}
