/* SPDX-License-Identifier: Apache-2.0 */
/* A Unix socket whose queue nobody empties. */
#ifndef TCPLOAD_UNIXQUEUE_H
#define TCPLOAD_UNIXQUEUE_H

#include <stdatomic.h>

/* count connects to an abstract socket that does not wait; how they end is added to results. */
void fill_unix_queue(long count, int backlog, atomic_long *results);

#endif
