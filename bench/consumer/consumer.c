// SPDX-License-Identifier: Apache-2.0
/* The reader of a ring buffer as one writes it in C with libbpf. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "../../Sources/CLibbpf/shim.h"
#include "../../bpf/include/tcpwhy.h"
#include "consumer.h"

/* What Model/ConnectEvent.swift holds. */
struct event {
	unsigned long long time, search_ns, call_ns, total_ns;
	unsigned pid, netns, tid, ports_tried;
	char comm[WHY_COMM_LEN + 1];
	unsigned char local[WHY_ADDR_LEN], remote[WHY_ADDR_LEN], source[WHY_ADDR_LEN];
	unsigned short port, source_port, error;
	unsigned char family, kind, outcome, method;
	bool has_local, has_remote, has_source, has_search, has_call, has_tried;
	bool certain, bound, reused;
};

struct consumer {
	struct ring_buffer *ring;
	unsigned long long *sum;
};

static bool is_set(const unsigned char *address)
{
	static const unsigned char zeros[WHY_ADDR_LEN];

	return memcmp(address, zeros, WHY_ADDR_LEN) != 0;
}

static void decode(const struct why_connect_event *raw, struct event *event)
{
	const struct why_connect_key *key = &raw->key;
	bool overflow = key->family == 0;

	event->time = raw->time_ns;
	event->pid = key->pid;
	event->netns = key->netns;
	event->family = key->family;
	event->kind = key->kind;
	event->port = key->port;
	event->has_local = is_set(key->local);
	memcpy(event->local, key->local, WHY_ADDR_LEN);
	event->has_remote = key->kind != WHY_KIND_BIND && !overflow;
	memcpy(event->remote, key->remote, WHY_ADDR_LEN);
	memcpy(event->comm, key->comm, WHY_COMM_LEN);
	event->comm[WHY_COMM_LEN] = 0;
	event->has_source = is_set(raw->source);
	memcpy(event->source, raw->source, WHY_ADDR_LEN);
	event->source_port = raw->source_port;
	event->tid = raw->tid;
	event->outcome = raw->outcome;
	event->error = raw->error;
	event->has_search = raw->flags & WHY_EVENT_SEARCHED;
	event->search_ns = raw->search_ns;
	event->has_call = raw->call_ns != 0;
	event->call_ns = raw->call_ns;
	event->total_ns = raw->total_ns;
	event->has_tried = raw->method != WHY_METHOD_NONE;
	event->method = raw->method;
	event->ports_tried = raw->ports_tried;
	event->certain = raw->flags & WHY_EVENT_CERTAIN;
	event->bound = raw->flags & WHY_EVENT_BOUND;
	event->reused = raw->flags & WHY_EVENT_REUSED;
}

/* Not part of the callback, so that all of the event is made. */
__attribute__((noinline)) static unsigned long long worth(const struct event *event)
{
	return event->total_ns + event->source_port + (unsigned char)event->comm[0];
}

static int receive(void *context, void *data, size_t size)
{
	struct consumer *consumer = context;
	struct event event;

	if (size < sizeof(struct why_connect_event))
		return 0;
	decode(data, &event);
	__asm__ volatile("" : : "r"(&event) : "memory");
	*consumer->sum += worth(&event);
	return 0;
}

struct consumer *consumer_open(int ring)
{
	struct consumer *consumer = calloc(1, sizeof(*consumer));

	if (!consumer)
		return NULL;
	consumer->ring = ring_buffer__new(ring, receive, consumer, NULL);
	if (consumer->ring)
		return consumer;
	free(consumer);
	return NULL;
}

int consumer_consume(struct consumer *consumer, unsigned long long *sum)
{
	consumer->sum = sum;
	return ring_buffer__consume(consumer->ring);
}
