// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which listening socket loses connections, and why?
 *
 * tcp_conn_request            a SYN: accept queue or SYN queue full, no memory, …
 *   tcp_v4_route_req          whether there is a route back, and nobody refused
 * tcp_check_req               the handshake's last ACK: accept queue full
 * tcp_get_cookie_sock         the same with a SYN cookie
 * tcp_req_err                 an ICMP error ends a request
 *
 * and an iterator over the sockets that listen, with their queues.
 */
#include "lib/kernel.h"
#include "lib/listener_cause.h"
#include "lib/listener_handler.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/tcp_conn_request")
int BPF_PROG(fentry_request, void *ops, void *af_ops, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_REQUEST, sk, skb, true);
}

SEC("fexit/tcp_conn_request")
int BPF_PROG(fexit_request, void *ops, void *af_ops, struct sock *sk, struct sk_buff *skb)
{
	return request_exit(ctx, sk, skb, true);
}

SEC("fentry/tcp_check_req")
int BPF_PROG(fentry_ack, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_ACK, sk, skb, true);
}

SEC("fexit/tcp_check_req")
int BPF_PROG(fexit_ack, struct sock *sk, struct sk_buff *skb)
{
	return ack_exit(sk, skb, true);
}

SEC("fentry/tcp_get_cookie_sock")
int BPF_PROG(fentry_cookie, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_COOKIE, sk, skb, true);
}

SEC("fexit/tcp_get_cookie_sock")
int BPF_PROG(fexit_cookie, struct sock *sk, struct sk_buff *skb)
{
	return cookie_exit(sk, skb, true);
}

SEC("fentry/tcp_req_err")
int BPF_PROG(fentry_error, struct sock *sk)
{
	return error_enter(sk);
}

SEC("fexit/tcp_req_err")
int fexit_error(void *ctx)
{
	return error_exit();
}

SEC("fexit/tcp_v4_route_req")
int fexit_route4(__u64 *ctx)
{
	return route_asked(route_result(ctx));
}

SEC("fexit/tcp_v6_route_req")
int fexit_route6(__u64 *ctx)
{
	return route_asked(route_result(ctx));
}

SEC("kprobe/tcp_conn_request")
int BPF_KPROBE(kprobe_request, void *ops, void *af_ops, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_REQUEST, sk, skb, false);
}

SEC("kretprobe/tcp_conn_request")
int kretprobe_request(void *ctx)
{
	return request_exit(ctx, 0, 0, false);
}

SEC("kprobe/tcp_check_req")
int BPF_KPROBE(kprobe_ack, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_ACK, sk, skb, false);
}

SEC("kretprobe/tcp_check_req")
int kretprobe_ack(void *ctx)
{
	return ack_exit(0, 0, false);
}

SEC("kprobe/tcp_get_cookie_sock")
int BPF_KPROBE(kprobe_cookie, struct sock *sk, struct sk_buff *skb)
{
	return handler_enter(HANDLER_COOKIE, sk, skb, false);
}

SEC("kretprobe/tcp_get_cookie_sock")
int kretprobe_cookie(void *ctx)
{
	return cookie_exit(0, 0, false);
}

SEC("kprobe/tcp_req_err")
int BPF_KPROBE(kprobe_error, struct sock *sk)
{
	return error_enter(sk);
}

SEC("kretprobe/tcp_req_err")
int kretprobe_error(void *ctx)
{
	return error_exit();
}

SEC("kretprobe/tcp_v4_route_req")
int BPF_KRETPROBE(kretprobe_route4, long ret)
{
	return route_asked(ret != 0);
}

SEC("kretprobe/tcp_v6_route_req")
int BPF_KRETPROBE(kretprobe_route6, long ret)
{
	return route_asked(ret != 0);
}

SEC("iter/tcp")
int list_listeners(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	if (!sk) /* the end */
		return 0;
	if (is_past_listeners(ctx))
		return 1;
	if (sk->skc_state == TCP_LISTEN)
		write_listener(ctx->meta->seq, sk);
	return 0;
}
