/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How __inet_hash_connect() walks the port range, so that the number of ports
 * it passed follows from where it began and where it ended.
 *
 * It begins at offset = (table_perturb[index] + (port_offset >> 32)) % remaining,
 * takes every second port of the range (first those with the parity of its low
 * end, then the others), and after a success stores
 * table_perturb[index] += max(i, random(8) * step) + step, i being the distance
 * walked in the last pass. Same in 5.10 to 7.2, but for
 *  - 207184853dbd (6.8): a socket with IP_LOCAL_PORT_RANGE walks every port in
 *    one pass; before, it walked like the others;
 *  - sysctl ip_local_port_step_width (after 6.18): a random stride if set.
 */
#ifndef TCPWHY_CONNECT_WALK_H
#define TCPWHY_CONNECT_WALK_H

#include "kernel.h"
#include "connect_config.h"

struct why_walk {
	__u32 low; /* first port */
	__u32 remaining; /* ports in the cycle */
	__u32 step; /* 2, or 1; 0: not a walk that can be followed */
	__u32 start; /* port_offset >> 32 */
	__u32 index; /* into table_perturb */
	__u32 perturb; /* table_perturb[index] at entry */
	__u32 own; /* IP_LOCAL_PORT_RANGE, or 0 */
	__u32 ended; /* *ended_of(index) at entry */
	__u32 unseen; /* ended_unseen at entry */
};

/* The old seqlock is not taken: a sysctl written at this very moment may tear. */
static __always_inline void read_range(struct net *net, bool direct, __u32 *low, __u32 *high)
{
	struct net___seqlock *old = (void *)net;
	__u32 both, ends[2] = {};

	if (bpf_core_field_exists(net->ipv4.ip_local_ports.range)) {
		both = direct ? net->ipv4.ip_local_ports.range
			      : BPF_CORE_READ(net, ipv4.ip_local_ports.range);
		*low = both & 0xffff;
		*high = both >> 16;
	} else {
		bpf_core_read(ends, sizeof(ends), &old->ipv4.ip_local_ports.range);
		*low = ends[0];
		*high = ends[1];
	}
}

/* IP_LOCAL_PORT_RANGE of the socket: high << 16 | low, or 0. */
static __always_inline __u32 own_range(struct tcp_sock *tp, bool direct)
{
	struct inet_sock___pair *pair = (void *)tp;

	if (bpf_core_field_exists(tp->inet_conn.icsk_inet.local_port_range))
		return direct ? tp->inet_conn.icsk_inet.local_port_range
			      : BPF_CORE_READ(tp, inet_conn.icsk_inet.local_port_range);
	if (bpf_core_field_exists(pair->local_port_range.lo))
		return (__u32)BPF_CORE_READ(pair, local_port_range.hi) << 16 |
		       BPF_CORE_READ(pair, local_port_range.lo);
	return 0;
}

/* inet_sk_get_local_port_range() */
static __always_inline void walk_begin(struct why_walk *walk, struct tcp_sock *tp, struct net *net,
				       __u64 port_offset, bool direct)
{
	__u32 low, high, own = own_range(tp, direct), step = 2, remaining;

	read_range(net, direct, &low, &high);
	if (own) {
		__u32 own_low = own & 0xffff, own_high = own >> 16;

		if (low <= own_low && own_low <= high)
			low = own_low;
		if (low <= own_high && own_high <= high)
			high = own_high;
		if (config.range_step_one)
			step = 1;
	}
	remaining = high - low + 1;
	if (step == 2 && remaining > 1)
		remaining &= ~1U;
	if (bpf_core_field_exists(net->ipv4.sysctl_ip_local_port_step_width) &&
	    (direct ? net->ipv4.sysctl_ip_local_port_step_width
		    : BPF_CORE_READ(net, ipv4.sysctl_ip_local_port_step_width)))
		step = 0;
	walk->own = own;
	walk->low = low;
	walk->remaining = remaining;
	walk->step = step;
	walk->start = port_offset >> 32;
	walk->index = (__u32)port_offset & config.perturb_mask;
}

/* The kernel allocates the table once, at boot. */
static const __u32 *perturb_table;

static __always_inline __u32 read_perturb(__u32 index)
{
	__u32 value = 0;

	if (!perturb_table)
		bpf_probe_read_kernel(&perturb_table, sizeof(perturb_table),
				      (const void *)config.table_perturb);
	/* What begins with 32 bits and the kernel has a type for. */
	if (has_casts)
		return cast(struct in6_addr, perturb_table + index)->in6_u.u6_addr32[0];
	bpf_probe_read_kernel(&value, sizeof(value), perturb_table + index);
	return value;
}

/*
 * Searches that found a port, by their entry of table_perturb, and what the last of
 * them left in it. Some entries share these: that makes a figure uncertain without
 * need, none certain without reason.
 */
#define ENDED_BITS 12
static __u32 ended[1 << ENDED_BITS];
static __u64 left_by_last[1 << ENDED_BITS]; /* entry + 1 << 32 | value; 0: not known */
static __u32 ended_unseen; /* where the entry is not known: no filter let them in */

static __always_inline __u32 *ended_of(__u32 index)
{
	return &ended[index & ((1 << ENDED_BITS) - 1)];
}

static __always_inline __u64 *left_of(__u32 index)
{
	return &left_by_last[index & ((1 << ENDED_BITS) - 1)];
}

static __always_inline void search_ended(__u32 index, __u64 left)
{
	*(volatile __u64 *)left_of(index) = left;
	__sync_fetch_and_add(ended_of(index), 1);
}

/* As the kernel does, max(distance, random(8) * step): the lesser of which tell nothing. */
static __always_inline __u32 most_random(__u32 step)
{
	return 7 * step;
}

/*
 * Whether the kernel's own state confirms the distance that was walked. The kernel
 * adds it to what the entry holds at the end, now end. That held, before:
 *
 * what we read at entry, if no search of this entry ended since: then an equal
 * advance says that none came between the kernel's own look and its sum either.
 * One between our look and the kernel's would add as much to the distance as to
 * the advance, but it would have ended.
 *
 * what the last search left, if some did. Then distance and advance come from two
 * looks at the entry that have nothing in common: had one of them not been what
 * the kernel saw, they would differ.
 */
static __always_inline bool walk_certain(const struct why_walk *walk, __u32 distance, __u32 end)
{
	__u64 left = *(volatile __u64 *)left_of(walk->index);
	__u32 step = walk->step, advance;

	if (*(volatile __u32 *)&ended_unseen != walk->unseen)
		return false;
	if (*(volatile __u32 *)ended_of(walk->index) == walk->ended) {
		advance = end - walk->perturb - step;
		return advance == distance ||
		       (advance > distance && advance <= most_random(step) && advance % step == 0);
	}
	advance = end - (__u32)left - step;
	return left >> 32 == walk->index + 1 && advance == distance && distance > most_random(step);
}

/* Ports passed by a search that took port, which is over; 0: not known. */
static __always_inline __u32 walk_end(const struct why_walk *walk, __u32 port, bool *certain)
{
	__u32 remaining = walk->remaining, step = walk->step;
	__u32 place = port - walk->low, offset, distance, end, passed = 0;

	*certain = false;
	if (!remaining || !step)
		return 0;
	offset = (walk->perturb + walk->start) % remaining;
	if (step == 2) {
		offset &= ~1U;
		if (place & 1) {
			offset++;
			passed = remaining / 2;
		}
	}
	distance = (place + remaining - offset) % remaining;
	passed += distance / step + 1;

	end = read_perturb(walk->index);
	*certain = walk_certain(walk, distance, end);
	search_ended(walk->index, (walk->index + 1ULL) << 32 | end);
	/* The first connect since boot fills the table with random numbers after we read it. */
	return walk->perturb || *certain ? passed : 0;
}

#endif
