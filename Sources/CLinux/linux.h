/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Swift's Glibc module leaves out: headers it does not name, and calls that
 * are variadic or GNU extensions. System calls go by number, so that the
 * executable asks for no newer C library than the rest of it does.
 */
#ifndef TCPWHY_LINUX_H
#define TCPWHY_LINUX_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/stat.h>
#include <linux/unix_diag.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <ucontext.h>
#include <unistd.h>

/* Defined by fcntl.h for _GNU_SOURCE only; the same on every architecture. */
#ifndef O_PATH
#define O_PATH 010000000
#endif

#define WHY_CLONE_NEWNET 0x40000000
#define WHY_FSOPEN_CLOEXEC 1
#define WHY_FSCONFIG_CMD_CREATE 6
#define WHY_FSMOUNT_CLOEXEC 1

/* Since Linux 5.2, and the same on every architecture. */
#define WHY_NR_FSOPEN 430
#define WHY_NR_FSCONFIG 431
#define WHY_NR_FSMOUNT 432
/* Since Linux 5.6. */
#define WHY_NR_OPENAT2 437
/* RESOLVE_CACHED, which older headers lack. */
#define WHY_CACHED 0x20

static inline int why_setns(int fd, int kind)
{
	return (int)syscall(SYS_setns, fd, kind);
}

/*
 * Takes from the calling thread every capability that is not one of these bits, for good: out of
 * the effective, the permitted and the inheritable set, and so out of the ambient one.
 */
static inline int why_keep_capabilities(unsigned long long bits)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &header, sets) != 0)
		return -1;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		__u32 kept = (__u32)(bits >> (32 * i));

		sets[i].effective &= kept;
		sets[i].permitted &= kept;
		sets[i].inheritable &= kept;
	}
	return (int)syscall(SYS_capset, &header, sets);
}

static inline int why_unshare(int flags)
{
	return (int)syscall(SYS_unshare, flags);
}

static inline int why_fsopen(const char *type)
{
	return (int)syscall(WHY_NR_FSOPEN, type, WHY_FSOPEN_CLOEXEC);
}

static inline int why_fsconfig_create(int fd)
{
	return (int)syscall(WHY_NR_FSCONFIG, fd, WHY_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

static inline int why_fsmount(int fd)
{
	return (int)syscall(WHY_NR_FSMOUNT, fd, WHY_FSMOUNT_CLOEXEC, 0);
}

/*
 * O_PATH, with `root` as the root of the path and of every symbolic link in it. With WHY_CACHED,
 * which Linux 5.12 has, nothing is asked of the file system, which may not answer.
 */
static inline int why_find_in_root(int root, const char *path, int resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };

	return (int)syscall(WHY_NR_OPENAT2, root, path, &how, sizeof(how));
}

/*
 * Sends the signal on to a thread that has it blocked, and blocks it in this one.
 * Safe in a signal handler. Once every thread blocks it, a signalfd gets it.
 */
static inline void why_pass_signal_on(int number, siginfo_t *info, void *context)
{
	(void)info;
	sigaddset(&((ucontext_t *)context)->uc_sigmask, number);
	kill(getpid(), number);
}

static inline int why_take_signal(int number, struct sigaction *previous)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESTART };

	action.sa_sigaction = why_pass_signal_on;
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, previous);
}

static inline int why_is_ignored(const struct sigaction *action)
{
	return action->sa_handler == SIG_IGN;
}

/* CLONE_NEW* of an open namespace; -1 if it is none. */
static inline int why_namespace_kind(int fd)
{
	return ioctl(fd, NS_GET_NSTYPE);
}

/*
 * The next datagram of the kernel; its whole length, even if there is room for less. 0: it is
 * somebody else's. Whoever is root of a network namespace may send to its netlink sockets.
 */
static inline ssize_t why_receive_from_kernel(int fd, void *buffer, size_t size)
{
	struct sockaddr_nl sender = { 0 };
	socklen_t length = sizeof(sender);
	ssize_t got = recvfrom(fd, buffer, size, MSG_TRUNC, (struct sockaddr *)&sender, &length);

	return got > 0 && sender.nl_pid != 0 ? 0 : got;
}

/* What an error means; of one that a limit makes, what to do. */
static inline const char *why_error_text(int number)
{
	return number == EMFILE ? "Too many open files; raise the limit (ulimit -n)"
				: strerror(number);
}

/* The number of the mount that an open file is in; 0: not known, as before Linux 5.8. */
static inline unsigned long long why_mount(int fd)
{
	/* AT_EMPTY_PATH, which fcntl.h has for _GNU_SOURCE only */
	const int itself = 0x1000;
	struct statx status = { 0 };

	if (syscall(SYS_statx, fd, "", itself, STATX_MNT_ID, &status) != 0)
		return 0;
	return status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id : 0;
}

/* The magic number of the file system that an open file is in; -1 on failure. */
static inline long why_file_system(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 ? (long)status.f_type : -1;
}

#endif
