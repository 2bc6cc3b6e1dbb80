/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which address and port SYNs asked for that found no socket. Of packets that find none, late
 * ones of connections that are over are the most: they ask for nothing.
 */
#ifndef TCPWHY_PACKET_REFUSED_H
#define TCPWHY_PACKET_REFUSED_H

#include "kernel.h"
#include "../include/packet.h"
#include "count.h"
#include "table_full.h"

#define TCP_FLAGS_AT 13
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_refused_key);
	__type(value, __u64);
} packet_refused SEC(".maps");

/* false: it is no IP packet. @header: the IP header, behind which TCP's is at *size. */
static __always_inline bool read_destination(struct why_refused_key *key, __u16 protocol,
					     const unsigned char *header, __u32 *size)
{
	__u8 first;

	if (protocol == ETH_P_IPV6) {
		key->family = WHY_IPV6;
		*size = 40;
		return !bpf_probe_read_kernel(key->local, 16, header + 24);
	}
	if (protocol != ETH_P_IP || bpf_probe_read_kernel(&first, 1, header))
		return false;
	key->family = WHY_IPV4;
	*size = (first & 15) * 4;
	return !bpf_probe_read_kernel(key->local, 4, header + 16);
}

/* A TCP packet that found no socket. */
static __always_inline void count_refused(const struct why_packet_key *packet, struct sk_buff *skb,
					  __u32 now)
{
	const unsigned char *header = skb->head + skb->network_header;
	struct why_refused_key key = { .netns = packet->netns, .port = packet->port, .epoch = now };
	__u32 size;
	__u8 flags;

	if (!read_destination(&key, packet->protocol, header, &size) ||
	    bpf_probe_read_kernel(&flags, 1, header + size + TCP_FLAGS_AT) ||
	    (flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) != TCP_FLAG_SYN)
		return;
	if (!count_under(&packet_refused, &key, 1))
		count_table_full();
}

#endif
