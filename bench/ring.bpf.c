// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fills a ring buffer with events such as those of tcpwhy ports --events, whenever it is run. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include "../bpf/include/connect.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EVENTS 1000 /* of one run */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static const char names[4][WHY_COMM_LEN] = { "nginx", "php-fpm8.2", "postgres: check", "envoy" };

SEC("raw_tp")
int fill(void *ctx)
{
	__u32 n;

	for (n = 0; n < EVENTS; n++) {
		struct why_connect_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		if (!event)
			break;
		__builtin_memset(event, 0, sizeof(*event));
		event->time_ns = 1000000000ULL + n;
		event->key.pid = 1000 + n % 64;
		event->key.netns = 4026531840;
		event->key.remote[0] = 10;
		event->key.remote[3] = n % 200;
		event->key.port = 9000 + n % 8;
		event->key.family = WHY_IPV4;
		__builtin_memcpy(event->key.comm, names[n & 3], WHY_COMM_LEN);
		event->source[0] = 10;
		event->source[3] = 1;
		event->search_ns = 400 + n;
		event->call_ns = 20000 + n;
		event->total_ns = 30000 + n;
		event->tid = 1000 + n % 64;
		event->ports_tried = 1 + n;
		event->source_port = 32768 + n;
		event->method = WHY_METHOD_DERIVED;
		event->flags = WHY_EVENT_CERTAIN | WHY_EVENT_SEARCHED;
		bpf_ringbuf_submit(event, 0);
	}
	return n;
}
