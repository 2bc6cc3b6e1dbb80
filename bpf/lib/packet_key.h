/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a packet is, as far as it shows: its protocol, its local port, its namespace. */
#ifndef TCPWHY_PACKET_KEY_H
#define TCPWHY_PACKET_KEY_H

#include "kernel.h"
#include "../include/packet.h"

#define IPV4_SIZE 20
#define IPV6_SIZE 40

static __always_inline __u32 netns_of_packet(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct sock *sk = skb->sk;
	struct net *net = 0;

	if (dev)
		net = dev->nd_net.net;
	else if (sk)
		net = sk->__sk_common.skc_net.net;
	return net ? net->ns.inum : 0;
}

/* A request and a socket in TIME_WAIT are no struct sock: they have its beginning. */
static __always_inline bool is_full(struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

static __always_inline bool has_ports(__u8 transport)
{
	return transport == IPPROTO_TCP || transport == IPPROTO_UDP || transport == IPPROTO_SCTP;
}

/* The destination port of what follows the IP header. */
static __always_inline __u16 port_at(const unsigned char *header)
{
	__be16 ports[2];

	bpf_probe_read_kernel(ports, sizeof(ports), header);
	return bpf_ntohs(ports[1]);
}

static __always_inline __u16 port_in(const __u8 *bytes)
{
	return (__u16)bytes[2] << 8 | bytes[3];
}

/*
 * The first bytes of a header, a multiple of 4. Of its 32-bit words those at least whose
 * bit is set in words: each load of its own costs, one call for all of them as much as ten.
 */
static __always_inline void read_header(__u8 *bytes, const unsigned char *header, int size,
					__u32 words)
{
	if (!has_casts) {
		bpf_probe_read_kernel(bytes, size, header);
		return;
	}
	/* A piece of sixteen bytes is what the kernel has a type for. */
	for (int at = 0; at < size; at += sizeof(struct in6_addr)) {
		const struct in6_addr *piece = cast(struct in6_addr, header + at);

		for (int word = 0; word < 4; word++) {
			if (words & 1U << (at / 4 + word))
				((__u32 *)bytes)[at / 4 + word] = piece->in6_u.u6_addr32[word];
		}
	}
}

/* The header and, mostly, the ports behind it are read at once. */
static __always_inline void name_ipv4(struct why_packet_key *key, const unsigned char *header,
				      bool want_port)
{
	__u8 bytes[IPV4_SIZE + 4] __attribute__((aligned(4)));

	read_header(bytes, header, sizeof(bytes), 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5);
	if (bytes[0] >> 4 != 4)
		return;
	key->transport = bytes[9];
	/* A later fragment has data there. */
	if (!want_port || !has_ports(bytes[9]) || (bytes[6] & 0x1f) || bytes[7])
		return;
	key->port = bytes[0] == 0x45 ? port_in(bytes + IPV4_SIZE)
				     : port_at(header + (bytes[0] & 15) * 4);
}

static __always_inline void name_ipv6(struct why_packet_key *key, const unsigned char *header,
				      bool want_port)
{
	__u8 bytes[IPV6_SIZE + 4] __attribute__((aligned(4)));

	read_header(bytes, header, sizeof(bytes), 1 << 0 | 1 << 1 | 1 << 10);
	if (bytes[0] >> 4 != 6)
		return;
	key->transport = bytes[6]; /* behind other headers it stays without a port */
	if (want_port && has_ports(bytes[6]))
		key->port = port_in(bytes + IPV6_SIZE);
}

/* By the socket that sent it or that it was found for; whether that says all. */
static __always_inline bool name_by_socket(struct why_packet_key *key, struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (is_full(sk))
		key->transport = sk->sk_protocol;
	else
		key->transport = IPPROTO_TCP;
	/* Of another kind of socket that is no port. */
	if (has_ports(key->transport))
		key->port = sk->__sk_common.skc_num;
	return key->port;
}

static __always_inline void name_packet(struct why_packet_key *key, struct sk_buff *skb)
{
	const unsigned char *header;
	struct sock *sk = skb->sk;

	key->protocol = bpf_ntohs(skb->protocol);
	if (sk && name_by_socket(key, sk))
		return;
	header = skb->head + skb->network_header;
	if (key->protocol == ETH_P_IP)
		name_ipv4(key, header, !sk);
	else if (key->protocol == ETH_P_IPV6)
		name_ipv6(key, header, !sk);
}

/* The full socket whose packet it is; 0: nobody's, as far as is known. */
static __always_inline struct sock *owner_of(struct sock *sk)
{
	if (!sk)
		return 0;
	if (sk->__sk_common.skc_state == TCP_NEW_SYN_RECV)
		return sk->__sk_common.skc_listener;
	return is_full(sk) ? sk : 0;
}

#endif
