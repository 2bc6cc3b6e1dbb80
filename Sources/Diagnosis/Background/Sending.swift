// SPDX-License-Identifier: Apache-2.0

extension Background {
    static let qdiscDrops = Background(
        title: "the host's own queueing discipline drops what it sends",
        kernel: """
            Every packet passes the queueing discipline of its interface (__dev_queue_xmit, \
            net/core/dev.c). A queue that is full drops it (qdisc_drop; TCP learns of it at once, as \
            NET_XMIT_DROP, and sends less), tbf what is larger than its burst (tbf_enqueue), CoDel what waited \
            too long (codel_dequeue), netem what it was told to. TCP sends it again, after 200 ms or more \
            where nothing behind it is acknowledged.
            """,
        measured: """
            The qdiscs' own counters, read by netlink (RTM_GETQDISC) at the beginning and the end in each \
            network namespace: what tc -s qdisc shows. The tracepoint kfree_skb counts the same packets by \
            reason (QDISC_DROP and others, Linux 5.17). A parent's counter includes its children's.
            """,
        mistaken: """
            It looks like loss in the network, and is none: the packet never left the host. A packet of \
            segmentation offload counts as one, though it is many segments. Drops of CoDel, PIE or RED are \
            their way to slow senders down: some are healthy, and a longer queue is no cure. The interface's \
            own counters (ip -s link) do not show them.
            """,
        sources: "net/sched/sch_generic.c, net/sched/sch_tbf.c, include/net/codel_impl.h; tc(8), tc-tbf(8)")

    static let queueLostOnClose = Background(
        title: "listening sockets close with connections in their accept queues",
        kernel: """
            When the last descriptor of a listening socket is closed, tcp_close calls inet_csk_listen_stop, \
            which resets each connection that waits in its accept queue (inet_child_forget, tcp_disconnect). \
            Its client has been connected for a while and may have sent its request. Sockets that share a port \
            by SO_REUSEPORT have a queue each. With net.ipv4.tcp_migrate_req=1 (Linux 5.14) what waits goes to \
            another of them (reuseport_migrate_sock), and handshakes that are not over do, too.
            """,
        measured: """
            The queue's length (sk_ack_backlog) at each close: at inet_csk_listen_stop (fentry, kprobe), or \
            where the socket's state changes from LISTEN to CLOSE (tracepoint inet_sock_set_state), just before \
            it. What migrates is not counted. Connections that their client has ended by then are.
            """,
        mistaken: """
            No listen counter moves: neither ListenDrops nor ListenOverflows. Clients see "connection reset by \
            peer", and the server's log has nothing, since it never accepted. tcp_migrate_req helps only where \
            another socket listens on the port at that moment; a process that opens its socket after the old one \
            closed finds an empty queue.
            """,
        sources: """
            net/ipv4/inet_connection_sock.c (inet_csk_listen_stop), net/core/sock_reuseport.c; \
            Documentation/networking/ip-sysctl.rst (tcp_migrate_req)
            """)
}
