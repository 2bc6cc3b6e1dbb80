/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demanglers that are linked anyway: libstdc++'s and the Swift runtime's. Names
 * come from files that anybody may have made, and neither is safe from them: seen
 * were names that end Swift's with abort(), names that libstdc++'s reads again and
 * again, twice as often with each level (DTclsr3DTclsr3...), and short ones that stand
 * for a text without end. So they work in a process of their own, which may die.
 */
#ifndef TCPWHY_DEMANGLE_H
#define TCPWHY_DEMANGLE_H

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHY_LONGEST_NAME 8192
/* Names take microseconds. */
#define WHY_NAME_MILLISECONDS 50
/* Since Linux 5.9, and the same on every architecture. */
#define WHY_NR_CLOSE_RANGE 436

/* No header declares it: cxxabi.h is C++. NULL: not a mangled name; else to be freed. */
char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

/* The same (swift/Demangling/Demangle.h). */
char *swift_demangle(const char *mangled, size_t length, char *buffer, size_t *buffer_size,
		     uint32_t flags);

/* What is left of the parent: nothing but the socket. Its memory stays shared. */
static inline void why_leave_parent(int peer)
{
	static const int fatal[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGTRAP };
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM };
	struct rlimit none = { 0, 0 };
	sigset_t empty;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "tcpwhy-names");
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	/* Last words of the runtime are of no use. */
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(peer, 3);
	syscall(WHY_NR_CLOSE_RANGE, 4, ~0U, 0);
}

/*
 * A name a message, answered by its text and a 0: no text for what is no mangled name,
 * or has a longer one.
 */
static inline void why_answer_names(int peer)
{
	static char name[WHY_LONGEST_NAME + 1];
	struct itimerval limit = { .it_value = { .tv_usec = WHY_NAME_MILLISECONDS * 1000 } };
	ssize_t length;

	while ((length = recv(peer, name, WHY_LONGEST_NAME, 0)) > 0) {
		char *text;
		size_t size;

		name[length] = '\0';
		/* Time that this process computes: SIGPROF ends it. */
		setitimer(ITIMER_PROF, &limit, NULL);
		text = name[0] == '_' && name[1] == 'Z'
			       ? __cxa_demangle(name, NULL, NULL, NULL)
			       : swift_demangle(name, (size_t)length, NULL, NULL, 0);
		size = text ? strlen(text) : 0;
		if (size >= WHY_LONGEST_NAME)
			size = 0;
		if (send(peer, size ? text : "", size + 1, MSG_NOSIGNAL) < 0)
			break;
		free(text);
	}
}

/*
 * Starts the process; its number, and `socket` to talk to it (SOCK_SEQPACKET), which
 * ends it when closed. -1 and errno.
 */
static inline pid_t why_start_demangler(int *socket)
{
	/* An answer that takes longer does not come. */
	struct timeval patience = { .tv_sec = 5 };
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	pid = fork();
	if (pid == 0) {
		why_leave_parent(ends[1]);
		why_answer_names(3);
		_exit(0);
	}
	close(ends[1]);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (pid < 0)
		close(ends[0]);
	else
		*socket = ends[0];
	return pid;
}

#endif
