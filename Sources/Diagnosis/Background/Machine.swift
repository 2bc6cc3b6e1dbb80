// SPDX-License-Identifier: Apache-2.0

extension Background {
    static let memory = Background(
        title: "TCP lacks memory, or there are too many orphans",
        kernel: """
            All sockets' buffers together are held below the third value of net.ipv4.tcp_mem (pages). From the \
            second on TCP is under pressure: windows shrink, and data that came out of order is thrown away \
            (tcp_prune_queue). Sockets that their program closed and that are not over yet are orphans; beyond \
            net.ipv4.tcp_max_orphans, or without memory, they are reset (TCPAbortOnMemory).
            """,
        measured:
            "TCPMemoryPressures, TCPAbortOnMemory, PruneCalled, RcvPruned, TCPRcvQDrop, and /proc/net/sockstat.",
        mistaken: "free memory of the machine does not matter: tcp_mem is a limit of its own, set at boot.",
        sources: "net/ipv4/tcp_timer.c (tcp_out_of_resources), net/ipv4/tcp_input.c; tcp(7)")

    static let conntrack = Background(
        title: "connection tracking has no room for new connections",
        kernel: """
            Where a rule needs connection tracking every connection has an entry, for as long as its timeout: \
            two minutes after it closed, five days while it is open. At net.netfilter.nf_conntrack_max \
            __nf_conntrack_alloc throws out an entry that is not assured yet (early_drop), and if there is none \
            the packet is dropped.
            """,
        measured: """
            Each refusal where early_drop finds nothing (fentry, kprobe): exact; else by the counter drop of \
            /proc/net/stat/nf_conntrack, in which other refusals are, too.
            """,
        mistaken: """
            The drop comes before any listening socket sees the packet: no listen counter moves. The limit can \
            be set in the initial namespace only and holds for each namespace. \
            "nf_conntrack: table full" in dmesg comes from every namespace, names none, and is limited in rate: it \
            counts nothing.
            """,
        sources: "net/netfilter/nf_conntrack_core.c; Documentation/networking/nf_conntrack-sysctl.rst")

    static let firewall = Background(
        title: "packets to a local service are dropped or rejected by a rule",
        kernel: """
            Packets that netfilter, a BPF filter, the reverse path filter or a check of signatures refuses are \
            freed with a reason (kfree_skb: NETFILTER_DROP, IP_RPFILTER, …), since Linux 5.17. A packet passes the \
            base chains of its hooks in order (nf_hook_slow): ingress, prerouting, then input where a local socket \
            is meant, or forward; the answer passes output and postrouting. nft_do_chain runs each chain's rules. \
            What one base chain accepts the next may drop; what one drops is gone. A rejection is a drop, too: \
            nft_reject sends a reset or an ICMP message first.
            """,
        measured: """
            Every dropped packet, by reason, place and port: exact with each backend. The reason does not name the \
            rule: at the end of the run nf_tables is asked for its chains and rules (NFT_MSG_GETCHAIN, \
            NFT_MSG_GETRULE; at most 4,096 of each), in the namespaces where netfilter dropped. Named is what every packet \
            to the port runs into; rules with more conditions, or in sets and maps, are named with "perhaps". Rules of \
            iptables-legacy are not read.
            """,
        mistaken: """
            A rule may be meant to drop: so this is never certain. A full connection tracking table drops in the \
            firewall's name. A client that is rejected fails at once (ECONNREFUSED, as if nobody listened); one whose SYN is \
            dropped tries again after 1 s, 3 s, 7 s. iptables may be iptables-nft: its tables are in nf_tables, but are \
            changed by iptables alone.
            """,
        sources: """
            include/net/dropreason-core.h, net/netfilter/core.c (nf_hook_slow), nf_tables_core.c (nft_do_chain), \
            nf_tables_api.c, nft_reject.c; nft(8); tcpwhy drops --reason
            """)

    static let retransmits = Background(
        title: "segments are sent again out of proportion, or connections end by reset",
        kernel: """
            What is not acknowledged in time is sent again: a SYN after 1 s, 3 s, 7 s; data after a timeout of at \
            least 200 ms (tcp_retransmit_timer), or when later segments are acknowledged.
            """,
        measured: """
            RetransSegs, TCPSynRetrans, TCPTimeouts, EstabResets of each namespace. Tail loss probes \
            (TCPLossProbes) are left out: they mostly answer an acknowledgement that was late.
            """,
        mistaken: """
            A listening socket that drops makes its clients send again: then that is the cause, and this follows \
            from it. Many programs close by reset on purpose.
            """,
        sources: "net/ipv4/tcp_timer.c, net/ipv4/tcp_output.c; nstat(8), ss -ti")

    static let processors = Background(
        title: "the kernel takes all CPU time, or one CPU has to take all packets",
        kernel: """
            Packets are worked on in software interrupts (softirq) on the CPU that the network card's queue \
            interrupts. With one queue that is one CPU, whatever the others do.
            """,
        measured: "/proc/stat per CPU; the functions by sampling.",
        mistaken: """
            Programs that use all CPUs are not this: CPUs are for that. On a machine that runs client and server \
            the kernel's share is high and healthy.
            """,
        sources: "Documentation/networking/scaling.rst; tcpwhy hotspots, tcpwhy profile")

    static let elsewhere = Background(
        title: "nothing is wrong in TCP: where the time goes instead",
        kernel: "No connection was lost or made to wait by what tcpwhy looks at, though there were some.",
        measured: "CPU samples of the whole run: the functions that took most.",
        mistaken: """
            CPUs that are idle mean that the service waits: for a database, a disk, a lock, another service. Its \
            own log and metrics know for what.
            """,
        sources: "tcpwhy profile -d 10 --svg where.svg; tcpwhy listeners")
}
