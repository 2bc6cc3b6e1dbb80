// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is sent again, and to whom? Each segment that goes out once more passes
 * tcp_retransmit_skb, each SYN-ACK tcp_retransmit_synack.
 */
#include "lib/kernel.h"
#include "include/resend.h"
#include "lib/count.h"
#include "lib/epoch.h"
#include "lib/table_full.h"

const volatile struct why_resend_config config SEC(".rodata.config") = {};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_resend_key);
	__type(value, __u64);
} resend_rows SEC(".maps");

static __always_inline void count_resend(struct why_resend_key *key, __u32 segments)
{
	key->epoch = epoch;
	if (!count_under(&resend_rows, key, segments))
		count_table_full();
}

/* false: of a namespace that is not wanted. */
static __always_inline bool begin_key(struct why_resend_key *key, const struct sock *sk, __u8 kind)
{
	key->netns = sk->__sk_common.skc_net.net->ns.inum;
	key->kind = kind;
	key->family = sk->__sk_common.skc_family == AF_INET ? WHY_IPV4 : WHY_IPV6;
	return !config.netns || config.netns == key->netns;
}

static __always_inline void name_local(struct why_resend_key *key, const struct sock *sk)
{
	key->port = sk->__sk_common.skc_num;
	if (key->family == WHY_IPV4)
		*(__u32 *)key->address = sk->__sk_common.skc_rcv_saddr;
	else
		bpf_probe_read_kernel(key->address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
}

static __always_inline void name_remote(struct why_resend_key *key, const struct sock *sk)
{
	key->port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (key->family == WHY_IPV4)
		*(__u32 *)key->address = sk->__sk_common.skc_daddr;
	else
		bpf_probe_read_kernel(key->address, 16, &sk->__sk_common.skc_v6_daddr);
}

/* As many as RetransSegs counts of it. */
static __always_inline __u32 segments_of(const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = (const void *)skb->cb;
	__u16 segments = 1;

	bpf_probe_read_kernel(&segments, sizeof(segments), &cb->tcp_gso_segs);
	return segments;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(btf_resent, const struct sock *sk, const struct sk_buff *skb)
{
	__u8 state = sk->__sk_common.skc_state;
	struct why_resend_key key = {};

	if (!begin_key(&key, sk, state == TCP_SYN_SENT ? WHY_RESENT_SYN : WHY_RESENT_DATA))
		return 0;
	/*
	 * Of the two ports the service has the lower one: the other is of the ephemeral range. A
	 * child that is not accepted yet sends its SYN-ACK with fast open.
	 */
	if (state != TCP_SYN_SENT &&
	    sk->__sk_common.skc_num <= bpf_ntohs(sk->__sk_common.skc_dport)) {
		key.is_local = 1;
		name_local(&key, sk);
	} else {
		name_remote(&key, sk);
	}
	count_resend(&key, segments_of(skb));
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(btf_resent_synack, const struct sock *sk)
{
	struct why_resend_key key = {};

	if (!begin_key(&key, sk, WHY_RESENT_SYNACK))
		return 0;
	key.is_local = 1;
	name_local(&key, sk);
	count_resend(&key, 1);
	return 0;
}
