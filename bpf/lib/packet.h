/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a packet is, as far as it shows: its protocol, its local port, its namespace. */
#ifndef TCPWHY_PACKET_H
#define TCPWHY_PACKET_H

static __always_inline __u32 netns_of(struct sk_buff *skb)
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

/* A byte of a header, which any 16 bytes hold. */
static __always_inline __u8 header_byte(const unsigned char *header, int place)
{
	__u8 byte = 0;

	if (config.casts)
		return cast(struct in6_addr, header)->in6_u.u6_addr8[place];
	bpf_probe_read_kernel(&byte, sizeof(byte), header + place);
	return byte;
}

/* The destination of TCP and UDP, host order. */
static __always_inline __u16 local_port(const unsigned char *header)
{
	__be16 ports[2] = {};

	if (config.casts)
		return bpf_ntohs(cast(struct in6_addr, header)->in6_u.u6_addr16[1]);
	bpf_probe_read_kernel(ports, sizeof(ports), header);
	return bpf_ntohs(ports[1]);
}

static __always_inline void name_packet(struct why_packet_key *key, struct sk_buff *skb)
{
	const unsigned char *header = skb->head + skb->network_header;
	struct sock *sk = skb->sk;
	__u8 first = 0, length = 0;

	key->protocol = bpf_ntohs(skb->protocol);
	if (key->protocol == ETH_P_IP || key->protocol == ETH_P_IPV6)
		first = header_byte(header, 0);
	if (key->protocol == ETH_P_IP && first >> 4 == 4) {
		key->transport = header_byte(header, 9);
		length = (first & 15) * 4;
	} else if (key->protocol == ETH_P_IPV6 && first >> 4 == 6) {
		/* Behind other headers it stays without a port. */
		key->transport = header_byte(header, 6);
		length = 40;
	}
	if (sk) { /* sent by it, or found for it */
		key->port = sk->__sk_common.skc_num;
		if (!key->transport && is_full(sk))
			key->transport = sk->sk_protocol;
		return;
	}
	if (key->transport == IPPROTO_TCP || key->transport == IPPROTO_UDP)
		key->port = local_port(header + length);
}

#endif
