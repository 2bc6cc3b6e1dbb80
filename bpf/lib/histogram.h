/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_HISTOGRAM_H
#define TCPWHY_HISTOGRAM_H

#include "kernel.h"
#include "../include/tcpwhy.h"

/* Position of the highest bit of value, which is not 0. */
static __always_inline __u32 log2_of(__u64 value)
{
	__u32 shift, bits = 0;

	shift = (value > 0xffffffff) << 5;
	value >>= shift;
	bits |= shift;
	shift = (value > 0xffff) << 4;
	value >>= shift;
	bits |= shift;
	shift = (value > 0xff) << 3;
	value >>= shift;
	bits |= shift;
	shift = (value > 0xf) << 2;
	value >>= shift;
	bits |= shift;
	shift = (value > 0x3) << 1;
	value >>= shift;
	bits |= shift;
	return bits | (value >> 1);
}

/* See WHY_SUB_BUCKETS. limit is the number of buckets. */
static __always_inline __u32 bucket_of(__u64 value, __u32 limit)
{
	__u32 exponent, bucket;

	if (value < WHY_SUB_BUCKETS)
		return value;
	exponent = log2_of(value);
	bucket = (exponent - 2) * WHY_SUB_BUCKETS +
		 ((value >> (exponent - 3)) & (WHY_SUB_BUCKETS - 1));
	return bucket < limit ? bucket : limit - 1;
}

/*
 * Two CPUs may store at once and the smaller win; the host knows the highest
 * bucket in use and never shows less than its lower end.
 */
static __always_inline void keep_max(__u64 *max, __u64 value)
{
	if (value > *max)
		*max = value;
}

#endif
