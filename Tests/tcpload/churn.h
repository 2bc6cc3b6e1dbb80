/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPLOAD_CHURN_H
#define TCPLOAD_CHURN_H

#include <netinet/in.h>
#include <stdbool.h>

/*
 * Listeners that come and go, each at the next port: each accepts one connection, or has one
 * more connect than its queue holds, whose SYN is dropped. Returns how many there were.
 */
long churn_listeners(const struct sockaddr_in *to, long count, bool lose);

#endif
