// SPDX-License-Identifier: Apache-2.0
// synflood ADDRESS PORT RATE SECONDS: SYNs from random addresses of 198.18.0.0/15, which is
// reserved for such tests (RFC 2544). In a network namespace without a way out.

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
};

// What the checksum covers besides the header (RFC 9293, 3.1).
struct pseudo {
	uint32_t source, destination;
	uint8_t zero, protocol;
	uint16_t length;
	struct tcphdr tcp;
};

static uint16_t checksum(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = (sum >> 16) + (sum & 0xffff);
	return htons(~(sum + (sum >> 16)));
}

static struct packet next_syn(struct in_addr destination, uint16_t port)
{
	struct packet syn = {
		.ip = { .version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(syn)),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = htonl(0xc6120000u | (random() & 0x1ffff)),
			.daddr = destination.s_addr },
		.tcp = { .source = htons(1024 + random() % 60000),
			 .dest = htons(port),
			 .seq = random(),
			 .doff = sizeof(syn.tcp) / 4,
			 .syn = 1,
			 .window = htons(65535) },
	};
	struct pseudo covered = { .source = syn.ip.saddr,
				  .destination = syn.ip.daddr,
				  .protocol = IPPROTO_TCP,
				  .length = htons(sizeof(syn.tcp)),
				  .tcp = syn.tcp };

	syn.tcp.check = checksum(&covered, sizeof(covered));
	return syn;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_in destination = { .sin_family = AF_INET };

	if (argc != 5 || !inet_aton(argv[1], &destination.sin_addr)) {
		fprintf(stderr, "usage: synflood ADDRESS PORT RATE SECONDS\n");
		return 2;
	}
	const uint16_t port = atoi(argv[2]);
	const double rate = atof(argv[3]), seconds = atof(argv[4]), start = now();
	const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0) {
		perror("synflood: socket");
		return 1;
	}
	for (double sent = 0, passed; (passed = now() - start) < seconds;) {
		if (sent >= passed * rate) {
			usleep(500);
			continue;
		}
		const struct packet syn = next_syn(destination.sin_addr, port);

		// A full send queue loses one; the next one follows at once.
		(void)!sendto(fd, &syn, sizeof(syn), 0, (const void *)&destination,
			      sizeof(destination));
		sent++;
	}
	return 0;
}
