// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the tests compare tcpwhy's ports tried with: counts them another way, by
 * kprobes on the kernel's check of one port, without a filter or a guess.
 */
#define TCPWHY_BPF
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common {
	__u16 skc_num;
};

struct sock {
	struct sock_common __sk_common;
};

#pragma clang attribute pop

struct search {
	__u64 began_ns;
	__u32 ports; /* different ones that were checked */
	__u32 last;
};

/* One connect that found a port. */
struct found {
	__u64 began_ns; /* CLOCK_MONOTONIC when it began */
	__u32 tid;
	__u32 tried;
	__u32 port;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

/* What the ring had no room for: must stay 0. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* struct sock * */
	__type(value, struct search);
} searches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} found SEC(".maps");

static __always_inline int checked(struct sock *sk, __u32 port)
{
	__u64 id = (__u64)sk, *count;
	struct search *search;
	__u32 zero = 0;

	count = bpf_map_lookup_elem(&calls, &zero);
	if (count)
		*count += 1; /* a kprobe is not preempted, and only tasks connect */
	search = bpf_map_lookup_elem(&searches, &id);
	if (search && search->last != port) {
		search->ports++;
		search->last = port;
	}
	return 0;
}

/*
 * Not at the search itself: what ran there would come between tcpwhy's look at
 * the kernel's state and the kernel's own.
 */
static __always_inline int begun(struct sock *sk)
{
	struct search fresh = { .began_ns = bpf_ktime_get_ns() };
	__u64 id = (__u64)sk;

	if (BPF_CORE_READ(sk, __sk_common.skc_num))
		bpf_map_delete_elem(&searches, &id); /* bound before: no search */
	else
		bpf_map_update_elem(&searches, &id, &fresh, BPF_ANY);
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(oracle_connect4, struct sock *sk)
{
	return begun(sk);
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(oracle_connect6, struct sock *sk)
{
	return begun(sk);
}

SEC("kprobe/__inet_check_established")
int BPF_KPROBE(oracle_check4, void *death_row, struct sock *sk, __u16 port)
{
	return checked(sk, port);
}

SEC("kprobe/__inet6_check_established")
int BPF_KPROBE(oracle_check6, void *death_row, struct sock *sk, __u16 port)
{
	return checked(sk, port);
}

/* Comes when the search has found a port. */
SEC("kprobe/tcp_connect")
int BPF_KPROBE(oracle_found, struct sock *sk)
{
	__u64 id = (__u64)sk, *count;
	struct search *search = bpf_map_lookup_elem(&searches, &id);
	struct found *record;
	__u32 zero = 0;

	if (!search)
		return 0;
	record = bpf_ringbuf_reserve(&found, sizeof(*record), 0);
	if (record) {
		record->began_ns = search->began_ns;
		record->tid = bpf_get_current_pid_tgid();
		record->port = BPF_CORE_READ(sk, __sk_common.skc_num);
		/* A port that nobody holds is taken without a check. */
		record->tried = search->ports + (search->last != record->port);
		record->pad = 0;
		bpf_ringbuf_submit(record, 0);
	} else {
		count = bpf_map_lookup_elem(&lost, &zero);
		if (count)
			*count += 1;
	}
	bpf_map_delete_elem(&searches, &id);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
