# shellcheck shell=bash
# The load: wrk, COMMAND in parallel, and what came of it.

declare -A CFG # the settings in force: settings.sh
LOAD_PID=''    # wrk
IDLE_PID=''    # who holds the idle connections
COMMAND_PID='' # COMMAND, and its process group
COMMAND_IS_MUTE='' # set when its output is not for the terminal
declare -A BEFORE=() # what the counters said before the load

# The kernel's own account of the server's namespace: overflows and drops of accept
# queues (the same two for all listeners together), and sockets in TIME-WAIT.
kernel_counters() {
  # shellcheck disable=SC2016 # awk's own variables
  in_ns "$(server_ns "$ID")" awk '
    $1 == "TcpExt:" && !n { n = split($0, name); next }
    $1 == "TcpExt:" { for (i = 2; i <= n; i++) v[name[i]] = $i }
    $1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == "tw") tw = $(i + 1) }
    END { print v["ListenOverflows"] + 0, v["ListenDrops"] + 0, tw + 0 }
  ' /proc/net/netstat /proc/net/sockstat
}

# The connections that the server's namespace has not tracked for want of room.
conntrack_drops() {
  local names=() values=() index sum=0
  {
    read -r -a names
    while read -r -a values; do
      for index in "${!names[@]}"; do
        [[ ${names[index]} != drop ]] || sum=$((sum + 16#${values[index]}))
      done
    done
  } < <(in_ns "$(server_ns "$ID")" cat /proc/net/stat/nf_conntrack)
  printf '%d\n' "$sum"
}

# error_kinds OFFSET: nginx's error lines from OFFSET on, without what differs
# from one to the next (time, process, connection, client), counted.
error_kinds() {
  # Whole-line work in awk only, and no regex before the count: there may be
  # hundreds of thousands of lines.
  tail -c "+$(($1 + 1))" -- "$DIR/nginx-error.log" | awk '
    {
      end = index($0, ", client: ")
      line = end ? substr($0, 1, end - 1) : $0
      text = substr(line, index(line, ": ") + 2)
      if (substr(text, 1, 1) == "*") text = substr(text, index(text, " ") + 1)
      count[$3 " " text]++
    }
    END { for (kind in count) print count[kind] "\t" kind }
  ' | sort -rn
}

# figures FILE: wrk's own figures, one "NAME VALUE" a line.
figures() {
  awk '
    / requests in / { requests = $1 }
    /^Requests\/sec:/ { rate = $2 }
    /Non-2xx or 3xx responses:/ { errors = $NF }
    /^ +50%/ { p50 = $2 }
    /^ +99%/ { p99 = $2 }
    /Socket errors:/ { sub(/^.*Socket errors: /, ""); socket = $0 }
    END {
      printf "requests: %d\n", requests
      printf "requests/s: %.1f\n", rate
      printf "good requests/s: %.1f\n", requests ? rate * (requests - errors) / requests : 0
      printf "errors (non-2xx): %d\n", errors
      printf "error share: %.2f %%\n", requests ? 100 * errors / requests : 0
      printf "socket errors: %s\n", socket ? socket : "none"
      printf "latency: median %s, 99th percentile %s\n", p50, p99
    }
  ' "$1"
}

note_counters() {
  BEFORE[log]=$(stat -c %s -- "$DIR/nginx-error.log" 2>/dev/null || echo 0)
  read -r 'BEFORE[overflows]' 'BEFORE[drops]' _ < <(kernel_counters)
  ((CFG[conntrack] == 0)) || BEFORE[conntrack]=$(conntrack_drops)
}

# From wrk's output, nginx's log, and the kernel's counters, all since note_counters.
summarise() {
  local name overflows drops tw kinds settings=''
  read -r overflows drops tw < <(kernel_counters)
  for name in port-range tw-reuse time-wait somaxconn backlog php-backlog children php-ms php-nice bursts nginx-workers keepalive conntrack; do
    settings+="${settings:+, }$name ${CFG[$name]}"
  done
  printf 'settings: %s\n' "$settings"
  printf 'load: %s s, %s connections, %s threads, IPv%s\n' \
    "$(awk '/ requests in / { print $4 + 0 }' "$DIR/wrk.out")" "${CFG[connections]}" "${CFG[threads]}" "${CFG[family]}"
  figures "$DIR/wrk.out"
  printf 'kernel: %d accept queue overflows, %d connections dropped at a listener, %d sockets in TIME-WAIT at the end\n' \
    $((overflows - BEFORE[overflows])) $((drops - BEFORE[drops])) "$tw"
  ((CFG[conntrack] == 0)) || printf 'conntrack: %d packets dropped, %d connections in the table at the end\n' \
    $(($(conntrack_drops) - BEFORE[conntrack])) \
    "$(in_ns "$(server_ns "$ID")" cat /proc/sys/net/netfilter/nf_conntrack_count)"
  progress "reading nginx's error log"
  kinds=$(error_kinds "${BEFORE[log]}")
  progress_end
  if [[ -z $kinds ]]; then
    printf "nginx's error log: empty\n"
  else
    printf "nginx's error log, most frequent first:\n"
    # sed and not head: it reads to the end, so that nothing dies of SIGPIPE.
    sed -n 1,5p <<<"$kinds" | while IFS=$'\t' read -r count kind; do printf '%9d  %s\n' "$count" "$kind"; done
  fi
}

# The address that the client calls.
target() { if [[ ${CFG[family]} == 6 ]]; then printf '%s' "$SERVER6"; else printf '%s' "$SERVER4"; fi; }

# Opens the idle connections, one after the other, and waits until all are open.
start_idle() {
  ((CFG[idle])) || return 0
  local tick
  : >"$DIR/idle.out"
  (
    ulimit -n $((CFG[idle] + 256)) 2>/dev/null || true
    # shellcheck disable=SC2016 # for the inner shell
    exec nsenter --net="$NETNS_DIR/$(client_ns "$ID")" -- bash -c '
      for ((n = 0; n < $2; n++)); do exec {file}<>"/dev/tcp/$1/80" || exit; done
      echo open
      exec sleep 1000000' bash "$(target)" "${CFG[idle]}"
  ) </dev/null >"$DIR/idle.out" 2>&1 &
  IDLE_PID=$!
  for ((tick = 0; tick < 300; tick++)); do
    [[ $(<"$DIR/idle.out") != open ]] || return 0
    kill -0 "$IDLE_PID" 2>/dev/null || break
    sleep 0.1
  done
  die "cannot open ${CFG[idle]} idle connections: $(<"$DIR/idle.out")"
}

end_idle() {
  [[ -n $IDLE_PID ]] || return 0
  kill -KILL "$IDLE_PID" 2>/dev/null
  wait "$IDLE_PID" 2>/dev/null || true
  IDLE_PID=
}

start_command() {
  local measure=$((CFG[seconds] > CFG[unmeasured] ? CFG[seconds] - CFG[unmeasured] : 1))
  # Job control gives COMMAND its own process group, so that we can end it and all
  # its children, and leaves Ctrl-C working in it; without, bash would have its
  # background jobs ignore SIGINT.
  set -m
  LAB_NETNS=$(server_ns "$ID") LAB_NETNS_CLIENT=$(client_ns "$ID") \
    LAB_DIR=$DIR LAB_SECONDS=${CFG[seconds]} LAB_MEASURE=$measure "${COMMAND[@]}" </dev/null &
  COMMAND_PID=$!
  set +m
}

# Waits until COMMAND ends, or for as long as --grace says, then ends it; returns its status.
await_command() {
  local status=0 tick started=$SECONDS pid=$COMMAND_PID
  while kill -0 "$pid" 2>/dev/null && ((SECONDS - started < CFG[grace])); do
    [[ -t 1 ]] || ((SECONDS - started < 2)) || progress "waiting for ${COMMAND[0]}, $((SECONDS - started)) of ${CFG[grace]} s"
    sleep 0.1
  done
  progress_end
  if kill -0 "$pid" 2>/dev/null; then
    say "${COMMAND[0]} still runs ${CFG[grace]} s after the load: ending it (see --grace)"
    kill -INT -- "-$pid" 2>/dev/null || true
    for ((tick = 0; tick < 30; tick++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  wait "$pid" 2>/dev/null || status=$?
  # What it may have left running in its process group.
  end_command TERM
  return "$status"
}

# Whether the load ends when COMMAND does: one that is slow to begin, as in a guest,
# would measure the silence after it.
outlasts() { ((CFG[outlast] && ${#COMMAND[@]})); }

start_wrk() {
  local target seconds=${CFG[seconds]}
  target=$(target)
  ! outlasts || seconds=$((seconds + CFG[grace]))
  [[ ${CFG[family]} != 6 ]] || target="[$target]"
  (
    # wrk needs one file per connection, more than the usual 1024 allow.
    ulimit -n $((CFG[connections] + 256)) 2>/dev/null || true
    exec nsenter --net="$NETNS_DIR/$(client_ns "$ID")" -- \
      wrk --latency -t "${CFG[threads]}" -c "${CFG[connections]}" -d "${seconds}s" "http://$target:80/"
  ) </dev/null >"$DIR/wrk.out" 2>&1 &
  LOAD_PID=$!
}

await_wrk() {
  local status=0 started=$SECONDS
  # sleep in short steps, since bash acts on a signal only once the step is over.
  while kill -0 "$LOAD_PID" 2>/dev/null; do
    # A COMMAND that writes to the terminal has it to itself.
    [[ -n $COMMAND_PID && -t 1 && -z $COMMAND_IS_MUTE ]] || progress "load, $((SECONDS - started)) of ${CFG[seconds]} s"
    sleep 0.2
    if outlasts && ((SECONDS - started >= CFG[seconds])) && ! kill -0 "$COMMAND_PID" 2>/dev/null; then
      # It sums up what it has done so far.
      kill -INT "$LOAD_PID" 2>/dev/null || true
    fi
  done
  progress_end
  wait "$LOAD_PID" || status=$?
  LOAD_PID=
  end_idle
  ((status)) || return 0
  sed 's/^/lab: wrk: /' "$DIR/wrk.out" >&2
  show_logs
  die "wrk failed"
}

# Starts wrk, and COMMAND in parallel.
begin_load() {
  fill_time_wait
  # What an earlier load left in the table may stay for minutes.
  ((CFG[conntrack] == 0)) || in_ns "$(server_ns "$ID")" conntrack --flush >/dev/null 2>&1 \
    || die "cannot empty the table of connections: conntrack failed"
  note_counters
  start_idle
  start_wrk
  ((${#COMMAND[@]} == 0)) || start_command
}

# A whole load, and what came of it; returns COMMAND's status.
do_load() {
  begin_load
  await_wrk
  if ((${#COMMAND[@]})); then
    summarise >&2
    await_command
  else
    summarise
  fi
}
