/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of segments that are sent again. */
#ifndef TCPWHY_RESEND_H
#define TCPWHY_RESEND_H

#include "tcpwhy.h"

/* What was sent again; Model's Resend.Kind has the same order. */
enum why_resent {
	WHY_RESENT_SYN = 0, /* of a connect */
	WHY_RESENT_SYNACK = 1, /* of a listening socket */
	WHY_RESENT_DATA = 2, /* of a connection that stands, its end included */
};

/* Whose packets were sent again: a service here, or a destination. */
struct why_resend_key {
	__u8 address[WHY_ADDR_LEN]; /* the service's, or the destination's */
	__u32 netns;
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 kind; /* enum why_resent */
	__u8 is_local; /* the service is here */
	__u8 epoch;
	__u16 pad;
};

struct why_resend_config {
	__u32 netns; /* filter: 0 is "all" */
};

_Static_assert(sizeof(struct why_resend_key) == 28, "wire size");
_Static_assert(sizeof(struct why_resend_config) == 4, "wire size");

#endif
