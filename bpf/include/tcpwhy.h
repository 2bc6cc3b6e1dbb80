/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/*
 * What the BPF programs and the Swift host share whatever the question; each question's own is
 * in the header of its name. All of it crosses the boundary byte for byte: fixed-width fields,
 * explicit padding, sizes asserted on both sides.
 */
#ifndef TCPWHY_H
#define TCPWHY_H

#ifndef TCPWHY_BPF
#include <linux/types.h>
#endif

#define WHY_COMM_LEN 16

/* IPv4 addresses occupy the first four bytes of these, the rest is zero. */
#define WHY_ADDR_LEN 16

enum why_family {
	WHY_IPV4 = 4,
	WHY_IPV6 = 6,
};

/*
 * Log-linear histogram: values below 8 have a bucket each, then every power of
 * two is cut in 8. A bucket's middle is at most 1/16 = 6.25 % from any value
 * in it. bucket(v) = v < 8 ? v : (e - 2) * 8 + ((v >> (e - 3)) & 7), e = log2(v).
 */
#define WHY_SUB_BUCKETS 8
#define WHY_NS_BUCKETS 256 /* up to 2^34 ns = 17 s, then clamped */
#define WHY_PORT_BUCKETS 120 /* up to 2^17 ports */
#define WHY_DEPTH_BUCKETS 120 /* up to 2^17 connections that wait */

#endif
