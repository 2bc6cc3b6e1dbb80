/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Without /proc, as in a chroot or a bare container, Swift's runtime aborts before main: it looks
 * there for its own path, and later for the arguments. It is told both here, before it asks, so that
 * what needs no machine (explain, fold, flame, diff) works anywhere.
 */
#include <stdlib.h>
#include <unistd.h>

#include "include/start.h"

/* The runtime's own, which its library exports. */
void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc);

static void before_the_runtime(int argc, char **argv, char **environment)
{
	(void)environment;
	if (access("/proc/self/exe", F_OK) == 0 && access("/proc/self/cmdline", R_OK) == 0)
		return;
	/* Where a program that shows crashes would be; there is none. */
	setenv("SWIFT_ROOT", "/", 0);
	_swift_stdlib_overrideUnsafeArgvArgc(argv, argc);
}

/* Constructors come too late: the runtime has one. */
#define BEFORE_CONSTRUCTORS __attribute__((section(".preinit_array"), used))

BEFORE_CONSTRUCTORS static void (*const start)(int, char **, char **) = before_the_runtime;
