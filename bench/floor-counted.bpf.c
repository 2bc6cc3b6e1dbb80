// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As floor-ports.bpf.c, and at each port that tcpwhy ports --count-calls counts. */
#include "floor-ports.bpf.c"

SEC("fentry/__inet_check_established")
int check_entry(void *ctx)
{
	return 0;
}
