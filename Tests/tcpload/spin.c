// SPDX-License-Identifier: Apache-2.0
#include <time.h>
#include "spin.h"

/* Functions of their own, whatever this is built with; frame pointers tell who called whom. */
#define FRAMED __attribute__((noinline, optnone))

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

FRAMED static unsigned long spin_inner(void)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < 20000000; i++)
		sum += i * i;
	return sum;
}

FRAMED void spin_outer(double seconds)
{
	double end = now() + seconds;

	while (now() < end)
		spin_inner();
}
