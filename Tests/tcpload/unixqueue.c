// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "unixqueue.h"

_Noreturn void fail(const char *what);

static const char name[] = "\0tcpload";

void fill_unix_queue(long count, int backlog, atomic_long *results)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t length = offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(to.sun_path, name, sizeof(name) - 1);
	if (bind(listener, (void *)&to, length) || listen(listener, backlog))
		fail("listen at a Unix socket");
	for (long i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		int error = connect(fd, (void *)&to, length) ? errno : 0;

		atomic_fetch_add(&results[error], 1);
		if (error)
			close(fd); /* who waits in the queue stays */
	}
}
