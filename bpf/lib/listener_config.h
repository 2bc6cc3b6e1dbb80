/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the host asks listener.bpf.c for; set before the load, so that the verifier drops the rest. */
#ifndef TCPWHY_LISTENER_CONFIG_H
#define TCPWHY_LISTENER_CONFIG_H

#include "kernel.h"
#include "../include/listener.h"

const volatile struct why_listener_config config SEC(".rodata.config") = {};

#endif
