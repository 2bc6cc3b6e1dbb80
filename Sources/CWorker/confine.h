/* SPDX-License-Identifier: Apache-2.0 */
/* The process that reads symbols gives up whatever it does not need to read. */
#ifndef TCPWHY_CONFINE_H
#define TCPWHY_CONFINE_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 5.9, and the same on every architecture. */
#define WHY_WORKER_NR_CLOSE_RANGE 436

static inline int why_has_capability(const struct __user_cap_data_struct *data, int number)
{
	return data[number / 32].effective >> (number % 32) & 1;
}

/*
 * Another user, who owns nothing and may write nothing; of root's privileges the one to read
 * any file stays. Only if who started this could still end it then.
 */
static inline int why_drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const uint32_t kept = 1U << CAP_DAC_READ_SEARCH;
	const unsigned int nobody = 65534;

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &header, data))
		return -1;
	if (why_has_capability(data, CAP_KILL) && why_has_capability(data, CAP_SETUID) &&
	    why_has_capability(data, CAP_SETGID)) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		/* Where the user namespace does not have them, root stays, without its privileges. */
		if (!syscall(SYS_setgroups, 0, NULL) &&
		    !syscall(SYS_setresgid, nobody, nobody, nobody))
			(void)!syscall(SYS_setresuid, nobody, nobody, nobody);
	}
	memset(&data[1], 0, sizeof(data[1]));
	data[0].permitted &= kept;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	header.pid = 0;
	return (int)syscall(SYS_capset, &header, data);
}

#define WHY_LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half; both architectures have it first. */
#define WHY_LOAD_ARGUMENT(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define WHY_RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define WHY_REFUSE(error) WHY_RETURN(SECCOMP_RET_ERRNO | (error))
#define WHY_DENY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), WHY_REFUSE(EPERM)
/* With one of these bits in an argument; what follows needs the number again. */
#define WHY_DENY_BITS(call, n, bits)                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), WHY_LOAD_ARGUMENT(n),   \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), WHY_REFUSE(EPERM), \
		WHY_RETURN(SECCOMP_RET_ALLOW)

#if defined(__x86_64__)
#define WHY_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define WHY_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

/*
 * No system calls that start programs, reach out of this process, or change anything in the
 * file system. What remains a reader needs, or harms nobody who is not this user.
 */
static inline int why_filter_calls(void)
{
#ifdef WHY_AUDIT_ARCH
	static struct sock_filter filter[] = {
		WHY_LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WHY_AUDIT_ARCH, 1, 0),
		WHY_RETURN(SECCOMP_RET_KILL_PROCESS),
		WHY_LOAD(nr),
#ifdef __x86_64__
		/* x32: the same calls by other numbers. */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		WHY_RETURN(SECCOMP_RET_KILL_PROCESS),
		WHY_DENY(unlink),
		WHY_DENY(rename),
		WHY_DENY(link),
		WHY_DENY(symlink),
		WHY_DENY(mkdir),
		WHY_DENY(rmdir),
		WHY_DENY(chmod),
		WHY_DENY(chown),
		WHY_DENY(lchown),
		WHY_DENY(mknod),
		WHY_DENY(creat),
		WHY_DENY(utime),
		WHY_DENY(utimes),
		WHY_DENY(futimesat),
		WHY_DENY(modify_ldt),
		WHY_DENY(iopl),
		WHY_DENY(ioperm),
		WHY_DENY_BITS(open, 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
#endif
		WHY_DENY(execve),
		WHY_DENY(execveat),
		WHY_DENY(ptrace),
		WHY_DENY(process_vm_readv),
		WHY_DENY(process_vm_writev),
		WHY_DENY(kcmp),
		WHY_DENY(socket),
		WHY_DENY(connect),
		WHY_DENY(bind),
		WHY_DENY(listen),
		WHY_DENY(accept),
		WHY_DENY(accept4),
		WHY_DENY(mount),
		WHY_DENY(umount2),
		WHY_DENY(pivot_root),
		WHY_DENY(chroot),
		WHY_DENY(setns),
		WHY_DENY(unshare),
		WHY_DENY(swapon),
		WHY_DENY(swapoff),
		WHY_DENY(reboot),
		WHY_DENY(init_module),
		WHY_DENY(finit_module),
		WHY_DENY(delete_module),
		WHY_DENY(kexec_load),
		WHY_DENY(bpf),
		WHY_DENY(perf_event_open),
		WHY_DENY(userfaultfd),
		WHY_DENY(add_key),
		WHY_DENY(request_key),
		WHY_DENY(keyctl),
		WHY_DENY(open_by_handle_at),
		WHY_DENY(name_to_handle_at),
		WHY_DENY(unlinkat),
		WHY_DENY(renameat2),
		WHY_DENY(linkat),
		WHY_DENY(symlinkat),
		WHY_DENY(mkdirat),
		WHY_DENY(mknodat),
		WHY_DENY(fchmod),
		WHY_DENY(fchmodat),
		WHY_DENY(fchown),
		WHY_DENY(fchownat),
		WHY_DENY(utimensat),
		WHY_DENY(truncate),
		WHY_DENY(ftruncate),
		WHY_DENY(fallocate),
		WHY_DENY(setxattr),
		WHY_DENY(lsetxattr),
		WHY_DENY(fsetxattr),
		WHY_DENY(removexattr),
		WHY_DENY(lremovexattr),
		WHY_DENY(fremovexattr),
		WHY_DENY(sethostname),
		WHY_DENY(setdomainname),
		WHY_DENY(settimeofday),
		WHY_DENY(clock_settime),
		WHY_DENY(adjtimex),
		WHY_DENY(syslog),
		WHY_DENY(acct),
		WHY_DENY(quotactl),
		WHY_DENY(personality),
		WHY_DENY(shmget),
		WHY_DENY(msgget),
		WHY_DENY(semget),
		WHY_DENY(mq_open),
		WHY_DENY(ioctl),
		WHY_DENY(fanotify_init),
		WHY_DENY(inotify_init1),
		/* io_uring_setup, and pidfd_getfd; numbers alike on every architecture. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 425, 0, 1),
		WHY_REFUSE(EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 438, 0, 1),
		WHY_REFUSE(EPERM),
		/* clone3's flags cannot be looked at: the C library takes clone instead. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435, 0, 1),
		WHY_REFUSE(ENOSYS),
		WHY_DENY_BITS(openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
		/* New namespaces. */
		WHY_DENY_BITS(clone, 0, 0x7e020000),
		WHY_RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
#else
	return -1;
#endif
}

static inline void why_limit(int resource, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(resource, &limit);
}

/*
 * Called first thing in the new program, with the socket as descriptor 3. Without a system call
 * filter (CONFIG_SECCOMP) the rest has to do. -1: it kept privileges.
 */
static inline int why_confine(rlim_t memory, rlim_t files)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };
	static const int fatal[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGXCPU };
	sigset_t empty;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	syscall(WHY_WORKER_NR_CLOSE_RANGE, 4, ~0U, 0);
	why_limit(RLIMIT_CORE, 0);
	why_limit(RLIMIT_FSIZE, 0);
	why_limit(RLIMIT_AS, memory);
	why_limit(RLIMIT_NOFILE, files);
	if (why_drop_privileges())
		return -1;
	/* Changes of user and privileges take it back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	why_filter_calls();
	prctl(PR_SET_NAME, "tcpwhy-symbols", 0, 0, 0);
	return 0;
}

/* How many files this process may have open. */
static inline int why_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	return limit.rlim_cur > 1 << 20 ? 1 << 20 : (int)limit.rlim_cur;
}

/* Ends this process if it computes for so many seconds from now on. */
static inline void why_allow_seconds(unsigned int seconds)
{
	struct rusage used;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
		return;
	limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds + 1;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CPU, &limit);
}

#endif
