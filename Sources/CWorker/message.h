/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between the tracer and the process that reads symbols, with open files in them. */
#ifndef TCPWHY_MESSAGE_H
#define TCPWHY_MESSAGE_H

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Files that one message carries at most. */
#define WHY_MOST_FILES 2

/* Both ends of a connection that keeps messages apart; -1 and errno. */
static inline int why_message_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static inline int why_is_message_socket(int fd)
{
	int kind = 0;
	socklen_t size = sizeof(kind);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 && kind == SOCK_SEQPACKET;
}

/* A message and open files, all or nothing; does not wait. -1 and errno. */
static inline ssize_t why_send_message(int fd, const void *bytes, size_t size, const int *files,
				       size_t count)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * WHY_MOST_FILES)];
		struct cmsghdr align;
	} control;
	struct iovec part = { (void *)bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > WHY_MOST_FILES) {
		errno = EINVAL;
		return -1;
	}
	if (count > 0) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(header), files, sizeof(int) * count);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/*
 * The next message: its length; 0: the other side is gone; -1 and errno, EMSGSIZE for one that
 * does not fit. The files that came with it belong to the caller, on failure, too.
 */
static inline ssize_t why_receive_message(int fd, void *bytes, size_t size, int *files,
					  size_t *count, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * WHY_MOST_FILES)];
		struct cmsghdr align;
	} control;
	struct iovec part = { bytes, size };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control) };
	ssize_t got;

	*count = 0;
	do {
		got = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header)) {
		size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(files, CMSG_DATA(header), sizeof(int) * here);
		*count = here;
	}
	if (message.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return -1;
	}
	return got;
}

#endif
