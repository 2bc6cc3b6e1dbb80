// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
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
	"  -W MS  sleep so long before each connect\n"
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

struct options options = { .threads = 1, .count = 1, .backlog = 65535, .rounds = 1 };

_Noreturn static void refuse(void)
{
	fputs(usage, stderr);
	exit(2);
}

socklen_t address(const char *text, int port, struct sockaddr_storage *out)
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

void read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv,
				"t:n:d:lLB:R:D:m:A:W:N:akwuqb:op:r:zy:Y:egvPCOUjfF:Mcx:i:s")) !=
	       -1) {
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
		case 'W': options.pause_ms = atoi(optarg); break;
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
		case 'c': options.one_cpu = true; break;
		case 'x': options.spin_seconds = atof(optarg); break;
		case 'i': options.hold_seconds = atoi(optarg); break;
		case 's': options.wait = true; break;
		default: refuse();
		}
	}
	if (argc - optind != 2 || options.threads < 1 || options.threads > MAX_THREADS)
		refuse();
	options.length = address(argv[optind], atoi(argv[optind + 1]), &options.to);
}
