// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#include "churn.h"

#define PORTS 20000 /* before one comes again */

_Noreturn void fail(const char *what);

static int connect_from_new_socket(const struct sockaddr_in *to)
{
	struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (connect(fd, (const void *)to, sizeof(*to)) && errno != EINPROGRESS)
		fail("connect");
	return fd;
}

long churn_listeners(const struct sockaddr_in *to, long count, bool lose)
{
	struct sockaddr_in here = *to;
	int on = 1, listener, first, second;
	long done = 0;

	for (long number = 0; number < count; number++) {
		here.sin_port = htons(ntohs(to->sin_port) + number % PORTS);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (listener < 0)
			fail("socket");
		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(listener, (void *)&here, sizeof(here)) || listen(listener, lose ? 0 : 8))
			fail("listen");
		first = connect_from_new_socket(&here);
		if (lose) {
			second = connect_from_new_socket(&here); /* one more than fits */
			close(second);
		} else {
			close(accept(listener, 0, 0));
		}
		close(first);
		close(listener);
		done++;
	}
	return done;
}
