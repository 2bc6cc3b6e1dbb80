// SPDX-License-Identifier: Apache-2.0
/* What tcpload is told to do. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

#define MAX_THREADS 256

extern struct options {
	int threads, hold_seconds, first_port, backlog, sharing, defer, nap_ms, slow_ms, pause_ms,
		protocol, rounds, descriptors;
	long count;
	double seconds, spin_seconds;
	bool one_cpu, listen, deaf, in_turn, keep, orderly, nonblocking, quit, no_port, only_bind,
		wait, finish;
	bool floods, segments, datagrams, next_address, next_port, churn, lose, fills_unix, greets;
	const char *bind_address, *range, *ghost;
	struct sockaddr_storage to;
	socklen_t length;
} options;

/* Of text and a port; ends the program with 2 where it is none. */
socklen_t address(const char *text, int port, struct sockaddr_storage *out);

/* From the command line; ends the program with 2 where that makes no sense. */
void read_options(int argc, char **argv);

#endif
