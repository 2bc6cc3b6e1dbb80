/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPLOAD_SLOW_H
#define TCPLOAD_SLOW_H

/* A server that takes its time, and knows what that costs its clients. */

/* A connect of this process has returned. */
void note_connected(int fd);

/* Accepts and closes count connections, each after a sleep of so many milliseconds. */
void accept_slowly(int listener, int milliseconds, long count);

/* Prints as JSON fields how long what was accepted had waited since its connect returned. */
void print_waits(void);

#endif
