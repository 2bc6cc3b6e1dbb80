// SPDX-License-Identifier: Apache-2.0
/*
 * A client whose packets are made by hand, so that handshakes stop half way: the
 * answers to an address that nobody has are read off the wire.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "byhand.h"

#define FIRST_PORT 1024
#define PORTS (65536 - FIRST_PORT)
#define FIRST_SEQUENCE 1000000u

static struct {
	int out, in;
	in_addr_t address;
	struct sockaddr_in to;
	bool answered[BY_HAND_MOST];
	uint32_t answers[BY_HAND_MOST]; /* sequence number of the SYN-ACK */
} ghost;

static uint16_t checksum(const void *data, int length, uint32_t sum)
{
	uint16_t word;

	/* Copied: a pointer to another type than what was stored may see what was there before. */
	for (int i = 0; i < length; i += sizeof(word)) {
		memcpy(&word, (const char *)data + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The SYN of a handshake, or the ACK that ends it. */
static void send_by_hand(int number, bool is_ack)
{
	in_addr_t from = htonl(ntohl(ghost.address) + number / PORTS);
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = {
		.ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.tot_len = htons(sizeof(packet)),
			.saddr = from,
			.daddr = ghost.to.sin_addr.s_addr },
		.tcp = { .source = htons(FIRST_PORT + number % PORTS),
			 .dest = ghost.to.sin_port,
			 .doff = 5,
			 .window = htons(65535),
			 .syn = !is_ack,
			 .ack = is_ack,
			 .seq = htonl(FIRST_SEQUENCE + is_ack),
			 .ack_seq = is_ack ? htonl(ghost.answers[number] + 1) : 0 },
	};
	uint32_t sum = htons(IPPROTO_TCP) + htons(sizeof(packet.tcp));

	for (int shift = 0; shift < 32; shift += 16)
		sum += (packet.ip.saddr >> shift & 0xffff) + (packet.ip.daddr >> shift & 0xffff);
	packet.tcp.check = checksum(&packet.tcp, sizeof(packet.tcp), sum);
	if (sendto(ghost.out, &packet, sizeof(packet), 0, (void *)&ghost.to, sizeof(ghost.to)) < 0)
		fail("send a packet made by hand");
}

/* Until there are no more of them for a while. */
static int read_answers(int most)
{
	struct pollfd ready = { .events = POLLIN };
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;
	int number, count = 0;

	ready.fd = ghost.in;
	while (count < most && poll(&ready, 1, 300) == 1) {
		if (recv(ghost.in, &packet, sizeof(packet), 0) != sizeof(packet) ||
		    packet.ip.ihl != 5 || packet.ip.daddr != ghost.address || !packet.tcp.syn ||
		    !packet.tcp.ack)
			continue;
		number = ntohs(packet.tcp.dest) - FIRST_PORT;
		if (number < 0 || number >= most || ghost.answered[number])
			continue;
		ghost.answered[number] = true;
		ghost.answers[number] = ntohl(packet.tcp.seq);
		count++;
	}
	return count;
}

static void open_ghost(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	ghost.address = from->sin_addr.s_addr;
	ghost.to = *to;
	ghost.out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (ghost.out < 0)
		fail("make packets by hand");
}

void flood_by_hand(const struct sockaddr_in *from, const struct sockaddr_in *to, int count)
{
	open_ghost(from, to);
	for (int i = 0; i < count; i++)
		send_by_hand(i, false);
}

int begin_by_hand(const struct sockaddr_in *from, const struct sockaddr_in *to, int count)
{
	int room = 8 << 20;

	open_ghost(from, to);
	ghost.in = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	if (ghost.in < 0)
		fail("make packets by hand");
	setsockopt(ghost.in, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	for (int i = 0; i < count; i++)
		send_by_hand(i, false);
	count = read_answers(count);
	/* Else the kernel goes on copying every packet for it. */
	close(ghost.in);
	return count;
}

int finish_by_hand(int count)
{
	int sent = 0;

	for (int i = 0; i < count; i++) {
		if (!ghost.answered[i])
			continue;
		send_by_hand(i, true);
		sent++;
	}
	return sent;
}
