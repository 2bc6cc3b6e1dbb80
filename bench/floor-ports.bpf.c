// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As floor.bpf.c, at the hooks of tcpwhy ports as it derives the ports tried. */
#include <linux/bpf.h>
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

FLOOR_PAIR(call, "tcp_v4_connect")
FLOOR_PAIR(search, "__inet_hash_connect")

SEC("tp_btf/inet_sock_set_state")
int state_entry(void *ctx)
{
	return 0;
}
