// SPDX-License-Identifier: Apache-2.0

extension Background {
    static let ports = Background(
        title: "connects fail, since no local port is left towards their destination",
        kernel: """
            A connect without a bind takes a port of net.ipv4.ip_local_port_range such that the four-tuple (both \
            addresses, both ports) is new. So the range is to be had once per destination address and port, and \
            a server behind a proxy is one destination. __inet_hash_connect returns EADDRNOTAVAIL after it has \
            tried all of the range.
            """,
        measured: """
            Failures by errno of every connect, exact with each backend; the ports held by walking the kernel's \
            table of sockets.
            """,
        mistaken: """
            Ports in TIME_WAIT are held on the side that closed first. net.ipv4.tcp_tw_reuse=1 lets connects take \
            them over after a second; 2, the default, towards loopback only. net.ipv4.tcp_tw_recycle broke \
            clients behind NAT and is gone since Linux 4.12. net.ipv4.tcp_fin_timeout does not shorten TIME_WAIT, \
            which is always 60 seconds.
            """,
        sources:
            "net/ipv4/inet_hashtables.c (__inet_hash_connect), net/ipv4/tcp_ipv4.c (tcp_twsk_unique); ip(7)")

    static let search = Background(
        title: "connects try many ports until one is free",
        kernel: """
            __inet_hash_connect begins at a random place of the range and takes every second port, then the \
            others, until __inet_check_established finds one whose four-tuple is new. In a range that is nearly \
            full that takes thousands of tries, each with a lock, in the connect call itself.
            """,
        measured: """
            The time of each search (fentry, kprobe), and the ports tried from where it began and which it took, \
            or counted. With tracepoints the tries are estimated from how full the range is, the time from the \
            connect call and CPU samples.
            """,
        mistaken: """
            It shows as system time of the client, never as an error. A range of which just more than a half is \
            held costs already: every search passes the first half in vain.
            """,
        sources: "net/ipv4/inet_hashtables.c; tcpwhy ports")

    static let bind = Background(
        title: "bind() to port 0 searches long, or fails",
        kernel: """
            bind() before connect() must choose a port without knowing the destination, so that it has to be free \
            towards all of them: inet_csk_get_port walks the range and fails with EADDRINUSE when all is held. \
            With the socket option IP_BIND_ADDRESS_NO_PORT the choice is left to connect, which knows the \
            destination.
            """,
        measured:
            "Calls, failures by errno and time of inet_csk_get_port; with tracepoints of the system call.",
        mistaken:
            "A program that binds only to choose its source address mostly does not know that it also asks for a port.",
        sources: "net/ipv4/inet_connection_sock.c (inet_csk_get_port); ip(7): IP_BIND_ADDRESS_NO_PORT")

    static let timeWait = Background(
        title: "there are as many TIME_WAIT sockets as are allowed",
        kernel: """
            A side that closes first keeps the connection for 60 seconds in TIME_WAIT. Beyond \
            net.ipv4.tcp_max_tw_buckets the kernel closes without it (TCPTimeWaitOverflow).
            """,
        measured:
            "TCPTimeWaitOverflow, and the sockets there are (/proc/net/sockstat): exact, per namespace.",
        mistaken: """
            Nothing fails at once; but late packets of the old connection may reach a new one, and the other side \
            may be left in LAST_ACK. Many TIME_WAIT sockets are no fault by themselves: each takes some 250 bytes.
            """,
        sources: "net/ipv4/inet_timewait_sock.c, net/ipv4/tcp_minisocks.c (tcp_time_wait); tcp(7)")
}
