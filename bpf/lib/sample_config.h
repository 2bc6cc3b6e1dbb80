/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the host asks sample.bpf.c for; set before the load, so that the verifier drops the rest. */
#ifndef TCPWHY_SAMPLE_CONFIG_H
#define TCPWHY_SAMPLE_CONFIG_H

#include "kernel.h"
#include "../include/sample.h"

const volatile struct why_sample_config config SEC(".rodata.config") = {};

#endif
