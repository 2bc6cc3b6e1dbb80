/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/*
 * The one header that the BPF programs and the Swift host share: what crosses
 * the boundary, byte for byte. Fixed-width fields, explicit padding, sizes
 * asserted on both sides.
 */
#ifndef TCPWHY_H
#define TCPWHY_H

#ifndef TCPWHY_BPF
#include <linux/types.h>
#endif

#define WHY_COMM_LEN 16

/* IPv4 addresses occupy the first four bytes of these, the rest is zero. */
#define WHY_ADDR_LEN 16

enum why_family {
	WHY_IPV4 = 4,
	WHY_IPV6 = 6,
};

enum why_kind {
	WHY_KIND_CONNECT = 0, /* connect(): the search of __inet_hash_connect() */
	WHY_KIND_BIND = 1, /* bind(port 0): the search of inet_csk_get_port() */
};

/*
 * Log-linear histogram: values below 8 have a bucket each, then every power of
 * two is cut in 8. A bucket's middle is at most 1/16 = 6.25 % from any value
 * in it. bucket(v) = v < 8 ? v : (e - 2) * 8 + ((v >> (e - 3)) & 7), e = log2(v).
 */
#define WHY_SUB_BUCKETS 8
#define WHY_NS_BUCKETS 256 /* up to 2^34 ns = 17 s, then clamped */
#define WHY_PORT_BUCKETS 120 /* up to 2^17 ports */
#define WHY_DEPTH_BUCKETS 120 /* up to 2^17 connections that wait */

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
	WHY_LOSS_COUNT = 3,
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

/* A destination whose held ports iter/tcp counts. */
struct why_range_key {
	__u8 remote[WHY_ADDR_LEN];
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 pad;
};

struct why_range_use {
	__u16 low; /* the range's first and last port, set by the host */
	__u16 high;
	__u32 time_wait;
	__u32 other; /* every other state: SYN_SENT, ESTABLISHED, FIN_WAIT… */
	__u32 first_time_wait; /* of those, on ports with the parity of low, */
	__u32 first_other; /* which a search tries before the rest */
	__u32 bound; /* of all, on ports that are in why_bound_ports, too */
	__u32 first_bound;
};

/* A bit for each port that a socket got by bind(). */
struct why_bound_ports {
	__u64 bits[1024];
};

/* Where connections of a service arrive, of which iter/tcp counts those that nobody reads. */
struct why_service_key {
	__u8 local[WHY_ADDR_LEN];
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 pad;
};

/* Accepted connections. Quiet: no packet came or went for WHY_QUIET_NS. */
struct why_service_use {
	__u32 established;
	__u32 close_wait;
	__u32 unread; /* established, quiet, with data that nobody has read */
	__u32 unread_close_wait; /* the same of CLOSE_WAIT */
	__u32 left_close_wait; /* no packet for WHY_LEFT_NS, and still not closed */
};

#define WHY_QUIET_NS 1000000000ULL
#define WHY_LEFT_NS 5000000000ULL

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

/* What came into a listener's accept queue, and left it. */
struct why_accept_stats {
	struct why_listener_name name;
	__u64 arrivals; /* the sum of depth_hist */
	__u64 depth_sum; /* connections that waited already when one came */
	__u64 depth_max;
	__u64 accepts;
	__u64 lost_on_close; /* connections that waited when it closed, and did not migrate */
	__u64 waits; /* accepts whose arrival was seen: the sum of wait_ns_hist */
	__u64 wait_ns_sum;
	__u64 wait_ns_max;
	__u32 wait_ns_hist[WHY_NS_BUCKETS];
	__u32 depth_hist[WHY_DEPTH_BUCKETS];
};

/* One counter each per CPU. */
enum why_accept_loss {
	WHY_ACCEPT_LOSS_ARRIVAL = 0, /* arrivals and queues that close in no row: table full */
	WHY_ACCEPT_LOSS_ACCEPT = 1, /* accepts in no row: table full, or listener not known */
	WHY_ACCEPT_LOSS_FAILURE = 2, /* calls that failed, in no row: table full */
	WHY_ACCEPT_LOSS_COUNT = 3,
};

/* Whose accept() failed, and why. */
struct why_accept_failure_key {
	__u32 pid; /* process (tgid) */
	__u32 netns; /* of the process: inode of the network namespace */
	__u32 error; /* positive */
	__u32 epoch; /* of the row, lib/epoch.h */
	char comm[WHY_COMM_LEN]; /* of the process's first thread */
};

struct why_accept_config {
	__u32 netns; /* filter: 0 is "all" */
};

#define WHY_PACKET_LISTEN 1 /* a listening socket's, which has it among its causes */
#define WHY_PACKET_EPOCH 2 /* the row is the second epoch's, lib/epoch.h */

/* Packets that the kernel freed as dropped (tracepoint kfree_skb) are counted by this. */
struct why_packet_key {
	__u64 location; /* the code that freed it */
	__u32 reason; /* enum skb_drop_reason of the running kernel; 0: it knows none */
	__u32 netns; /* inode of the network namespace; 0: not known */
	__u16 port; /* the local one, host order; 0: none, or no room for a count of its own */
	__u16 protocol; /* ETH_P_* */
	__u8 transport; /* IPPROTO_*; 0: not IP, or not known */
	__u8 flags; /* WHY_PACKET_* */
	__u16 stack; /* the end of its number (stack_keys.h), + 1; 0: none asked for */
};

/* One CPU's own count of a key; bits as above, and the epochs as there. */
#define WHY_NEAR_PACKET_BITS 6

struct why_near_packet {
	struct why_packet_key key;
	__u32 claims; /* who wanted the place: it is the first one's, if nobody came between */
	__u32 pad;
	__u64 count; /* 0: free, or just being taken */
};

/* What a SYN asked for that found no socket. */
struct why_refused_key {
	__u8 local[WHY_ADDR_LEN];
	__u32 netns;
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 epoch;
};

struct why_packet_config {
	__u32 netns; /* filter: 0 is "all" */
	__u32 refused_reason; /* NO_SOCKET; 0: not known */
	__u8 filter_reason; /* only those in the map packet_reasons */
	__u8 has_reason; /* the tracepoint says why (5.17) */
	__u8 has_receiver; /* and whose packet it was (6.11) */
	__u8 has_listeners; /* somebody writes lost_skb */
	__u8 stacks; /* keep the kernel's stack */
	__u8 pad[3];
};

/* What was sent again; Model's Resend.Kind has the same order. */
enum why_resent {
	WHY_RESENT_SYN = 0, /* of a connect */
	WHY_RESENT_SYNACK = 1, /* of a listening socket */
	WHY_RESENT_DATA = 2, /* of a connection that stands, its end included */
};

/* Whose packets were sent again: a service here, or a destination. */
struct why_resend_key {
	__u8 address[WHY_ADDR_LEN]; /* the service's, or the destination's */
	__u32 netns;
	__u16 port; /* host order */
	__u8 family; /* enum why_family */
	__u8 kind; /* enum why_resent */
	__u8 is_local; /* the service is here */
	__u8 epoch;
	__u16 pad;
};

struct why_resend_config {
	__u32 netns; /* filter: 0 is "all" */
};

struct why_conntrack_key {
	__u32 netns; /* inode of the network namespace */
	__u32 epoch;
};

struct why_conntrack_config {
	__u32 netns; /* filter: 0 is "all" */
};

_Static_assert(sizeof(struct why_resend_key) == 28, "wire size");
_Static_assert(sizeof(struct why_resend_config) == 4, "wire size");
_Static_assert(sizeof(struct why_conntrack_config) == 4, "wire size");
_Static_assert(sizeof(struct why_conntrack_key) == 8, "wire size");
_Static_assert(sizeof(struct why_packet_key) == 24, "wire size");
_Static_assert(sizeof(struct why_near_packet) == 40, "wire size");
_Static_assert(sizeof(struct why_packet_config) == 16, "wire size");
_Static_assert(sizeof(struct why_refused_key) == 24, "wire size");
_Static_assert(sizeof(struct why_listener_key) == 24, "wire size");
_Static_assert(sizeof(struct why_peer_key) == 32, "wire size");
_Static_assert(sizeof(struct why_listener_name) == 32, "wire size");
_Static_assert(sizeof(struct why_listener_stats) == 32 + 19 * 8, "wire size");
_Static_assert(sizeof(struct why_near_row) == 24 + 184 + 16 * 24, "wire size");
_Static_assert(sizeof(struct why_listener) == 64, "wire size");
_Static_assert(sizeof(struct why_loss_event) == 72, "wire size");
_Static_assert(sizeof(struct why_listener_config) == 24, "wire size");
_Static_assert(sizeof(struct why_accept_stats) == 32 + 8 * 8 + 376 * 4, "wire size");
_Static_assert(sizeof(struct why_accept_config) == 4, "wire size");
_Static_assert(sizeof(struct why_accept_failure_key) == 32, "wire size");
_Static_assert(sizeof(struct why_unix_key) == 144, "wire size");
_Static_assert(sizeof(struct why_connect_key) == 64, "wire size");
_Static_assert(sizeof(struct why_connect_stats) == 21 * 8 + 768 * 4, "wire size");
_Static_assert(sizeof(struct why_connect_row) == 64 + 21 * 8 + 768 * 4, "wire size");
_Static_assert(sizeof(struct why_connect_event) == 128, "wire size");
_Static_assert(sizeof(struct why_config) == 88, "wire size");
_Static_assert(sizeof(struct why_range_key) == 20, "wire size");
_Static_assert(sizeof(struct why_range_use) == 28, "wire size");
_Static_assert(sizeof(struct why_service_key) == 20, "wire size");
_Static_assert(sizeof(struct why_service_use) == 20, "wire size");

#endif
