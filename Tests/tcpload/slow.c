// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "slow.h"

#define MOST 65536

static double connected[MOST]; /* when connect returned, by the client's port */
static double accepted[MOST];
static int ports[MOST]; /* of what was accepted, in turn */
static long accepts;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int port_of(const struct sockaddr_storage *end)
{
	/* At the same place in both families. */
	return ntohs(((const struct sockaddr_in *)end)->sin_port);
}

void note_connected(int fd)
{
	double returned = now();
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);

	if (!getsockname(fd, (void *)&own, &length))
		connected[port_of(&own)] = returned;
}

void accept_slowly(int listener, int milliseconds, long count)
{
	struct sockaddr_storage peer;
	socklen_t length;
	int fd;

	for (accepts = 0; accepts < count && accepts < MOST; accepts++) {
		usleep(milliseconds * 1000);
		length = sizeof(peer);
		fd = accept(listener, (void *)&peer, &length);
		if (fd < 0)
			return;
		ports[accepts] = port_of(&peer);
		accepted[ports[accepts]] = now();
		close(fd);
	}
}

static int by_value(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* Quantiles of nearest rank, as tcpwhy's. */
void print_waits(void)
{
	static double waits[MOST];

	for (long i = 0; i < accepts; i++)
		waits[i] = accepted[ports[i]] - connected[ports[i]];
	qsort(waits, accepts, sizeof(double), by_value);
	printf(",\"accepts\":%ld,\"wait_p50_ns\":%.0f,\"wait_max_ns\":%.0f", accepts,
	       accepts ? waits[(accepts + 1) / 2 - 1] * 1e9 : 0,
	       accepts ? waits[accepts - 1] * 1e9 : 0);
}
