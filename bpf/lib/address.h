/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_ADDRESS_H
#define TCPWHY_ADDRESS_H

#include "kernel.h"

/* An IPv4 address in IPv6 form, ::ffff:0:0/96 */
static __always_inline bool is_mapped(const __u8 *addr6)
{
	const __u32 *word = (const __u32 *)addr6;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

static __always_inline bool is_any6(const __u8 *addr6)
{
	const __u32 *word = (const __u32 *)addr6;

	return !(word[0] | word[1] | word[2] | word[3]);
}

#endif
