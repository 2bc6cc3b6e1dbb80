/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes that stop half way. */
#ifndef BYHAND_H
#define BYHAND_H

#include <netinet/in.h>

#define BY_HAND_MOST 4096

/* Sends so many SYNs and waits for nothing, from as many addresses as that takes ports. */
void flood_by_hand(const struct sockaddr_in *from, const struct sockaddr_in *to, int count);
/* Sends so many SYNs; how many were answered. */
int begin_by_hand(const struct sockaddr_in *from, const struct sockaddr_in *to, int count);
/* Acknowledges the answers; how many there were. */
int finish_by_hand(int count);

_Noreturn void fail(const char *what);

#endif
