// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include "packets.h"

void exchange_segments(int listener, const struct sockaddr_storage *to, socklen_t length,
		       long count)
{
	int client = socket(to->ss_family, SOCK_STREAM, 0), server, on = 1;
	char byte = 0;

	if (client < 0 || connect(client, (const void *)to, length))
		fail("connect");
	server = accept(listener, 0, 0);
	if (server < 0)
		fail("accept");
	setsockopt(client, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
	for (long i = 0; i < count; i++) {
		if (write(client, &byte, 1) != 1 || read(server, &byte, 1) != 1)
			fail("send a segment");
	}
	close(client);
	close(server);
}

void send_datagrams(const struct sockaddr_storage *to, socklen_t length, long count)
{
	int fd = socket(to->ss_family, SOCK_DGRAM, 0);
	char byte = 0;

	if (fd < 0)
		fail("socket");
	for (long i = 0; i < count; i++) {
		/* Nobody is there, which the socket is told of now and then. */
		if (sendto(fd, &byte, 1, 0, (const void *)to, length) < 0 && errno != ECONNREFUSED)
			fail("send a datagram");
	}
	close(fd);
}
