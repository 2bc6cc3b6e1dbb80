// SPDX-License-Identifier: Apache-2.0
/*
 * A known load: makes exactly the connects it is told to and says how each
 * ended, so that what tcpwhy reports can be compared with it, number by number.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
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
#include "packets.h"
#include "slow.h"
#include "spin.h"
#include "unixqueue.h"

#define MAX_ERRNO 136
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static const char usage[] =
	"Usage: tcpload [OPTION]... ADDRESS PORT\n"
	"Connects to ADDRESS PORT and prints one line of JSON: what it did, how each ended.\n"
	"  -t N   threads (1)\n"
	"  -n N   connects in all, over every thread (1)\n"
	"  -d S   instead: as many as fit in S seconds\n"
	"  -l     listen there too, in a thread: accept and close at once\n"
	"  -L     listen there too, and accept nothing\n"
	"  -B N   with -l, -L or -a: the backlog (65535)\n"
	"  -R N   with -l or -L: N sockets that share the port (SO_REUSEPORT); only the last accepts\n"
	"  -D S   with -l or -L: TCP_DEFER_ACCEPT\n"
	"  -m MS  with -l: sleep so long after each accept\n"
	"  -A MS  with -l: sleep so long before each accept, -n in all, and say how long\n"
	"         each connection had waited since its connect returned\n"
	"  -N N   no more than N descriptors: whoever finds none left tries again\n"
	"  -a     listen there too, and accept each connect in the thread that made it\n"
	"  -k     keep every socket until the end (then close with RST)\n"
	"  -w     close in order, which leaves TIME_WAIT; else with RST\n"
	"  -u     non-blocking: connect, then poll until the answer\n"
	"  -q     non-blocking: connect, then close without waiting\n"
	"  -b A   bind to address A, port 0, first\n"
	"  -o     with -b: IP_BIND_ADDRESS_NO_PORT\n"
	"  -p P   bind to port P first (and P+1, … for the next connects)\n"
	"  -r L,H IP_LOCAL_PORT_RANGE\n"
	"  -z     only bind to port 0, no connect\n"
	"  -y A   only SYNs, from ports 1024, … of A, which nobody has: each that is\n"
	"         answered \"succeeded\"\n"
	"  -Y A   the same, answered or not: a flood, every 64,512 from the next address\n"
	"  -e     send -n segments over one connection, with -L\n"
	"  -g     send -n UDP datagrams\n"
	"  -v     each connect to the next address (IPv4)\n"
	"  -P     each connect to the next port (IPv4)\n"
	"  -C     instead: -n listeners that come and go, at ports from PORT on, each of\n"
	"         which accepts a connect\n"
	"  -O     the same, but each loses one\n"
	"  -U     instead: to a Unix socket (@tcpload) whose queue of -B nobody empties, not waiting\n"
	"  -j     send a byte after each connect\n"
	"  -f     with -y: at a line on standard input acknowledge the answers, and say\n"
	"         how many, and how long that took\n"
	"  -F N   with -f: N times over, which makes a difference where no place is free\n"
	"  -M     MPTCP sockets\n"
	"  -c     stay on one CPU: what is sent over loopback arrives in order\n"
	"  -x S   no connect: compute for S seconds, in spin_inner(), which spin_outer() calls\n"
	"  -i S   stay idle S seconds, sockets kept, before the end\n"
	"  -s     wait for a line on standard input before the first connect\n";

static struct options {
	int threads, hold_seconds, first_port, backlog, sharing, defer, nap_ms, slow_ms, protocol,
		rounds, descriptors;
	long count;
	double seconds;
	bool listen, deaf, in_turn, keep, orderly, nonblocking, quit, no_port, only_bind, wait,
		finish;
	bool floods, segments, datagrams, next_address, next_port, churn, lose, fills_unix, greets;
	const char *bind_address, *range, *ghost;
	struct sockaddr_storage to;
	socklen_t length;
} options = { .threads = 1, .count = 1, .backlog = 65535, .rounds = 1 };

static int listener = -1;
static atomic_long next_connect, results[MAX_ERRNO], done;

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "tcpload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static socklen_t address(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	fprintf(stderr, "tcpload: not an address: %s\n", text);
	exit(2);
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
	pthread_t acceptor, threads[256];
	int option;
	bool first = true;
	double begin;

	while ((option = getopt(argc, argv,
				"t:n:d:lLB:R:D:m:A:N:akwuqb:op:r:zy:Y:egvPCOUjfF:Mcx:i:s")) != -1) {
		switch (option) {
		case 't': options.threads = atoi(optarg); break;
		case 'n': options.count = atol(optarg); break;
		case 'd': options.seconds = atof(optarg); break;
		case 'l': options.listen = true; break;
		case 'L': options.listen = options.deaf = true; break;
		case 'B': options.backlog = atoi(optarg); break;
		case 'R': options.sharing = atoi(optarg); break;
		case 'D': options.defer = atoi(optarg); break;
		case 'm': options.nap_ms = atoi(optarg); break;
		case 'A': options.slow_ms = atoi(optarg); break;
		case 'N': options.descriptors = atoi(optarg); break;
		case 'a': options.listen = options.deaf = options.in_turn = true; break;
		case 'k': options.keep = true; break;
		case 'w': options.orderly = true; break;
		case 'u': options.nonblocking = true; break;
		case 'q': options.quit = true; break;
		case 'b': options.bind_address = optarg; break;
		case 'o': options.no_port = true; break;
		case 'p': options.first_port = atoi(optarg); break;
		case 'r': options.range = optarg; break;
		case 'z': options.only_bind = true; break;
		case 'y': options.ghost = optarg; break;
		case 'Y':
			options.ghost = optarg;
			options.floods = true;
			break;
		case 'e': options.segments = true; break;
		case 'g': options.datagrams = true; break;
		case 'v': options.next_address = true; break;
		case 'P': options.next_port = true; break;
		case 'C': options.churn = true; break;
		case 'O': options.churn = options.lose = true; break;
		case 'j': options.greets = true; break;
		case 'U': options.fills_unix = true; break;
		case 'f': options.finish = true; break;
		case 'F': options.rounds = atoi(optarg); break;
		case 'M': options.protocol = IPPROTO_MPTCP; break;
		case 'c': stay_on_this_cpu(); break;
		case 'x': spin_outer(atof(optarg)); return 0;
		case 'i': options.hold_seconds = atoi(optarg); break;
		case 's': options.wait = true; break;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (argc - optind != 2 || options.threads < 1 || options.threads > 256) {
		fputs(usage, stderr);
		return 2;
	}
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
	options.length = address(argv[optind], atoi(argv[optind + 1]), &options.to);
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
