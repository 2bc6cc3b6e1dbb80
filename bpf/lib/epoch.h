/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of every table's rows. What came and went must not fill a table for good, and a
 * row cannot be taken out while programs count in it: so each row belongs to one of two
 * epochs. To read, the host turns to the other epoch, waits until
 * all programs have returned that may still count in the first (an RCU grace period), then
 * reads and deletes that one's rows. No count is lost, on any kernel, and a table holds what
 * happened since the last look, no more.
 *
 * So a program looks at the epoch when it counts, not when it notes whose a count will be.
 */
#ifndef TCPWHY_EPOCH_H
#define TCPWHY_EPOCH_H

#include "kernel.h"

#define EPOCHS 2

static volatile __u32 epoch SEC(".data.epoch") = 0; /* the host's to write: 0 or 1 */

#endif
