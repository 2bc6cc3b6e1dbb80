/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of what listening sockets lose. */
#ifndef TCPWHY_LISTENER_H
#define TCPWHY_LISTENER_H

#include "tcpwhy.h"

/* Why a listening socket lost a connection; Model's ListenCause has the same order. */
enum why_cause {
	WHY_CAUSE_ACCEPT_QUEUE_FULL_SYN = 0,
	WHY_CAUSE_ACCEPT_QUEUE_FULL_ACK = 1,
	WHY_CAUSE_ACCEPT_QUEUE_FULL_RESET = 2,
	WHY_CAUSE_SYN_QUEUE_FULL = 3,
	WHY_CAUSE_SYN_COOKIE_SENT = 4,
	WHY_CAUSE_COOKIE_ACCEPT_QUEUE_FULL = 5,
	WHY_CAUSE_LAST_QUARTER = 6,
	WHY_CAUSE_NO_MEMORY = 7,
	WHY_CAUSE_NO_ROUTE = 8,
	WHY_CAUSE_DEFERRED_ACCEPT = 9,
	WHY_CAUSE_ICMP_ERROR = 10,
	WHY_CAUSE_OTHER = 11,
	WHY_CAUSE_COUNT = 12,
};

/*
 * The kernel's counters that a loss shows in, TcpExt in /proc/net/netstat. In the
 * kernel, too, the first two are neighbours, and the next two: one read has both.
 */
enum why_mib {
	WHY_MIB_LISTEN_OVERFLOWS = 0,
	WHY_MIB_LISTEN_DROPS = 1,
	WHY_MIB_REQUEST_QUEUE_COOKIES = 2, /* TCPReqQFullDoCookies */
	WHY_MIB_REQUEST_QUEUE_DROP = 3, /* TCPReqQFullDrop */
	WHY_MIB_DEFERRED = 4, /* TCPDeferAcceptDrop */
	WHY_MIB_COUNT = 5,
};

struct why_listener_key {
	__u64 id; /* the socket's address */
	__u32 inode; /* 0: the owner had closed it */
	__u32 netns; /* inode of the network namespace */
	__u16 port; /* host order */
	__u16 pad;
	__u32 epoch; /* of the row, lib/epoch.h */
};

/* Whose connections a listener lost. */
struct why_peer_key {
	__u64 listener; /* id and inode of struct why_listener_key */
	__u32 inode;
	__u32 epoch;
	__u8 address[WHY_ADDR_LEN]; /* an IPv4 address in IPv6 form, ::ffff:0:0/96 */
};

struct why_listener_name {
	__u8 address[WHY_ADDR_LEN];
	__u8 family; /* enum why_family; of an IPv6 socket 6, whatever it accepts */
	__u8 v6only;
	__u8 reuseport;
	__u8 in_cgroup; /* in the one that is wanted, or all are */
	__u32 pad;
	__u64 cgroup; /* where it was made: the directory's inode; 0: not known */
};

struct why_listener_stats {
	struct why_listener_name name;
	__u64 first_ns; /* CLOCK_MONOTONIC of the first loss */
	__u64 last_ns; /* of the last one, to a tick */
	__u64 last_tick; /* in jiffies */
	__u64 mib[WHY_MIB_DEFERRED]; /* the counters before that one: it has a cause of its own */
	__u64 causes[WHY_CAUSE_COUNT];
};

/*
 * What one CPU counts without the tables that all share; bits, so that a hash finds it. The
 * rows of the second epoch follow those of the first.
 */
#define WHY_NEAR_ROW_BITS 5
#define WHY_NEAR_PEER_BITS 4

struct why_near_peer {
	__u8 address[WHY_ADDR_LEN]; /* as in struct why_peer_key */
	__u64 count; /* 0: free */
};

struct why_near_row {
	struct why_listener_key key; /* id 0: free */
	struct why_listener_stats stats;
	struct why_near_peer peers[1 << WHY_NEAR_PEER_BITS];
};

/* One listening socket, as the iterator writes it. */
struct why_listener {
	struct why_listener_name name;
	__u32 inode;
	__u32 drops; /* sk_drops */
	__u32 accept_queue;
	__u32 backlog; /* min(listen()'s, somaxconn) */
	__u32 syn_queue;
	__u32 young;
	__u16 port; /* host order */
	__u16 pad;
	__u32 pad2;
};

/* One loss of a listener, if events are wanted and not too many. */
struct why_loss_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u8 local[WHY_ADDR_LEN]; /* of the packet: where its sender wanted to go */
	__u8 remote[WHY_ADDR_LEN];
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u8 family; /* enum why_family; 0: the packet is not known (ICMP) */
	__u8 cause; /* enum why_cause */
	__u16 pad;
	__u32 netns; /* inode of the network namespace */
	__u32 inode; /* of the socket */
	__u32 accept_queue; /* length at that moment */
	__u32 backlog; /* its limit */
	__u32 syn_queue;
	__u32 pad2;
};

/* Events that were not sent, one counter each per CPU. */
enum why_unsent {
	WHY_UNSENT_RING = 0, /* the ring buffer was full */
	WHY_UNSENT_RATE = 1, /* more than a reader could follow */
	WHY_UNSENT_COUNT = 2,
};

struct why_listener_config {
	__u32 listen_place; /* bytes into struct linux_mib: ListenOverflows, then ListenDrops */
	__u32 queue_place; /* of TCPReqQFullDoCookies, then TCPReqQFullDrop */
	__u32 deferred_place; /* of TCPDeferAcceptDrop */
	__u32 netns; /* filter: 0 is "all" */
	__u32 route_arguments; /* of tcp_v4_route_req(): its result comes after them; 0: no hook */
	__u8 events; /* send struct why_loss_event */
	__u8 peers; /* count whose connections are lost */
	__u8 stacks; /* count dropped SYNs by stack */
	__u8 pad;
};

_Static_assert(sizeof(struct why_listener_key) == 24, "wire size");
_Static_assert(sizeof(struct why_peer_key) == 32, "wire size");
_Static_assert(sizeof(struct why_listener_name) == 32, "wire size");
_Static_assert(sizeof(struct why_listener_stats) == 32 + 19 * 8, "wire size");
_Static_assert(sizeof(struct why_near_row) == 24 + 184 + 16 * 24, "wire size");
_Static_assert(sizeof(struct why_listener) == 64, "wire size");
_Static_assert(sizeof(struct why_loss_event) == 72, "wire size");
_Static_assert(sizeof(struct why_listener_config) == 24, "wire size");

#endif
