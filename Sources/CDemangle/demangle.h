/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demanglers that are linked anyway: libstdc++'s and the Swift runtime's.
 * No header of theirs declares them.
 */
#ifndef TCPWHY_DEMANGLE_H
#define TCPWHY_DEMANGLE_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What __cxa_demangle is made of (libiberty's cp-demangle.c), but it hands over the
 * text in pieces and takes no memory but the stack. 0: not a mangled name.
 */
int __gcclibcxx_demangle_callback(const char *mangled,
				  void (*callback)(const char *, size_t, void *), void *opaque);

/* Memory for the caller to free; NULL: not a mangled name (swift/Demangling/Demangle.h). */
char *swift_demangle(const char *mangled, size_t length, char *buffer, size_t *buffer_size,
		     uint32_t flags);

struct why_demangled {
	char *text;
	size_t room;
	size_t length;
	jmp_buf full;
};

static void why_take_piece(const char *piece, size_t length, void *opaque)
{
	struct why_demangled *result = (struct why_demangled *)opaque;
	size_t left = result->room - result->length;

	memcpy(result->text + result->length, piece, length < left ? length : left);
	if (length > left) {
		result->length = result->room;
		longjmp(result->full, 1);
	}
	result->length += length;
}

/*
 * Bytes written to `text`; -1: not a mangled name, -2: its text is longer.
 * A short name can stand for a text of any length, each part naming the one before
 * it twice: the only way to end such a one is to leave from within. All frames in
 * between are C's, and they hold nothing.
 */
static __attribute__((noinline)) long why_demangle_cxx(const char *mangled, char *text, size_t room)
{
	struct why_demangled result = { .text = text, .room = room };

	if (setjmp(result.full))
		return -2;
	if (!__gcclibcxx_demangle_callback(mangled, why_take_piece, &result))
		return -1;
	return (long)result.length;
}

#endif
