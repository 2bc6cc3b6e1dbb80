// SPDX-License-Identifier: Apache-2.0

/// What the owner of a listening socket does, and does not do.
extension Background {
    static let acceptFails = Background(
        title: "accept() fails: the server cannot take what waits",
        kernel: """
            accept() takes a descriptor first (get_unused_fd_flags), then a struct file (alloc_empty_file), \
            then the connection. EMFILE: the process has as many descriptors as RLIMIT_NOFILE allows. ENFILE: \
            the machine has fs.file-max files open. ENOMEM, ENOBUFS: no memory. The connection stays in the \
            accept queue, where it waits for the next call.
            """,
        measured: """
            The errors of accept() by process: at the return of __sys_accept4 (fentry, kprobe) or of the system \
            calls (tracepoints). EAGAIN, EINTR and ECONNABORTED are no failures. What io_uring accepts is not \
            among them. Limits are read from /proc/PID/limits and /proc/sys/fs.
            """,
        mistaken: """
            More workers of the same process make it worse, and a longer accept queue only lets more wait. \
            A program that never closes its connections (CLOSE_WAIT, see not-served) meets any limit. \
            ulimit -n in a shell says nothing of a service that systemd started.
            """,
        sources:
            "net/socket.c (__sys_accept4, do_accept), fs/file.c, fs/file_table.c; accept(2), getrlimit(2)")

    static let ownerStopped = Background(
        title: "the process that holds a listening socket does not run",
        kernel: """
            A stopped process (SIGSTOP, SIGTSTP, a debugger) and one in a frozen cgroup keep their sockets: the \
            kernel completes handshakes for them until the accept queue is full, and then drops SYNs \
            (tcp_conn_request). Clients connect and get no answer.
            """,
        measured: """
            The state of those that hold the socket (/proc/PID/stat: T stopped, t traced) and the freezer of their \
            cgroups (cgroup.freeze, or freezer.self_freezing of version 1), at the end of the run and at each \
            look at which connections wait.
            """,
        mistaken: """
            It looks like a server that hangs, or has too few workers. A frozen process shows state S or D, not T. \
            kill -CONT does not help while a debugger or a cgroup holds it.
            """,
        sources: "kernel/signal.c (do_signal_stop), kernel/cgroup/freezer.c; signal(7), cgroups(7)")

    static let acceptStalls = Background(
        title: "a server stalls: now and then it does not come to accept",
        kernel: """
            A server with one loop for everything accepts only when it comes round. A call that sleeps \
            (a query, a lock, a file, a plain sleep) or a long computation inside the loop makes all \
            connections wait as long in the accept queue, from inet_csk_reqsk_queue_add to inet_csk_accept.
            """,
        measured: """
            The wait of every accepted connection; what counts is its tail, not its median. What the owner does \
            is looked at each second while connections wait: whether it runs, and in which function of the kernel it \
            sleeps (/proc/PID/stack); and by the CPU time of its threads (/proc/PID/schedstat).
            """,
        mistaken: """
            A stall of 0.5 s in each 0.6 s is 487 ms at p99, and may be 20 µs in the median. CPU profiles \
            show nothing of a process that sleeps. Connections that are open already wait, too, and no queue \
            of the kernel shows these.
            """,
        sources: "net/ipv4/inet_connection_sock.c; epoll(7), proc(5)")

    static let throttled = Background(
        title: "a service's cgroup uses up its CPU time",
        kernel: """
            A cgroup with a quota may run so many microseconds in each period, on all CPUs together. When they are \
            used up, throttle_cfs_rq takes its tasks off the CPU until the period ends: everything that waits for \
            them waits as long, though CPUs are idle.
            """,
        measured: """
            nr_periods, nr_throttled and throttled_usec (throttled_time in version 1) of cpu.stat, for each \
            cgroup with a quota above a process that holds a listening socket, between the beginning and the end \
            of the run. The time is a sum over CPUs.
            """,
        mistaken: """
            The machine's CPUs look half idle meanwhile. A mean below the quota proves nothing: a burst of many \
            threads uses up a period's quota in a fraction of it. More workers use it up sooner.
            """,
        sources: "kernel/sched/fair.c (throttle_cfs_rq); Documentation/scheduler/sched-bwc.rst; cgroups(7)")

    static let notServed = Background(
        title: "connections are accepted and then not read, or not closed",
        kernel: """
            accept() only takes the connection out of the queue. What the client sends waits in the socket's \
            receive queue (rcv_nxt - copied_seq) until the program reads it in tcp_recvmsg. A client that gives \
            up sends a FIN: the socket is in CLOSE_WAIT until the program closes it.
            """,
        measured: """
            One walk over the sockets of each namespace at the end of the run: accepted ones (they have a struct \
            socket) in ESTABLISHED and CLOSE_WAIT that have unread data, and at which no packet came or went \
            (tcp_mstamp) for a second; and those in CLOSE_WAIT for five seconds. By the address that they \
            arrived at.
            """,
        mistaken: """
            An empty accept queue and fast handshakes do not show that a service answers. A few unread sockets \
            are healthy: a proxy that holds back a fast sender does not read either. A client may close its own \
            direction alone and wait for the answer (shutdown). A service that reads and never answers is not \
            seen here.
            """,
        sources: "net/ipv4/tcp.c (tcp_recvmsg, tcp_close_state), net/ipv4/tcp_input.c (tcp_fin); ss(8)")

    static let unixBacklog = Background(
        title: "a Unix stream socket's queue is full",
        kernel: """
            unix_stream_connect puts a connection into the receive queue of the listening socket, which holds \
            one more than listen()'s backlog (or net.core.somaxconn, if that is less). While it is full, who does not \
            want to wait gets EAGAIN at once; others sleep in unix_wait_for_peer.
            """,
        measured: """
            Connects that return EAGAIN, by path and caller: at the return of unix_stream_connect (fentry, \
            kprobe) or of connect() (tracepoints), from Linux 5.15 on. Those that wait instead are not seen. The \
            backlog comes from the kernel's socket diagnosis, as ss -lx shows it.
            """,
        mistaken: """
            nginx logs it as "connect() to unix:… failed (11: Resource temporarily unavailable)" and answers 502. \
            No counter of TCP shows it, and /proc/net/unix has no queues. A longer queue helps bursts; if php-fpm \
            has too few children for the load, requests only wait longer.
            """,
        sources:
            "net/unix/af_unix.c (unix_stream_connect, unix_recvq_full_lockless), net/unix/diag.c; unix(7)")
}
