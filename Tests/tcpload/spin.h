/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPLOAD_SPIN_H
#define TCPLOAD_SPIN_H

/* Computes for so many seconds, in spin_inner(), called by spin_outer(). */
void spin_outer(double seconds);

#endif
