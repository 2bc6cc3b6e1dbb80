// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How often was there no room for a connection to track? __nf_conntrack_alloc() has
 * early_drop() throw out an entry of a full table; when that finds none which may go,
 * the new connection gets none, and its packet is dropped.
 */
#include "lib/kernel.h"
#include "include/conntrack.h"
#include "lib/count.h"
#include "lib/epoch.h"
#include "lib/table_full.h"

const volatile struct why_conntrack_config config SEC(".rodata.config") = {};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_conntrack_key);
	__type(value, __u64);
} conntrack_rows SEC(".maps");

static __always_inline int count_full(__u32 netns)
{
	struct why_conntrack_key key = { .netns = netns, .epoch = epoch };

	if (config.netns && config.netns != netns)
		return 0;
	if (!count_under(&conntrack_rows, &key, 1))
		count_table_full();
	return 0;
}

/* It returns an int, or a bool of which the upper bytes mean nothing: 0 or 1. */
SEC("fexit/early_drop")
int BPF_PROG(fexit_early_drop, struct net *net, unsigned int hash, int ret)
{
	return (__u8)ret ? 0 : count_full(net->ns.inum);
}

/*
 * Calls under way. A softirq may come in between and call it as well, in the name of
 * the same thread: only the stack's end tells the two apart.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* stack pointer at the entry */
	__type(value, __u32); /* inode of the network namespace */
} conntrack_calls SEC(".maps");

/* On x86 a return takes the return address from the stack. */
#ifdef __TARGET_ARCH_x86
#define RETURN_SIZE 8
#else
#define RETURN_SIZE 0
#endif

SEC("kprobe/early_drop")
int BPF_KPROBE(kprobe_early_drop, struct net *net)
{
	__u64 stack = PT_REGS_SP(ctx);
	__u32 netns = BPF_CORE_READ(net, ns.inum);

	bpf_map_update_elem(&conntrack_calls, &stack, &netns, BPF_ANY);
	return 0;
}

SEC("kretprobe/early_drop")
int BPF_KRETPROBE(kretprobe_early_drop, int ret)
{
	__u64 stack = PT_REGS_SP(ctx) - RETURN_SIZE;
	__u32 *netns = bpf_map_lookup_elem(&conntrack_calls, &stack);

	if (!(__u8)ret) {
		if (netns)
			count_full(*netns);
		else
			count_table_full();
	}
	bpf_map_delete_elem(&conntrack_calls, &stack);
	return 0;
}
