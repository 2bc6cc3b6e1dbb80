// SPDX-License-Identifier: Apache-2.0

extension Background {
    static let acceptQueue = Background(
        title: "connections find a listening socket's accept queue full",
        kernel: """
            A connection whose handshake is over waits in the accept queue until the program calls accept(). \
            The queue holds the smaller of listen()'s backlog and net.core.somaxconn, plus one. While it is \
            full tcp_conn_request drops SYNs, and tcp_v4_syn_recv_sock drops the last ACK of handshakes that had \
            begun: the client believes it is connected, and the server sends its SYN-ACK again. With \
            net.ipv4.tcp_abort_on_overflow it gets a reset. A SYN is sent again after 1, 3, 7, … seconds: that \
            is what clients feel.
            """,
        measured: """
            With fentry or kprobes by what the kernel's own counters (ListenOverflows, ListenDrops) grow by \
            inside these functions: exact, per socket and cause. With tracepoints by the socket's own counter \
            (sk_drops), which counts a drop at the last ACK twice or more.
            """,
        mistaken: """
            netstat -s counts overflows of the whole namespace and does not name the socket. Recv-Q of ss -lt \
            is the queue at this moment: bursts pass between two looks. A longer queue does not help a program \
            that is too slow: connections only wait longer (see workers-too-few). Raising somaxconn alone \
            changes nothing until the program calls listen() again.
            """,
        sources: "net/ipv4/tcp_input.c, net/ipv4/tcp_ipv4.c, net/ipv4/tcp_minisocks.c; listen(2), tcp(7)")

    static let workers = Background(
        title: "a server accepts more slowly than connections come",
        kernel: """
            Connections wait in the accept queue from inet_csk_reqsk_queue_add (inet_csk_complete_hashdance) to \
            inet_csk_accept. If the queue never runs empty, whoever accepts is the limit: all of a pool's \
            processes are busy, or a single process is busy or blocked.
            """,
        measured: """
            Wait and number of every accepted connection (fentry, kprobe; with tracepoints at the system call), \
            and the queue's length each second. How many wait on average follows from both by Little's law: \
            accepts per second times mean wait. The number of workers that is proposed is one for each \
            connection that is served, waits, or stays away since it found no room.
            """,
        mistaken: """
            A client that gives up (nginx logs 499) is a consequence. So is a full accept queue, if the queue is \
            never empty. More workers need more memory, and put more load on what they call: if they all wait \
            for a database, that is where to look.
            """,
        sources: "net/ipv4/inet_connection_sock.c; php-fpm: pm.max_children, its status page")

    static let synQueue = Background(
        title: "a listening socket has too many half-open connections",
        kernel: """
            A SYN that was answered waits for the client's last ACK. Such requests are counted per socket \
            (icsk_accept_queue.qlen), and when there are as many as the accept queue holds, tcp_conn_request \
            answers with a SYN cookie (net.ipv4.tcp_syncookies=1) or drops the SYN (0). Without cookies the \
            last quarter of net.ipv4.tcp_max_syn_backlog is kept for peers that are known.
            """,
        measured: """
            TCPReqQFullDrop and TCPReqQFullDoCookies, exactly per socket with fentry or kprobes; else of the \
            namespace.
            """,
        mistaken: """
            A cookie is no loss: the connection comes about, though without window scaling and SACK if the \
            client sends no timestamps. Requests also stay when the accept queue is full: then that is the cause.
            """,
        sources: "net/ipv4/tcp_input.c (tcp_conn_request), net/ipv4/syncookies.c; tcp(7)")

    static let flood = Background(
        title: "SYNs whose senders do not go on: a SYN flood",
        kernel: """
            Every SYN takes memory, or a cookie's computation, and fills the SYN queue. Senders with forged \
            addresses never send the last ACK.
            """,
        measured: """
            By how many of the handshakes are completed: connections that came about and cookies that came back, \
            against cookies sent and SYNs dropped. A burst of real clients completes most of them.
            """,
        mistaken: """
            "Possible SYN flooding on port" in the kernel's log is printed for any full SYN queue, floods or not. \
            With cookies on (the default) a flood costs CPU time, but no connections.
            """,
        sources: "net/ipv4/syncookies.c, net/ipv4/tcp_input.c (tcp_syn_flood_action)")

    static let noListener = Background(
        title: "clients connect to a port where nobody listens",
        kernel: """
            A SYN for which there is no listening socket is answered with a reset (tcp_v4_send_reset), and the \
            packet is freed with the reason NO_SOCKET. The client sees "connection refused" (ECONNREFUSED).
            """,
        measured: """
            SYNs that found no socket, by the address and port that they asked for (tracepoint kfree_skb, since Linux \
            5.17), and local connects that failed with ECONNREFUSED: exact. Before 5.17 packets by port, without \
            ports of the ephemeral range.
            """,
        mistaken: """
            Late packets of connections that are over find no socket either, but they are no SYNs. Monitoring that \
            looks at a closed port once a second, and scanners, are no fault: so few refusals are only possible. A \
            client that tries ::1 before 127.0.0.1 is refused once and goes on. A firewall that rejects with a reset \
            looks the same to the client (see firewall-drops).
            """,
        sources: "net/ipv4/tcp_ipv4.c (tcp_v4_rcv), net/ipv6/tcp_ipv6.c (tcp_v6_rcv)")

    static let listenerElsewhere = Background(
        title: "clients connect to another address than the one that the service listens on",
        kernel: """
            A listening socket that is bound to an address gets connections to that address only \
            (__inet_lookup_listener, compute_score). To any other address of the host, at the same port, the kernel \
            answers with a reset, as if nobody listened.
            """,
        measured: """
            SYNs that found no socket, by the address and port that they asked for, beside the addresses of the \
            sockets that listen on the port: exact.
            """,
        mistaken: """
            A socket on [::] takes IPv4 connections, too, unless it is set to IPv6 alone (IPV6_V6ONLY, \
            net.ipv6.bindv6only). A socket on 127.0.0.1 is not asked by clients that resolve localhost to ::1. The \
            port of a container is another namespace's.
            """,
        sources: "net/ipv4/inet_hashtables.c (__inet_lookup_listener); ip(7), ipv6(7)")
}
