/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPWHY_LIBELF_SHIM_H
#define TCPWHY_LIBELF_SHIM_H

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <sys/auxv.h>
#include <sys/sysmacros.h>
#include <zlib.h>

#endif
