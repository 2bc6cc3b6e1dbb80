// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long do connections wait for accept, and how many wait already when one comes?
 *
 * inet_csk_complete_hashdance    a handshake's last ACK: enters the accept queue
 *   inet_csk_reqsk_queue_add     the queue itself, also from a SYN cookie or TCP Fast Open;
 *                                compilers put a copy of it into the one above
 * security_sock_graft            accept gives the connection to its caller
 * inet_csk_listen_stop           the listener closes: what waits is reset
 *
 * Not the return of inet_csk_accept(): that sleeps until there is something to
 * accept. Whoever slept when the trace began would return unseen, and with more
 * than a few that sleep a kretprobe has no instance left for the next.
 *
 * __sys_accept4                  the call itself: why it fails
 *
 * By tracepoints: inet_sock_set_state and the return of the system calls.
 */
#include "lib/kernel.h"
#include "lib/accept_closing.h"
#include "lib/accept_failures.h"
#include "lib/accept_rows.h"
#include "lib/accept_syscall.h"
#include "lib/syscall_context.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/inet_csk_complete_hashdance")
int BPF_PROG(fentry_finish, struct sock *sk, struct sock *child)
{
	return arrive_enter(sk, child, true);
}

SEC("fexit/inet_csk_complete_hashdance")
int BPF_PROG(fexit_finish, struct sock *sk, struct sock *child, void *request, bool own,
	     void *added)
{
	return arrive_exit(added != 0);
}

SEC("fentry/inet_csk_reqsk_queue_add")
int BPF_PROG(fentry_arrive, struct sock *sk, void *request, struct sock *child)
{
	return arrive_enter(sk, child, true);
}

SEC("fexit/inet_csk_reqsk_queue_add")
int BPF_PROG(fexit_arrive, struct sock *sk, void *request, struct sock *child, void *added)
{
	return arrive_exit(added != 0);
}

SEC("fentry/security_sock_graft")
int BPF_PROG(fentry_accept, struct sock *child)
{
	__u64 id;

	/* Loaded as an argument it is a pointer, which is no number to hash. */
	bpf_probe_read_kernel(&id, sizeof(id), ctx);
	return accepted(id, child);
}

SEC("fexit/__sys_accept4")
int BPF_PROG(fexit_call, int fd, void *address, void *length, int flags, int ret)
{
	return accept_returned(ret);
}

SEC("kretprobe/__sys_accept4")
int BPF_KRETPROBE(kretprobe_call, int ret)
{
	return accept_returned(ret);
}

SEC("fentry/inet_csk_listen_stop")
int BPF_PROG(fentry_close, struct sock *sk)
{
	return listener_closes(sk);
}

SEC("kprobe/inet_csk_complete_hashdance")
int BPF_KPROBE(kprobe_finish, struct sock *sk, struct sock *child)
{
	return arrive_enter(sk, child, false);
}

SEC("kretprobe/inet_csk_complete_hashdance")
int BPF_KRETPROBE(kretprobe_finish, long added)
{
	return arrive_exit(added != 0);
}

SEC("kprobe/inet_csk_reqsk_queue_add")
int BPF_KPROBE(kprobe_arrive, struct sock *sk, void *request, struct sock *child)
{
	return arrive_enter(sk, child, false);
}

SEC("kretprobe/inet_csk_reqsk_queue_add")
int BPF_KRETPROBE(kretprobe_arrive, long added)
{
	return arrive_exit(added != 0);
}

SEC("kprobe/security_sock_graft")
int BPF_KPROBE(kprobe_accept, struct sock *child)
{
	return accepted((__u64)child, child);
}

SEC("kprobe/inet_csk_listen_stop")
int BPF_KPROBE(kprobe_close, struct sock *sk)
{
	return listener_closes(sk);
}

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(raw_state, struct sock *sk, int from, int to)
{
	return state_changed(sk, from, to);
}

SEC("tp/syscalls/sys_exit_accept")
int tp_accept(struct why_syscall_exit *ctx)
{
	return syscall_accepted(ctx);
}

SEC("tp/syscalls/sys_exit_accept4")
int tp_accept4(struct why_syscall_exit *ctx)
{
	return syscall_accepted(ctx);
}

SEC("iter/tcp")
int note_waiting(struct bpf_iter__tcp *ctx)
{
	return note_listener(ctx, true);
}

SEC("iter/tcp")
int note_waiting_step(struct bpf_iter__tcp *ctx)
{
	return note_listener(ctx, false);
}
