/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the host asks accept.bpf.c for; set before the load, so that the verifier drops the rest. */
#ifndef TCPWHY_ACCEPT_CONFIG_H
#define TCPWHY_ACCEPT_CONFIG_H

#include "kernel.h"
#include "../include/accept.h"

const volatile struct why_accept_config config SEC(".rodata.config") = {};

#endif
