/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing to call: what this target does is done before main. */
#ifndef TCPWHY_START_H
#define TCPWHY_START_H
#endif
