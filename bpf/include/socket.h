/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of ports held towards a destination, and connections of a service. */
#ifndef TCPWHY_SOCKET_H
#define TCPWHY_SOCKET_H

#include "tcpwhy.h"

/* A destination whose held ports iter/tcp counts. */
struct why_range_key {
	__u8 remote[WHY_ADDR_LEN];
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 pad;
};

struct why_range_use {
	__u16 low; /* the range's first and last port, set by the host */
	__u16 high;
	__u32 time_wait;
	__u32 other; /* every other state: SYN_SENT, ESTABLISHED, FIN_WAIT… */
	__u32 first_time_wait; /* of those, on ports with the parity of low, */
	__u32 first_other; /* which a search tries before the rest */
	__u32 bound; /* of all, on ports that are in why_bound_ports, too */
	__u32 first_bound;
};

/* A bit for each port that a socket got by bind(). */
struct why_bound_ports {
	__u64 bits[1024];
};

/* Where connections of a service arrive, of which iter/tcp counts those that nobody reads. */
struct why_service_key {
	__u8 local[WHY_ADDR_LEN];
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 pad;
};

/* Accepted connections. Quiet: no packet came or went for WHY_QUIET_NS. */
struct why_service_use {
	__u32 established;
	__u32 close_wait;
	__u32 unread; /* established, quiet, with data that nobody has read */
	__u32 unread_close_wait; /* the same of CLOSE_WAIT */
	__u32 left_close_wait; /* no packet for WHY_LEFT_NS, and still not closed */
};

#define WHY_QUIET_NS 1000000000ULL
#define WHY_LEFT_NS 5000000000ULL

_Static_assert(sizeof(struct why_range_key) == 20, "wire size");
_Static_assert(sizeof(struct why_range_use) == 28, "wire size");
_Static_assert(sizeof(struct why_service_key) == 20, "wire size");
_Static_assert(sizeof(struct why_service_use) == 20, "wire size");

#endif
