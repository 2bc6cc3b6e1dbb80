// SPDX-License-Identifier: Apache-2.0
/*
 * Connects to each of so many destinations, 127.x.y.z, once; then some of the same again, which
 * is measured: "keys KEYS COUNT" prints nanoseconds per connect. Nobody listens: refused at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void attempt(unsigned number)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x7f010000 + number),
	};
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	if (sock < 0 || !connect(sock, (struct sockaddr *)&to, sizeof(to)) ||
	    errno != ECONNREFUSED) {
		perror("keys");
		exit(1);
	}
	close(sock);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned keys, count, number;
	double start;

	if (argc != 3)
		return 2;
	keys = atoi(argv[1]);
	count = atoi(argv[2]);
	for (number = 0; number < keys; number++)
		attempt(number);
	start = now();
	for (number = 0; number < count; number++)
		attempt((unsigned long)number * keys / count);
	printf("%.0f\n", (now() - start) / count);
	return 0;
}
