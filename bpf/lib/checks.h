/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counted mode: how many ports a search checked. This runs once per port, so it
 * must cost next to nothing: a slot of an array, found by the socket's address,
 * instead of a look into the table of attempts.
 *
 * The search may sleep and wake on another CPU at every port; a slot belongs to
 * the socket, and only the thread that searches for it writes there. Two
 * searches that want one slot settle it by the number of claims: who finds its
 * own claim alone has the slot, the other counts in its attempt.
 */
#ifndef TCPWHY_CHECKS_H
#define TCPWHY_CHECKS_H

#define SLOT_BITS 12

struct why_slot {
	__u64 sk;
	__u32 claims;
	__u32 checks;
	__u64 last; /* port of the last check */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SLOT_BITS);
	__type(key, __u32);
	__type(value, struct why_slot);
} slots SEC(".maps");

static __always_inline struct why_slot *slot_of(const struct sock *sk)
{
	__u32 index = ((__u64)sk * 0x9e3779b97f4a7c15ULL) >> (64 - SLOT_BITS);

	return bpf_map_lookup_elem(&slots, &index);
}

static __always_inline void checks_begin(struct why_attempt *attempt, const struct sock *sk)
{
	struct why_slot *slot = slot_of(sk);

	if (!slot)
		return;
	/* Left by an earlier search of this socket whose return was missed: claimed already. */
	if (slot->sk != (__u64)sk) {
		__sync_fetch_and_add(&slot->claims, 1);
		if (slot->claims != 1)
			return;
	}
	slot->checks = 0;
	slot->last = 0;
	slot->sk = (__u64)sk;
}

static __always_inline void checks_end(struct why_attempt *attempt, const struct sock *sk)
{
	struct why_slot *slot = slot_of(sk);

	if (!slot)
		return;
	if (slot->sk == (__u64)sk) {
		attempt->checks = slot->checks;
		attempt->last_checked = slot->last;
		slot->sk = 0;
	}
	__sync_fetch_and_add(&slot->claims, -1);
}

static __always_inline int check_enter(struct sock *sk, __u16 port, bool rcu_lookup)
{
	struct why_attempt *attempt;
	struct why_slot *slot;

	/* From 6.15 on each port has one check with rcu_lookup, and maybe a second without. */
	if (config.check_has_rcu && !rcu_lookup)
		return 0;
	slot = slot_of(sk);
	if (slot && slot->sk == (__u64)sk) {
		slot->checks++;
		slot->last = port;
		return 0;
	}
	attempt = attempt_of(sk);
	if (attempt && attempt->flags & ATTEMPT_SEARCHING) {
		attempt->checks++;
		attempt->last_checked = port;
	}
	return 0;
}

#endif
