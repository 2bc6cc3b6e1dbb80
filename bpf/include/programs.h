/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled BPF objects, as bytes in the executable. */
#ifndef TCPWHY_PROGRAMS_H
#define TCPWHY_PROGRAMS_H

#include <stddef.h>
#include "accept.h"
#include "connect.h"
#include "conntrack.h"
#include "listener.h"
#include "packet.h"
#include "resend.h"
#include "sample.h"
#include "socket.h"

struct why_object {
	const void *bytes;
	size_t size;
};

/*
 * accept.bpf.c, connect.bpf.c, conntrack.bpf.c, drop.bpf.c, listener.bpf.c, resend.bpf.c,
 * sample.bpf.c and socket.bpf.c
 */
struct why_object why_accept_object(void);
struct why_object why_connect_object(void);
struct why_object why_conntrack_object(void);
struct why_object why_drop_object(void);
struct why_object why_listener_object(void);
struct why_object why_resend_object(void);
struct why_object why_sample_object(void);
struct why_object why_socket_object(void);

#endif
