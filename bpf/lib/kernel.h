/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, only the fields in use. CO-RE moves each access to where
 * the running kernel has the field, so order and padding here mean nothing.
 */
#ifndef TCPWHY_KERNEL_H
#define TCPWHY_KERNEL_H

#define TCPWHY_BPF
#include <linux/types.h>
#include <stddef.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_SCTP 132
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define EINTR 4
#define EAGAIN 11
#define EEXIST 17
#define EADDRINUSE 98
#define EADDRNOTAVAIL 99
#define ECONNABORTED 103
#define EINPROGRESS 115
#define ERESTARTSYS 512 /* and three more up to ERESTART_RESTARTBLOCK */
#define ERESTART_RESTARTBLOCK 516
#define SOCK_BINDADDR_LOCK 4
#define LOOPBACK4 bpf_htonl(0x7f000001)

enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LISTEN = 10,
	TCP_NEW_SYN_RECV = 12,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_array {
	void *pptrs[1]; /* of a per-CPU array: an element's address, the same for every CPU */
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct in_addr {
	__be32 s_addr;
};

struct sockaddr_in {
	__be16 sin_port;
	struct in_addr sin_addr;
};

struct ns_common {
	unsigned int inum;
};

struct local_ports {
	__u32 range; /* high << 16 | low */
};

/* The sysctls' sizes differ (u8 since 5.13): read them with read_any(). */
struct netns_ipv4 {
	struct local_ports ip_local_ports;
	int sysctl_ip_local_port_step_width; /* after 6.18 */
	int sysctl_tcp_syncookies;
	int sysctl_tcp_abort_on_overflow;
};

struct linux_mib {
	unsigned long mibs[2];
};

struct netns_mib {
	struct linux_mib *net_statistics; /* per CPU */
};

struct net {
	struct ns_common ns;
	struct netns_mib mib;
	struct netns_ipv4 ipv4;
};

/* Until d9f28735af87 (6.8) the range was int[2] under a seqlock. */
struct local_ports___seqlock {
	int range[2];
};

struct netns_ipv4___seqlock {
	struct local_ports___seqlock ip_local_ports;
};

struct net___seqlock {
	struct netns_ipv4___seqlock ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct sock *skc_listener; /* of a struct request_sock */
};

typedef struct {
	int counter;
} atomic_t;

struct socket;

struct kernfs_node {
	__u64 id; /* the inode of the cgroup's directory */
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

/* Before 8520e224f547 (5.15). */
struct sock_cgroup_data___word {
	__u64 val;
};

struct sock {
	struct sock_common __sk_common;
	__u8 sk_userlocks : 4;
	__u16 sk_protocol;
	int sk_err;
	int sk_err_soft;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	atomic_t sk_drops;
	struct socket *sk_socket;
	struct sock_reuseport *sk_reuseport_cb; /* the group that shares the port */
	struct sock_cgroup_data sk_cgrp_data;
};

struct sock_reuseport {
	__u16 num_socks; /* those that listen */
};

/* The sockets of one port. Negative: no bind() is among them, connect() may add its own. */
struct inet_bind_bucket {
	signed char fastreuse;
	signed char fastreuseport;
};

struct request_sock {
	struct request_sock *dl_next; /* the next one in the accept queue */
	struct sock *sk; /* the connection */
};

struct request_sock_queue {
	atomic_t qlen;
	atomic_t young;
	struct request_sock *rskq_accept_head;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
	__u32 local_port_range; /* high << 16 | low, 0 if not set */
};

/* From 91d0b78c5177 (6.3) to 6.7, and where that was taken back to older kernels. */
struct inet_sock___pair {
	struct {
		__u16 lo;
		__u16 hi;
	} local_port_range;
};

struct inet_timewait_sock {
	struct inet_bind_bucket *tw_tb;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct inet_bind_bucket *icsk_bind_hash;
	struct request_sock_queue icsk_accept_queue;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 write_seq;
	__u32 copied_seq; /* up to where the program has read */
	__u32 rcv_nxt;
	__u64 tcp_mstamp; /* µs of CLOCK_MONOTONIC: the last packet, in or out */
};

typedef enum {
	SS_FREE = 0,
	SS_UNCONNECTED,
} socket_state;

struct socket {
	socket_state state;
	struct sock *sk;
};

struct inode {
	__u16 i_mode;
	unsigned long i_ino;
};

struct net_device {
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
	char cb[48];
};

/* What TCP keeps in skb->cb. */
struct tcp_skb_cb {
	__u16 tcp_gso_segs;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	struct nsproxy *nsproxy;
	struct task_struct *group_leader;
	struct files_struct *files;
	char comm[16];
};

struct seq_file {
	void *private;
};

/* Where a walk over TCP sockets is: first come those that listen, then the others. */
enum tcp_seq_states {
	TCP_SEQ_STATE_LISTENING,
	TCP_SEQ_STATE_ESTABLISHED,
};

struct tcp_iter_state {
	enum tcp_seq_states state;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#pragma clang attribute pop

/* An integer field whose size the kernel has changed. */
#define read_any(pointer, field) BPF_CORE_READ_BITFIELD_PROBED(pointer, field)

/*
 * Since a35b9af4ec2c (6.2) an address can be given a type, and reads are plain loads,
 * which cost a tenth of a call of bpf_probe_read_kernel(). Whether a kernel has that is
 * known when the program is loaded, so that it keeps only one of two ways.
 */
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

enum special_kfunc_type {
	KF_bpf_rdonly_cast = 0,
};

#define has_casts bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

#define cast(type, address) \
	((type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))

/* address->field, and address->pointer->field. */
#define read_field(type, address, field) \
	(has_casts ? cast(type, address)->field : BPF_CORE_READ((type *)(address), field))
#define read_behind(type, address, pointer, field)       \
	(has_casts ? cast(type, address)->pointer->field \
		   : BPF_CORE_READ((type *)(address), pointer, field))

/*
 * Whether a walk over TCP sockets has seen every one that listens. A program that then
 * returns 1 ends the walk: the other sockets are many more.
 */
static __always_inline bool is_past_listeners(const struct bpf_iter__tcp *ctx)
{
	struct tcp_iter_state *walk = ctx->meta->seq->private;

	return BPF_CORE_READ(walk, state) != TCP_SEQ_STATE_LISTENING;
}

/* The inode that /proc/PID/fd shows for the socket; 0: its owner has closed it. */
#define inode_behind(socket)                                                         \
	({                                                                           \
		void *alloc = (void *)(socket);                                      \
		alloc ? read_field(struct socket_alloc, alloc, vfs_inode.i_ino) : 0; \
	})
#define inode_of(sk) inode_behind(read_field(struct sock, sk, sk_socket))

#endif
