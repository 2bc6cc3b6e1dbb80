/* SPDX-License-Identifier: Apache-2.0 */
/* Which file an open one is. */
#ifndef TCPWHY_IDENTITY_H
#define TCPWHY_IDENTITY_H

#include <linux/stat.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/stat.h has it, but glibc's struct of the same name may be there, too. */
struct why_identity {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t changed_seconds;
	uint32_t changed_nanoseconds;
	uint32_t owner;
	uint32_t is_regular;
	uint32_t reserved;
};

/*
 * Of an open file, as the kernel has it in memory: a file system that does not answer
 * is not asked. -1 and errno.
 */
static inline int why_identify(int fd, struct why_identity *identity)
{
	/* AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT */
	const int flags = 0x1000 | 0x4000 | 0x800;
	struct statx status;

	memset(&status, 0, sizeof(status));
	memset(identity, 0, sizeof(*identity));
	if (syscall(SYS_statx, fd, "", flags, 0x7ffU, &status) != 0)
		return -1;
	identity->device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
	identity->inode = status.stx_ino;
	identity->size = status.stx_size;
	identity->changed_seconds = status.stx_ctime.tv_sec;
	identity->changed_nanoseconds = status.stx_ctime.tv_nsec;
	identity->owner = status.stx_uid;
	identity->is_regular = (status.stx_mode & 0170000) == 0100000;
	return 0;
}

#endif
