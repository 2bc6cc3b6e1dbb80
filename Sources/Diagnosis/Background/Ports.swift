// SPDX-License-Identifier: Apache-2.0

extension Background {
    static let ports = Background(
        title: "connects fail, since no local port is left towards their destination",
        kernel: """
            A connect without a bind takes a port of net.ipv4.ip_local_port_range such that the four-tuple (both \
            addresses, both ports) is new. So the range is to be had once per source address and destination, and \
            a server behind a proxy is one destination. __inet_hash_connect returns EADDRNOTAVAIL after it has \
            tried all of the range but what net.ipv4.ip_local_reserved_ports keeps out.
            """,
        measured: """
            Searches that ended without a port: exact with each backend (with tracepoints by the socket's state, \
            which goes from SYN_SENT back to CLOSE without an error). The ports held by walking the kernel's table of \
            sockets.
            """,
        mistaken: """
            EADDRNOTAVAIL has other causes, in which nothing is searched: a socket that was bound to a port whose \
            four-tuple is taken (four-tuple-taken), and no source address (source-address-unavailable). \
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

    static let connectsFailing = Background(
        title: "connects fail, or nobody answers them",
        kernel: """
            connect() fails at once where the route lookup does (ENETUNREACH, EHOSTUNREACH, EACCES from a route of \
            the type prohibit) or a BPF program of its cgroup forbids it (EPERM). After the SYN a reset makes it \
            ECONNREFUSED (tcp_reset), an ICMP message EHOSTUNREACH, ENETUNREACH or ECONNREFUSED (tcp_v4_err, \
            icmp_err_convert), a neighbour that does not answer EHOSTUNREACH, and silence ETIMEDOUT after \
            net.ipv4.tcp_syn_retries. Most callers give up before that.
            """,
        measured: """
            Every connect by its errno, and those that their caller closed before an answer; whether a SYN went out, by \
            how far the connect came (__inet_hash_connect, or the socket's state): exact with each backend.
            """,
        mistaken: """
            A reset may come from a firewall on the way as well. Clients that try all addresses of a name (Happy \
            Eyeballs) give up or fail at one and succeed at another: that costs nobody a connection, and is shown as \
            possible only.
            """,
        sources: "net/ipv4/tcp_ipv4.c (tcp_v4_connect, tcp_v4_err), net/ipv4/icmp.c; connect(2), tcp(7)")

    static let fourTuple = Background(
        title: "sockets that are bound to a port find their four-tuple taken",
        kernel: """
            A socket that was bound to a port before connect() has no choice: __inet_check_established looks at this \
            one port, and returns EADDRNOTAVAIL if a connection with both addresses and both ports is there. A socket in \
            TIME_WAIT counts, whatever net.ipv4.tcp_tw_reuse says, unless both sides have timestamps.
            """,
        measured: "Connects that had a port and failed with EADDRNOTAVAIL: exact with each backend.",
        mistaken: """
            It is not port exhaustion, though the errno is the same: net.ipv4.ip_local_port_range does not matter. \
            Programs with a range of source ports of their own (HAProxy's source ADDRESS:20000-20100) have it as well.
            """,
        sources:
            "net/ipv4/inet_hashtables.c (__inet_check_established, __inet_hash_connect); ip(7): IP_BIND_ADDRESS_NO_PORT"
    )

    static let sourceAddress = Background(
        title: "connects fail, since the host has no source address towards the destination",
        kernel: """
            The route lookup chooses the source address. Without one it fails with EADDRNOTAVAIL before any port is \
            looked for: IPv6 is disabled (net.ipv6.conf.all.disable_ipv6) and with it ::1, or the address that the \
            socket was bound to was removed.
            """,
        measured:
            "Connects that failed with EADDRNOTAVAIL and never came to the search for a port: exact with each backend.",
        mistaken: """
            It is not port exhaustion, though the errno is the same. localhost means ::1 first in many programs: those \
            that go on with 127.0.0.1 lose nothing.
            """,
        sources:
            "net/ipv6/route.c, net/ipv6/ip6_output.c (ip6_dst_lookup_tail), net/ipv4/route.c; tcp_v6_connect")
}
