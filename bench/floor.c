// SPDX-License-Identifier: Apache-2.0
/* Attaches every program of an object, says so, and waits for a signal. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../Sources/CLibbpf/shim.h"

static void stop(int number)
{
	(void)number;
}

int main(int argc, char **argv)
{
	struct sigaction end = { .sa_handler = stop };
	struct bpf_program *program;
	struct bpf_object *object;

	if (argc != 2) {
		fputs("Usage: floor OBJECT\n", stderr);
		return 2;
	}
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	sigaction(SIGTERM, &end, 0);
	sigaction(SIGINT, &end, 0);
	object = bpf_object__open(argv[1]);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "floor: load %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__attach(program)) {
			fprintf(stderr, "floor: attach %s: %s\n", bpf_program__name(program),
				strerror(errno));
			return 1;
		}
	}
	fputs("floor: tracing\n", stderr);
	pause();
	return 0;
}
