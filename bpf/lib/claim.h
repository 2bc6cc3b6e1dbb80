/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A place that several may want at once: each adds its claim, and who then sees its own
 * alone has the place. Two that meet may both go elsewhere, never both have it; 5.10 knows
 * no compare and exchange.
 */
#ifndef TCPWHY_CLAIM_H
#define TCPWHY_CLAIM_H

#include "kernel.h"

static __always_inline bool claim_alone(__u32 *claims)
{
	__sync_fetch_and_add(claims, 1);
	return *(volatile __u32 *)claims == 1;
}

static __always_inline void unclaim(__u32 *claims)
{
	__sync_fetch_and_add(claims, -1);
}

/* As claim_alone(); who does not have the place leaves no claim there. */
static __always_inline bool claim(__u32 *claims)
{
	if (claim_alone(claims))
		return true;
	unclaim(claims);
	return false;
}

#endif
