/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of a hash table that are found by a number made of their key: to look up the key
 * itself takes a table twice as long. Should two keys have one number, the row of the
 * second is at the next.
 */
#ifndef TCPWHY_KEYED_ROW_H
#define TCPWHY_KEYED_ROW_H

#include "kernel.h"

#define ROW_PLACES 4 /* where a key's row may be */

/* Each step is one to one: keys that differ in one word never meet. */
static __always_inline __u64 number_of(const void *key, __u32 size)
{
	const __u64 *word = key;
	__u64 number = 0;

	for (__u32 i = 0; i < size / sizeof(*word); i++) {
		number = (number ^ word[i]) * 0x9e3779b97f4a7c15ULL;
		number ^= number >> 32;
	}
	return number;
}

static __always_inline bool is_same_key(const void *one, const void *other, __u32 size)
{
	const __u64 *a = one, *b = other;

	for (__u32 i = 0; i < size / sizeof(*a); i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

#endif
