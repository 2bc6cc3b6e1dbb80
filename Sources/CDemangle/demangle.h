/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demanglers that are linked anyway, libstdc++'s and the Swift runtime's, and
 * libiberty's for Rust. Names come from files that anybody may have made, and none is
 * safe from them: seen were names that end Swift's with abort(), names that libstdc++'s
 * reads again and again, twice as often with each level (DTclsr3DTclsr3...), and short
 * ones that stand for a text without end. So they work in a process of their own, which
 * may die.
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

/*
 * The same (libiberty/demangle.h, which has more than Swift can import). Its text comes
 * in parts; 0: not a mangled name. No option: without hashes.
 */
int rust_demangle_callback(const char *mangled, int options,
			   void (*part)(const char *text, size_t length, void *context),
			   void *context);

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

struct why_text {
	char bytes[WHY_LONGEST_NAME];
	/* Of the whole text, if it does not fit, too. */
	size_t length;
};

static inline void why_append(const char *part, size_t length, void *context)
{
	struct why_text *text = context;

	if (text->length < sizeof(text->bytes) && length < sizeof(text->bytes) - text->length)
		memcpy(text->bytes + text->length, part, length);
	text->length += length;
}

/* What a compiler put behind a name of Rust's (".cold"), which libiberty leaves out. */
static inline const char *why_rust_suffix(const char *name)
{
	const char *suffix = NULL;

	if (name[1] == 'R') {
		suffix = strchr(name, '.');
	} else {
		/* The older mangling is C++'s, with points in it. */
		for (const char *end = name; (end = strstr(end, "E.")); end++)
			suffix = end + 1;
	}
	/* The number of one that was made visible to other files. */
	if (suffix && strncmp(suffix, ".llvm.", 6) == 0)
		suffix = strchr(suffix + 6, '.');
	return suffix;
}

/* Both manglings: today's, and the older one that is C++'s, the last part a hash. */
static inline int why_rust_text(const char *name, struct why_text *text)
{
	const char *suffix;

	if (!rust_demangle_callback(name, 0, why_append, text)) {
		text->length = 0;
		return 0;
	}
	suffix = why_rust_suffix(name);
	if (suffix) {
		/* As C++'s says it. */
		why_append(" [clone ", 8, text);
		why_append(suffix, strlen(suffix), text);
		why_append("]", 1, text);
	}
	return 1;
}

static inline void why_demangle(const char *name, size_t length, struct why_text *text)
{
	int is_rust = strncmp(name, "_R", 2) == 0;
	int is_cpp = strncmp(name, "_Z", 2) == 0;
	char *other;

	text->length = 0;
	if ((is_rust || is_cpp) && (why_rust_text(name, text) || is_rust))
		return;
	other = is_cpp ? __cxa_demangle(name, NULL, NULL, NULL)
		       : swift_demangle(name, length, NULL, NULL, 0);
	if (other)
		why_append(other, strlen(other), text);
	free(other);
}

/*
 * A name a message, answered by its text and a 0: no text for what is no mangled name,
 * or has a longer one.
 */
static inline void why_answer_names(int peer)
{
	static char name[WHY_LONGEST_NAME + 1];
	static struct why_text text;
	struct itimerval limit = { .it_value = { .tv_usec = WHY_NAME_MILLISECONDS * 1000 } };
	ssize_t length;

	while ((length = recv(peer, name, WHY_LONGEST_NAME, 0)) > 0) {
		name[length] = '\0';
		/* Time that this process computes: SIGPROF ends it. */
		setitimer(ITIMER_PROF, &limit, NULL);
		why_demangle(name, (size_t)length, &text);
		if (text.length >= sizeof(text.bytes))
			text.length = 0;
		text.bytes[text.length] = '\0';
		if (send(peer, text.bytes, text.length + 1, MSG_NOSIGNAL) < 0)
			break;
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
