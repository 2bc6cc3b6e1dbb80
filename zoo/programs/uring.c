// SPDX-License-Identifier: Apache-2.0
// uring accept|connect PORT PAUSE_US: accepts at, or connects to, 127.0.0.1:PORT by io_uring alone, by raw
// system calls: neither accept() nor connect() is ever called.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int fd;
	unsigned *submit_tail, *submit_mask, *submit_array;
	unsigned *complete_head, *complete_mask;
	struct io_uring_sqe *submissions;
	struct io_uring_cqe *completions;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static struct ring make_ring(void)
{
	struct io_uring_params p = { 0 };
	struct ring ring = { .fd = syscall(SYS_io_uring_setup, 8, &p) };

	if (ring.fd < 0)
		fail("io_uring_setup");
	char *submit =
		map(ring.fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *complete = map(ring.fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
			     IORING_OFF_CQ_RING);

	ring.submissions =
		(void *)map(ring.fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.submit_tail = (void *)(submit + p.sq_off.tail);
	ring.submit_mask = (void *)(submit + p.sq_off.ring_mask);
	ring.submit_array = (void *)(submit + p.sq_off.array);
	ring.complete_head = (void *)(complete + p.cq_off.head);
	ring.complete_mask = (void *)(complete + p.cq_off.ring_mask);
	ring.completions = (void *)(complete + p.cq_off.cqes);
	return ring;
}

// One operation, to its end: what the system call of its name would return, or -errno.
static int operate(struct ring *ring, int operation, int fd, const void *address, size_t size)
{
	const unsigned tail = *ring->submit_tail, index = tail & *ring->submit_mask;

	ring->submissions[index] = (struct io_uring_sqe){
		.opcode = operation, .fd = fd, .addr = (unsigned long)address, .off = size
	};
	ring->submit_array[index] = index;
	__atomic_store_n(ring->submit_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		fail("io_uring_enter");
	const unsigned head = *ring->complete_head;
	const int result = ring->completions[head & *ring->complete_mask].res;

	__atomic_store_n(ring->complete_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static void accept_all(struct ring *ring, const struct sockaddr_in *address, int pause)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (const void *)address, sizeof(*address)) < 0 || listen(listener, 16) < 0)
		fail("listen");
	for (;;) {
		const int accepted = operate(ring, IORING_OP_ACCEPT, listener, NULL, 0);

		usleep(pause);
		if (accepted >= 0)
			close(accepted);
	}
}

static void connect_always(struct ring *ring, const struct sockaddr_in *address, int pause)
{
	for (;;) {
		const int fd = socket(AF_INET, SOCK_STREAM, 0);

		operate(ring, IORING_OP_CONNECT, fd, address, sizeof(*address));
		usleep(pause);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(atoi(argv[2])),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct ring ring = make_ring();

	(strcmp(argv[1], "accept") ? connect_always : accept_all)(&ring, &address, atoi(argv[3]));
}
