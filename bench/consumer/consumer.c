// SPDX-License-Identifier: Apache-2.0
/* The reader of a ring buffer as one writes it in C with libbpf. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "../../Sources/CLibbpf/shim.h"
#include "../../bpf/include/connect.h"
#include "consumer.h"

/* What Model/ConnectEvent.swift holds. */
struct event {
	unsigned long long time, search_ns, call_ns, total_ns;
	unsigned long long comm[2], local[2], remote[2], source[2]; /* their bytes */
	unsigned pid, netns, tid, ports_tried;
	unsigned short port, source_port, error;
	unsigned char family, kind, outcome, method;
	bool is_overflow, has_local, has_remote, has_source, has_search, has_call, has_tried;
	bool certain, bound, reused;
};

struct consumer {
	struct ring_buffer *ring;
	unsigned long long *sum;
};

/* The lowest bit that is set belongs to the first zero byte. */
static unsigned long long zeros(unsigned long long word)
{
	return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

/* The bits up to the lowest of zeros, all if there is none. */
static unsigned long long before_first(unsigned long long zeros)
{
	return zeros ^ (zeros - 1);
}

/* A name without what follows its zero: the end of a longer one may be left there. */
static void copy_name(unsigned long long *name, const char *bytes)
{
	unsigned long long words[2], first;

	memcpy(words, bytes, WHY_COMM_LEN);
	first = zeros(words[0]);
	name[0] = words[0] & before_first(first);
	name[1] = first == 0 ? words[1] & before_first(zeros(words[1])) : 0;
}

/* Whether it is an address at all. */
static bool copy_address(unsigned long long *address, const unsigned char *bytes)
{
	memcpy(address, bytes, WHY_ADDR_LEN);
	return (address[0] | address[1]) != 0;
}

static void decode(const struct why_connect_event *raw, struct event *event)
{
	const struct why_connect_key *key = &raw->key;

	event->time = raw->time_ns;
	event->pid = key->pid;
	event->netns = key->netns;
	event->family = key->family == WHY_IPV6 ? WHY_IPV6 : WHY_IPV4;
	event->kind = key->kind;
	event->port = key->port;
	event->is_overflow = key->family == 0;
	copy_name(event->comm, key->comm);
	event->has_local = copy_address(event->local, key->local);
	copy_address(event->remote, key->remote);
	event->has_remote = key->kind != WHY_KIND_BIND && !event->is_overflow;
	event->has_source = copy_address(event->source, raw->source);
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

/* Every field counts, so that no compiler leaves one out. */
static unsigned long long worth(const struct event *event)
{
	unsigned long long sum =
		event->time + event->total_ns + event->pid + event->netns + event->tid;

	sum += event->comm[0] + event->comm[1] + event->family + event->kind;
	sum += event->port + event->source_port;
	if (event->has_local)
		sum += event->local[0] + event->local[1];
	if (event->has_remote)
		sum += event->remote[0] + event->remote[1];
	if (event->has_source)
		sum += event->source[0] + event->source[1];
	if (event->has_search)
		sum += event->search_ns;
	if (event->has_call)
		sum += event->call_ns;
	if (event->has_tried)
		sum += event->ports_tried + event->method;
	if (event->outcome == WHY_OUTCOME_FAILED)
		sum += event->error;
	sum += event->outcome + event->is_overflow;
	return sum + event->certain + event->bound + event->reused;
}

static int receive(void *context, void *data, size_t size)
{
	struct consumer *consumer = context;
	struct event event;

	if (size < sizeof(struct why_connect_event))
		return 0;
	decode(data, &event);
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
