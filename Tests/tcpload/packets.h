/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPLOAD_PACKETS_H
#define TCPLOAD_PACKETS_H

#include <sys/socket.h>

/* Packets that open no connection. */

/* Sends count segments of one byte over an established connection, each read before the next. */
void exchange_segments(int listener, const struct sockaddr_storage *to, socklen_t length,
		       long count);

/* Sends count UDP datagrams. */
void send_datagrams(const struct sockaddr_storage *to, socklen_t length, long count);

_Noreturn void fail(const char *what);

#endif
