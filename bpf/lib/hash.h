/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_HASH_H
#define TCPWHY_HASH_H

#include "kernel.h"

/* A number of so many bits, from all of the value's (Fibonacci hashing). */
static __always_inline __u32 hash_bits(__u64 value, __u32 bits)
{
	return (value * 0x9e3779b97f4a7c15ULL) >> (64 - bits);
}

/*
 * Where a CPU's own rows may have the value's, found without a search: in one place, of as many
 * as there are for each epoch. Who finds it taken is counted far from there, in the table that
 * all CPUs share.
 */
static __always_inline __u32 near_place(__u64 value, __u32 bits, __u32 epoch)
{
	return hash_bits(value, bits) | epoch << bits;
}

#endif
