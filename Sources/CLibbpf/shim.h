/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPWHY_LIBBPF_SHIM_H
#define TCPWHY_LIBBPF_SHIM_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Variadic calls and bit fields, which Swift does not reach. -1 and errno on failure. */

static inline int why_perf_event_open(struct perf_event_attr *attr, int pid, int cpu)
{
	attr->size = sizeof(*attr);
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Samples of everything that runs on a CPU, so many a second; not of idling. */
static inline int why_perf_event_sample(unsigned type, unsigned long long config,
					unsigned long long frequency, int cpu)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.freq = 1,
		.sample_freq = frequency,
		.exclude_idle = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static inline int why_perf_event_set_bpf(int perf_fd, int program_fd)
{
	return ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, program_fd);
}

/* The text that format and arguments make, for the caller to free; NULL if there is none. */
static inline char *why_format(const char *format, va_list arguments)
{
	va_list again;
	char *text = NULL;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length >= 0)
		text = (char *)malloc((size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

#endif
