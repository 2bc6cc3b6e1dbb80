/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the host asks connect.bpf.c for; set before the load, so that the verifier drops the rest. */
#ifndef TCPWHY_CONNECT_CONFIG_H
#define TCPWHY_CONNECT_CONFIG_H

#include "kernel.h"
#include "../include/connect.h"

const volatile struct why_config config SEC(".rodata.config") = {};

#endif
