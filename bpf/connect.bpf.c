// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What does a connect pay for its port?
 *
 * tcp_v4_connect / tcp_v6_connect     the call: who, where to, result
 *   __inet_hash_connect               the search: time, ports tried
 *   tcp_connect                       its end, should that be missed (kprobe only)
 *     __inet_check_established        one port (counted mode only)
 * inet_csk_get_port(port 0)           the search of bind()
 * inet_sock_set_state, tcp_set_state  SYN_SENT left: established, refused, …
 * unix_stream_connect                 the queue of a Unix socket is full
 *
 * Each hook has an fentry/fexit and a kprobe/kretprobe entry into one body; the
 * tracepoint backend sees the system calls and the state changes only.
 */
#include "lib/kernel.h"
#include "lib/connect_attempt.h"
#include "lib/connect_call.h"
#include "lib/connect_config.h"
#include "lib/connect_filter.h"
#include "lib/connect_outcome.h"
#include "lib/connect_search.h"
#include "lib/connect_syscall.h"
#include "lib/connect_unix.h"
#include "lib/syscall_context.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * A function of its own: of the eight changes of state that a connect and its accept come
 * to, seven leave at once, and save none of the registers that this one needs.
 */
static __noinline int left_syn_sent(struct sock *sk, int to, bool direct)
{
	struct why_attempt *attempt = attempt_of(id_of(sk, direct));
	__be16 dport;
	__u32 error;

	if (!attempt)
		return 0;
	dport = direct ? sk->__sk_common.skc_dport : BPF_CORE_READ(sk, __sk_common.skc_dport);
	/* Not if it is left of a socket that was here before, whose return or end was missed. */
	if (attempt->done || attempt->key.port != bpf_ntohs(dport))
		return 0;
	if (to != TCP_CLOSE) {
		attempt_outcome(attempt, sk, WHY_OUTCOME_ESTABLISHED, 0);
		return 0;
	}
	if (attempt->key.netns != netns_of_socket(sk, direct))
		return 0;
	error = direct ? sk->sk_err : BPF_CORE_READ(sk, sk_err);
	if (!error && !attempt->in_call)
		error = attempt->soft_error ?: soft_error_of(sk, direct);
	if (error)
		attempt_outcome(attempt, sk, WHY_OUTCOME_FAILED, error);
	else if (!attempt->in_call)
		attempt_outcome(attempt, sk, WHY_OUTCOME_ABANDONED, 0);
	else if (config.from_states && attempt->flags & ATTEMPT_SEARCHING)
		state_search_failed(attempt);
	return 0;
}

static __always_inline int state_change(struct sock *sk, int from, int to, bool direct)
{
	if (from == TCP_SYN_SENT)
		return left_syn_sent(sk, to, direct);
	if (to == TCP_SYN_SENT && config.from_states)
		return state_syn_sent(sk);
	return 0;
}

SEC("fentry/tcp_v4_connect")
int BPF_PROG(fentry_connect4, struct sock *sk, void *uaddr)
{
	return connect_enter(sk, uaddr, false, true);
}

SEC("fentry/tcp_v6_connect")
int BPF_PROG(fentry_connect6, struct sock *sk, void *uaddr)
{
	return connect_enter(sk, uaddr, true, true);
}

SEC("fexit/tcp_v4_connect")
int BPF_PROG(fexit_connect4, struct sock *sk, void *uaddr, int addr_len, int ret)
{
	return connect_exit(sk, uaddr, ret, false);
}

SEC("fexit/tcp_v6_connect")
int BPF_PROG(fexit_connect6, struct sock *sk, void *uaddr, int addr_len, int ret)
{
	return connect_exit(sk, uaddr, ret, true);
}

SEC("fentry/__inet_hash_connect")
int BPF_PROG(fentry_search, void *death_row, struct sock *sk, __u64 port_offset)
{
	return search_enter(ctx, sk, port_offset, true);
}

SEC("fexit/__inet_hash_connect")
int BPF_PROG(fexit_search, void *death_row, struct sock *sk, __u64 port_offset)
{
	return search_exit(sk, port_offset, true);
}

SEC("fentry/__inet_check_established")
int BPF_PROG(fentry_check4, void *death_row, struct sock *sk, __u16 port)
{
	return check_enter(sk, port, config.check_has_rcu ? ctx[4] & 0xff : true, true);
}

SEC("fentry/__inet6_check_established")
int BPF_PROG(fentry_check6, void *death_row, struct sock *sk, __u16 port)
{
	return check_enter(sk, port, config.check_has_rcu ? ctx[4] & 0xff : true, true);
}

SEC("fentry/inet_csk_get_port")
int BPF_PROG(fentry_bind, struct sock *sk, unsigned short port)
{
	return bind_enter(ctx, sk, port, true);
}

SEC("fexit/inet_csk_get_port")
int BPF_PROG(fexit_bind, struct sock *sk, unsigned short port, int ret)
{
	return port ? 0 : bind_exit(sk, ret, true);
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(kprobe_connect4, struct sock *sk, void *uaddr)
{
	return connect_enter(sk, uaddr, false, false);
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(kprobe_connect6, struct sock *sk, void *uaddr)
{
	return connect_enter(sk, uaddr, true, false);
}

SEC("kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(kretprobe_connect4, int ret)
{
	return followed_exit(ret);
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(kretprobe_connect6, int ret)
{
	return followed_exit(ret);
}

SEC("kprobe/__inet_hash_connect")
int BPF_KPROBE(kprobe_search, void *death_row, struct sock *sk, __u64 port_offset)
{
	return search_enter(ctx, sk, port_offset, false);
}

SEC("kretprobe/__inet_hash_connect")
int BPF_KRETPROBE(kretprobe_search)
{
	return search_exit(followed_socket(), 0, false);
}

SEC("kprobe/tcp_connect")
int BPF_KPROBE(kprobe_syn, struct sock *sk)
{
	return syn_enter(sk);
}

SEC("kprobe/__inet_check_established")
int BPF_KPROBE(kprobe_check4, void *death_row, struct sock *sk, __u16 port, void *twp,
	       int rcu_lookup)
{
	return check_enter(sk, port, rcu_lookup & 0xff, false);
}

SEC("kprobe/__inet6_check_established")
int BPF_KPROBE(kprobe_check6, void *death_row, struct sock *sk, __u16 port, void *twp,
	       int rcu_lookup)
{
	return check_enter(sk, port, rcu_lookup & 0xff, false);
}

SEC("kprobe/inet_csk_get_port")
int BPF_KPROBE(kprobe_bind, struct sock *sk, unsigned short port)
{
	return bind_enter(ctx, sk, port, false);
}

SEC("kretprobe/inet_csk_get_port")
int BPF_KRETPROBE(kretprobe_bind, int ret)
{
	return bind_exit(followed_socket(), ret, false);
}

SEC("raw_tp/inet_sock_set_state")
int raw_state(struct bpf_raw_tracepoint_args *ctx)
{
	return state_change((struct sock *)ctx->args[0], ctx->args[1], ctx->args[2], false);
}

/* Where the tracepoint is; unlike its programs, a kprobe's is never preempted. */
SEC("kprobe/tcp_set_state")
int BPF_KPROBE(kprobe_state, struct sock *sk, int state)
{
	return state_change(sk, BPF_CORE_READ(sk, __sk_common.skc_state), state, false);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(btf_state, struct sock *sk, int from, int to)
{
	return state_change(sk, from, to, true);
}

SEC("fexit/unix_stream_connect")
int BPF_PROG(fexit_unix, void *socket, void *address, int length, int flags, int ret)
{
	return unix_connected(ret);
}

SEC("kretprobe/unix_stream_connect")
int BPF_KRETPROBE(kretprobe_unix, int ret)
{
	return unix_connected(ret);
}

SEC("tp/syscalls/sys_enter_connect")
int tp_connect_enter(struct why_syscall_enter *ctx)
{
	return syscall_connect_enter(ctx);
}

SEC("tp/syscalls/sys_exit_connect")
int tp_connect_exit(struct why_syscall_exit *ctx)
{
	unix_connected(ctx->ret);
	return syscall_connect_exit(ctx);
}

SEC("tp/syscalls/sys_enter_bind")
int tp_bind_enter(struct why_syscall_enter *ctx)
{
	return syscall_bind_enter(ctx);
}

SEC("tp/syscalls/sys_exit_bind")
int tp_bind_exit(struct why_syscall_exit *ctx)
{
	return syscall_bind_exit(ctx);
}
