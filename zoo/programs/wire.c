// SPDX-License-Identifier: Apache-2.0
// wire [OPTION=VALUE]... NETNS_A NETNS_B: a link between two network namespaces, made of a TUN device
// named far0 in each. It delays, loses, or swallows what is too large; not every kernel has netem.

#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE = 8192, LARGEST = 2048 };

struct packet {
	double due; // ms
	int size;
	char data[LARGEST];
};

// One direction: from an end to the other.
struct direction {
	int from, to;
	int loss_permille, largest;
	unsigned head, tail;
	struct packet *queue;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int make_end(const char *netns)
{
	struct ifreq request = { .ifr_name = "far0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	const int space = open(netns, O_RDONLY);

	if (space < 0 || setns(space, CLONE_NEWNET) < 0)
		fail(netns);
	close(space);
	const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0)
		fail("/dev/net/tun");
	return tun;
}

static void take(struct direction *way, double delay)
{
	for (int i = 0; i < 64; i++) {
		struct packet *packet = &way->queue[way->tail % QUEUE];
		const int size = read(way->from, packet->data, LARGEST);

		if (size <= 0)
			return;
		if (random() % 1000 < way->loss_permille || (way->largest && size > way->largest) ||
		    way->tail - way->head == QUEUE - 1)
			continue;
		packet->size = size;
		packet->due = now() + delay;
		way->tail++;
	}
}

// Sends what is due; ms until the next one is.
static double give(struct direction *way)
{
	for (; way->head != way->tail; way->head++) {
		const struct packet *packet = &way->queue[way->head % QUEUE];
		const double left = packet->due - now();

		if (left > 0)
			return left;
		// A device that is down loses it, as a wire without an end would.
		(void)!write(way->to, packet->data, packet->size);
	}
	return 100;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "delay", required_argument, NULL, 'd' }, // ms each way
		{ "loss-to-a", required_argument, NULL, 'a' }, // permille
		{ "loss-to-b", required_argument, NULL, 'b' },
		{ "largest-to-a", required_argument, NULL, 'l' }, // bytes; 0: any
		{ NULL, 0, NULL, 0 },
	};
	struct direction ways[2] = { 0 }; // to A, to B
	double delay = 0;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'd': delay = atof(optarg); break;
		case 'a': ways[0].loss_permille = atoi(optarg); break;
		case 'b': ways[1].loss_permille = atoi(optarg); break;
		case 'l': ways[0].largest = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 2)
		return 2;
	ways[0].to = ways[1].from = make_end(argv[optind]);
	ways[1].to = ways[0].from = make_end(argv[optind + 1]);
	for (int i = 0; i < 2; i++)
		if (!(ways[i].queue = calloc(QUEUE, sizeof(*ways[i].queue))))
			fail("calloc");
	srandom(7); // the same losses in each run
	for (;;) {
		const double a = give(&ways[0]), b = give(&ways[1]), wait = a < b ? a : b;
		struct pollfd ends[2] = { { .fd = ways[0].from, .events = POLLIN },
					  { .fd = ways[1].from, .events = POLLIN } };
		const struct timespec most = { .tv_nsec = wait < 100 ? wait * 1e6 : 99999999 };

		ppoll(ends, 2, &most, NULL);
		for (int i = 0; i < 2; i++)
			if (ends[i].revents & POLLIN)
				take(&ways[i], delay);
	}
}
