/* SPDX-License-Identifier: Apache-2.0 */
/* What tcpwhy's own reading is compared with. */
#ifndef BENCH_CONSUMER_H
#define BENCH_CONSUMER_H

struct consumer;

/* A reader of the ring buffer of why_connect_events with this descriptor; NULL: errno says why. */
struct consumer *consumer_open(int ring);

/* Decodes the events that are there and adds to *sum what they say. Their number, or -errno. */
int consumer_consume(struct consumer *consumer, unsigned long long *sum);

/* Calls of malloc and its kin in this process so far. */
unsigned long long allocations(void);

#endif
