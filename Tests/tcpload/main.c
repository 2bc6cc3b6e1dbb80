// SPDX-License-Identifier: Apache-2.0
/*
 * A known load: makes exactly the connects it is told to and says how each
 * ended, so that what tcpwhy reports can be compared with it, number by number.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "byhand.h"
#include "churn.h"
#include "options.h"
#include "packets.h"
#include "slow.h"
#include "spin.h"
#include "unixqueue.h"

#define MAX_ERRNO 136
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int listener = -1;
static atomic_long next_connect, results[MAX_ERRNO], done;

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "tcpload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *accept_and_close(void *argument)
{
	char rest[64];
	int fd;

	(void)argument;
	if (options.slow_ms) {
		accept_slowly(listener, options.slow_ms, options.count);
		return 0;
	}
	while ((fd = accept(listener, 0, 0)) >= 0 || errno == ECONNABORTED || errno == EINTR ||
	       errno == EMFILE) {
		if (fd < 0 && errno == EMFILE)
			usleep(50000);
		if (options.nap_ms)
			usleep(options.nap_ms * 1000);
		if (fd < 0)
			continue;
		if (options.keep) /* the client's end stays established */
			continue;
		while (options.orderly && read(fd, rest, sizeof(rest)) > 0)
			; /* the client closes first, and has the TIME_WAIT */
		close(fd);
	}
	return 0;
}

static int prepare(long number)
{
	int on = 1,
	    fd = socket(options.to.ss_family,
			SOCK_STREAM | (options.nonblocking || options.quit ? SOCK_NONBLOCK : 0),
			options.protocol);
	struct linger reset = { 1, 0 };
	struct sockaddr_storage from;
	socklen_t length;

	if (fd < 0)
		fail("socket");
	if (!options.orderly)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (options.no_port)
		setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (options.range) {
		unsigned low, high, both;

		if (sscanf(options.range, "%u,%u", &low, &high) != 2)
			fail("-r");
		both = high << 16 | low;
		if (setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, &both, sizeof(both)))
			fail("IP_LOCAL_PORT_RANGE");
	}
	if (options.bind_address || options.first_port || options.only_bind) {
		const char *any = options.to.ss_family == AF_INET ? "0.0.0.0" : "::";

		length = address(options.bind_address ? options.bind_address : any,
				 options.first_port ? options.first_port + number : 0, &from);
		if (options.first_port)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (void *)&from, length)) {
			atomic_fetch_add(&results[errno], 1);
			close(fd);
			return -1;
		}
	}
	return fd;
}

static int connect_once(int fd, long number)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	struct sockaddr_storage to = options.to;
	struct sockaddr_in *v4 = (void *)&to;
	socklen_t length = sizeof(int);
	int error = 0;

	if (options.next_address)
		v4->sin_addr.s_addr = htonl(ntohl(v4->sin_addr.s_addr) + number);
	if (options.next_port)
		v4->sin_port = htons(ntohs(v4->sin_port) + number);
	if (!connect(fd, (void *)&to, options.length))
		return 0;
	if (errno != EINPROGRESS || options.quit)
		return errno == EINPROGRESS ? 0 : errno;
	if (poll(&ready, 1, 30000) != 1)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void open_listener(void)
{
	int on = 1;

	listener = socket(options.to.ss_family, SOCK_STREAM, options.protocol);
	if (listener < 0)
		fail("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (options.sharing)
		setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (options.defer)
		setsockopt(listener, SOL_TCP, TCP_DEFER_ACCEPT, &options.defer, sizeof(int));
	if (bind(listener, (void *)&options.to, options.length) ||
	    listen(listener, options.backlog))
		fail("listen");
}

static void by_hand(void)
{
	struct sockaddr_storage from;

	address(options.ghost, 0, &from);
	if ((options.count > BY_HAND_MOST && !options.floods) || from.ss_family != AF_INET ||
	    options.to.ss_family != AF_INET) {
		fprintf(stderr, "tcpload: -y takes IPv4, and at most %d connects\n", BY_HAND_MOST);
		exit(2);
	}
	done = options.count;
	if (options.floods)
		flood_by_hand((void *)&from, (void *)&options.to, options.count);
	else
		results[0] = begin_by_hand((void *)&from, (void *)&options.to, options.count);
}

static void finish(void)
{
	double begin;
	int sent = 0;

	getchar();
	begin = now();
	for (int i = 0; i < options.rounds; i++)
		sent += finish_by_hand(options.count);
	printf("{\"acknowledged\":%d,\"elapsed_ns\":%.0f}\n", sent, (now() - begin) * 1e9);
	fflush(stdout);
}

static void stay_on_this_cpu(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		fail("stay on one CPU");
}

static void *work(void *argument)
{
	double end = now() + options.seconds;
	long number;
	char name[16];

	snprintf(name, sizeof(name), "worker%ld", (long)argument);
	prctl(PR_SET_NAME, name); /* tcpwhy must name the process, not this */
	for (;;) {
		number = atomic_fetch_add(&next_connect, 1);
		if (options.seconds ? now() >= end : number >= options.count)
			break;
		if (options.pause_ms)
			usleep(options.pause_ms * 1000);
		int fd = prepare(number), error;

		if (fd < 0) {
			atomic_fetch_add(&done, 1);
			continue;
		}
		error = options.only_bind ? 0 : connect_once(fd, number);
		if (options.greets && !error && send(fd, "x", 1, 0) != 1)
			fail("send");
		if (options.slow_ms && !error)
			note_connected(fd);
		if (options.in_turn && !error)
			close(accept(listener, 0, 0));
		atomic_fetch_add(&results[error], 1);
		atomic_fetch_add(&done, 1);
		if (!options.keep)
			close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 20, 1 << 20 };
	pthread_t acceptor, threads[MAX_THREADS];
	bool first = true;
	double begin;

	read_options(argc, argv);
	if (options.spin_seconds) {
		spin_outer(options.spin_seconds);
		return 0;
	}
	if (options.one_cpu)
		stay_on_this_cpu();
	if (setrlimit(RLIMIT_NOFILE, &files) && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (options.descriptors) {
		files.rlim_cur = options.descriptors;
		if (setrlimit(RLIMIT_NOFILE, &files))
			fail("setrlimit");
	}
	signal(SIGPIPE, SIG_IGN);
	if (options.listen) {
		for (int i = 0; i < options.sharing || !i; i++)
			open_listener();
		if (!options.deaf)
			pthread_create(&acceptor, 0, accept_and_close, 0);
	}
	if (options.wait)
		getchar();
	begin = now();
	if (options.ghost) {
		by_hand();
	} else if (options.segments) {
		exchange_segments(listener, &options.to, options.length, options.count);
	} else if (options.churn) {
		done = results[0] =
			churn_listeners((void *)&options.to, options.count, options.lose);
	} else if (options.fills_unix) {
		fill_unix_queue(options.count, options.backlog, results);
		done = options.count;
	} else if (options.datagrams) {
		send_datagrams(&options.to, options.length, options.count);
	} else {
		for (long i = 0; i < options.threads; i++)
			pthread_create(&threads[i], 0, work, (void *)i);
		for (int i = 0; i < options.threads; i++)
			pthread_join(threads[i], 0);
	}

	printf("{\"pid\":%d,\"connects\":%ld,\"succeeded\":%ld,\"failed\":{", getpid(),
	       atomic_load(&done), atomic_load(&results[0]));
	for (int i = 1; i < MAX_ERRNO; i++) {
		if (!results[i])
			continue;
		printf("%s\"%s\":%ld", first ? "" : ",", strerrorname_np(i), results[i]);
		first = false;
	}
	printf("},\"elapsed_ns\":%.0f", (now() - begin) * 1e9);
	if (options.slow_ms) {
		pthread_join(acceptor, 0);
		print_waits();
	}
	printf("}\n");
	fflush(stdout);
	if (options.ghost && options.finish)
		finish();
	if (options.hold_seconds)
		sleep(options.hold_seconds);
	return 0;
}
