// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What an exact count of a listener's lost SYNs costs at least: the two counters of the
 * CPU's share, before and after, and their growth added to the socket's row. It says
 * neither why, nor from whom, nor whether the socket is still the one of that address.
 */
#include "../bpf/lib/kernel.h"
#include "../bpf/lib/hash.h"
#include "../bpf/lib/kernel_counters.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ROW_BITS 5

struct call {
	__u64 offset; /* of this CPU's data; 0: not read yet */
	__u64 counters; /* this CPU's linux_mib of the socket's namespace, its address */
	__u64 before[2];
};

struct row {
	__u64 grown[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << ROW_BITS);
	__type(key, __u32);
	__type(value, struct row);
} rows SEC(".maps");

extern const void __per_cpu_offset __ksym;

static __always_inline struct call *this_call(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&calls, &first);
}

SEC("fentry/tcp_conn_request")
int BPF_PROG(request_entry, void *ops, void *af_ops, struct sock *sk)
{
	struct call *call = this_call();

	if (!call)
		return 0;
	if (!call->offset)
		bpf_probe_read_kernel(&call->offset, sizeof(call->offset),
				      (const __u64 *)&__per_cpu_offset +
					      bpf_get_smp_processor_id());
	/* What was read as a pointer is a number once it comes out of the map. */
	call->counters = (__u64)sk->__sk_common.skc_net.net->mib.net_statistics;
	call->counters = *(volatile __u64 *)&call->counters + call->offset;
	/* The first two: which they are makes no difference to the cost. */
	read_two(call->before, call->counters);
	return 0;
}

SEC("fexit/tcp_conn_request")
int BPF_PROG(request_exit, void *ops, void *af_ops, struct sock *sk)
{
	struct call *call = this_call();
	__u64 id = (__u64)sk, now[2];
	struct row *row;
	__u32 place;

	if (!call)
		return 0;
	/* The verifier allows no arithmetic with a pointer but a difference. */
	asm volatile("%0 -= %1" : "+r"(id) : "r"(call));
	place = hash_bits(id, ROW_BITS);
	row = bpf_map_lookup_elem(&rows, &place);
	if (!row)
		return 0;
	read_two(now, call->counters);
	row->grown[0] += now[0] - call->before[0];
	row->grown[1] += now[1] - call->before[1];
	return 0;
}
