/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/* What both sides share of connects, their failures, and connects to Unix sockets. */
#ifndef TCPWHY_CONNECT_H
#define TCPWHY_CONNECT_H

#include "tcpwhy.h"

enum why_kind {
	WHY_KIND_CONNECT = 0, /* connect(): the search of __inet_hash_connect() */
	WHY_KIND_BIND = 1, /* bind(port 0): the search of inet_csk_get_port() */
};

/* errno values have a counter each; slot 0 takes the ones beyond. */
#define WHY_ERRNO_SLOTS 136

struct why_connect_key {
	__u32 pid; /* process (tgid) */
	__u32 netns; /* inode of the network namespace */
	__u8 local[WHY_ADDR_LEN]; /* source address, if bound before connect; else 0 */
	__u8 remote[WHY_ADDR_LEN]; /* destination; 0 for bind */
	__u16 port; /* destination port, host order; 0 for bind */
	__u8 family; /* enum why_family */
	__u8 kind; /* enum why_kind */
	__u32 pad;
	char comm[WHY_COMM_LEN]; /* of the process's first thread */
};

struct why_connect_stats {
	__u64 connects; /* every attempt, failed ones included */
	__u64 abandoned; /* closed by its owner before an answer came */
	__u64 bound; /* had a port before connect: no search */
	__u64 reused; /* took over the four-tuple of a TIME_WAIT socket */
	__u64 untimed; /* no entry seen (missed, or begun before the trace) */
	__u64 unknown; /* no exit seen: outcome not known */
	__u64 no_port; /* EADDRNOTAVAIL after a search: it found no port */
	__u64 tuple_taken; /* EADDRNOTAVAIL, and the port was bound before: the four-tuple is taken */
	__u64 unsent; /* failed before the search: no route, no source address, not permitted */
	__u64 searches; /* timed searches: the sum of search_ns_hist */
	__u64 search_ns_sum;
	__u64 search_ns_max;
	__u64 tried; /* searches whose ports are known: the sum of tried_hist */
	__u64 tried_sum;
	__u64 tried_max;
	__u64 certain; /* of those, how many the kernel's own state confirms */
	__u64 checks; /* counted mode: calls of __inet_check_established() and its twin */
	__u64 calls; /* timed calls of tcp_v4_connect() or its twin */
	__u64 call_ns_sum;
	__u64 call_ns_max;
	__u32 own_range; /* IP_LOCAL_PORT_RANGE of the last socket that had one: high << 16 | low */
	__u32 epoch; /* of the row, lib/epoch.h */
	__u32 failed[WHY_ERRNO_SLOTS];
	__u32 search_ns_hist[WHY_NS_BUCKETS];
	__u32 call_ns_hist[WHY_NS_BUCKETS];
	__u32 tried_hist[WHY_PORT_BUCKETS];
};

/* Its place in the table is a number made of the key, lib/keyed_row.h. */
struct why_connect_row {
	struct why_connect_key key;
	struct why_connect_stats stats;
};

/* How ports tried were found out, per search. */
enum why_method {
	WHY_METHOD_NONE = 0, /* not measured, or there was no search */
	WHY_METHOD_DERIVED = 1, /* from table_perturb and the port chosen */
	WHY_METHOD_COUNTED = 2, /* calls of __inet_check_established() */
};

enum why_outcome {
	WHY_OUTCOME_ESTABLISHED = 0,
	WHY_OUTCOME_FAILED = 1, /* error says why */
	WHY_OUTCOME_ABANDONED = 2,
};

#define WHY_EVENT_CERTAIN 1 /* ports_tried is confirmed by the kernel's state */
#define WHY_EVENT_BOUND 2 /* no search: the port was bound before */
#define WHY_EVENT_REUSED 4 /* a TIME_WAIT socket gave up its four-tuple */
#define WHY_EVENT_SEARCHED 8 /* search_ns holds a measured time */

/* One connect (or bind), sent when its outcome is known. */
struct why_connect_event {
	__u64 time_ns; /* CLOCK_MONOTONIC at the call's entry */
	struct why_connect_key key;
	__u8 source[WHY_ADDR_LEN];
	__u64 search_ns;
	__u64 call_ns; /* tcp_v4_connect() from entry to return */
	__u64 total_ns; /* entry to outcome: the handshake included */
	__u32 tid;
	__u32 ports_tried;
	__u16 source_port; /* host order; 0 if none was found */
	__u16 error; /* errno, positive; 0 unless failed */
	__u8 outcome; /* enum why_outcome */
	__u8 method; /* enum why_method */
	__u8 flags; /* WHY_EVENT_* */
	__u8 pad;
};

/* Losses, one counter each per CPU. */
enum why_loss {
	WHY_LOSS_RING = 0, /* events that found the ring buffer full */
	WHY_LOSS_ATTEMPT = 1, /* connects whose timing had no room */
	WHY_LOSS_EXIT = 2, /* kretprobe: entry seen, return not */
	WHY_LOSS_UNIX = 3, /* connects to full Unix sockets, in no row: table full */
	WHY_LOSS_COUNT = 4,
};

struct why_config {
	__u32 pid; /* filters: 0 or empty is "all" */
	__u32 netns;
	__u8 dest[WHY_ADDR_LEN];
	__u8 dest_mask[WHY_ADDR_LEN];
	__u8 dest_family; /* 0: no filter on the destination */
	__u8 filter_comm;
	__u8 filter_cgroup; /* test against the map cgroup[0] */
	__u8 failed_only;
	__u16 port; /* destination port, host order */
	__u8 events; /* send struct why_connect_event */
	__u8 method; /* enum why_method */
	char comm[WHY_COMM_LEN];
	__u64 table_perturb; /* address of the kernel's table_perturb variable, or 0 */
	__u32 perturb_mask; /* entries - 1 */
	__u8 range_step_one; /* an IP_LOCAL_PORT_RANGE socket scans every port (6.8) */
	__u8 check_has_rcu; /* __inet_check_established() has rcu_lookup (6.15) */
	__u8 follow_call; /* find the socket of a returning call by its thread */
	__u8 from_states; /* tracepoint: SYN_SENT begins what no call was seen of */
	__u8 stacks; /* sum up the searches by stack, too */
	__u8 full_unix; /* count connects to Unix sockets whose queue is full */
	__u8 pad[6];
};

#define WHY_UNIX_PATH_LEN 108

/* Whose connect() to a Unix stream socket failed with EAGAIN: its queue is full. */
struct why_unix_key {
	__u32 pid; /* process (tgid) */
	__u32 netns; /* of the process: inode of the network namespace */
	__u32 epoch; /* of the row, lib/epoch.h */
	__u32 length; /* bytes of the path: an abstract name begins with a zero, and may hold more */
	char comm[WHY_COMM_LEN]; /* of the process's first thread */
	char path[WHY_UNIX_PATH_LEN]; /* as the caller gave it */
	__u32 pad;
};

_Static_assert(sizeof(struct why_unix_key) == 144, "wire size");
_Static_assert(sizeof(struct why_connect_key) == 64, "wire size");
_Static_assert(sizeof(struct why_connect_stats) == 21 * 8 + 768 * 4, "wire size");
_Static_assert(sizeof(struct why_connect_row) == 64 + 21 * 8 + 768 * 4, "wire size");
_Static_assert(sizeof(struct why_connect_event) == 128, "wire size");
_Static_assert(sizeof(struct why_config) == 88, "wire size");

#endif
