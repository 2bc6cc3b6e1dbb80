# shellcheck shell=bash
# One lab, up and down again: its namespaces, its files, and what a killed one left.

declare -A CFG # the settings in force: settings.sh

# A lab is its id (tcpwhy-lab-PID for `run`, tcpwhy-lab for `start`), from which its
# namespaces are named; a temp dir; and a state file that names the dir. The state
# file is the first thing made and the last removed, so a lab killed with -9 can
# be found and removed whatever it had come to.
ID='' DIR=''
OWNED= # set once the lab is ours to remove
KEEP=  # set once it is to outlive this process

server_ns() { printf '%s-server' "$1"; }
client_ns() { printf '%s-client' "$1"; }

# nsenter and not `ip netns exec`: that one also makes a mount namespace, which would
# hold on to the mounts of every other lab.
in_ns() { local ns=$1; shift; nsenter --net="$NETNS_DIR/$ns" -- "$@"; }

ns_pids() {
  local ns
  for ns in "$(server_ns "$1")" "$(client_ns "$1")"; do
    [[ ! -e $NETNS_DIR/$ns ]] || ip netns pids "$ns" 2>/dev/null || true
  done
}

# end_pids SECONDS FUNCTION...: TERM, then KILL, to the processes FUNCTION lists, until none is left.
end_pids() {
  local patience=$1 tick pids signal=TERM
  shift
  for ((tick = 0; tick < patience * 10 + 20; tick++)); do
    pids=$("$@")
    [[ -n $pids ]] || return 0
    ((tick < patience * 10)) || signal=KILL
    # TERM once a second, not at every look: it also reaches what was forked since.
    if [[ $signal == KILL ]] || ((tick % 10 == 0)); then
      # shellcheck disable=SC2086 # one word per process is meant
      kill -"$signal" $pids 2>/dev/null || true
    fi
    sleep 0.1
  done
  say "processes that do not end: ${pids//$'\n'/ }"
}

# destroy ID DIR: removes a lab, or whatever there is of it.
destroy() {
  local id=$1 dir=$2 ns
  end_pids 3 ns_pids "$id"
  for ns in "$(client_ns "$id")" "$(server_ns "$id")"; do
    [[ ! -e $NETNS_DIR/$ns ]] || ip netns del "$ns" || true
  done
  [[ ! -s $dir/conntrack-max ]] || cat <"$dir/conntrack-max" >"$CONNTRACK_MAX"
  # The name is checked since it may come from a file and this is rm -rf.
  [[ $dir != */"$id".?????? ]] || rm -rf -- "$dir"
  rm -f -- "$RUNTIME/$id"
  rmdir -- "$RUNTIME" 2>/dev/null || true
}

# Runs at every exit, wanted or not.
cleanup() {
  local status=$?
  set +e
  # A second Ctrl-C must not stop the cleaning.
  trap '' INT TERM HUP PIPE
  progress_end
  end_command INT
  end_idle
  if [[ -n $LOAD_PID ]]; then
    kill -KILL "$LOAD_PID" 2>/dev/null
    wait "$LOAD_PID" 2>/dev/null
  fi
  if [[ -n $OWNED && -z $KEEP ]]; then
    # By number as well: a daemon forked a moment ago may not be in its namespace yet.
    ((${#DAEMONS[@]} == 0)) || kill -TERM "${DAEMONS[@]}" 2>/dev/null
    destroy "$ID" "$DIR"
  fi
  exit "$status"
}

# end_command SIGNAL: ends COMMAND and all it started, the polite way first.
end_command() {
  local signal tick
  [[ -n $COMMAND_PID ]] || return 0
  for signal in "$1" TERM KILL; do
    kill -"$signal" -- "-$COMMAND_PID" 2>/dev/null || break
    for ((tick = 0; tick < 30; tick++)); do
      kill -0 -- "-$COMMAND_PID" 2>/dev/null || break 2
      sleep 0.1
    done
  done
  wait "$COMMAND_PID" 2>/dev/null || true
  COMMAND_PID=
}

set_traps() {
  trap cleanup EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 141' PIPE # as when its output goes to head
}

# claim ID: makes the state file and the temp dir. Fails when the id is taken.
claim() {
  ID=$1
  mkdir -p -- "$RUNTIME"
  chmod 700 -- "$RUNTIME"
  # noclobber makes this the lock as well: of two `start`s at once, one fails here
  # and leaves the other's lab alone.
  (set -o noclobber; : >"$RUNTIME/$ID") 2>/dev/null || return 1
  OWNED=1
  DIR=$(mktemp -d -- "${TMPDIR:-/tmp}/$ID.XXXXXX")
  local name
  {
    printf 'dir=%s\n' "$DIR"
    for name in "${!CFG[@]}"; do printf '%s=%s\n' "$name" "${CFG[$name]}"; done
  } >"$RUNTIME/$ID"
}

# read_state ID: sets DIR and CFG from a state file. Read, not sourced: it is data.
read_state() {
  local key value
  [[ -r $RUNTIME/$1 ]] || return 1
  DIR=
  while IFS='=' read -r key value; do
    case $key in
      dir) DIR=$value ;;
      *) ! is_setting "$key" || CFG[$key]=$value ;;
    esac
  done <"$RUNTIME/$1"
}

set_sysctl() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  in_ns "$1" sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$2" "$3" \
    || die "cannot set net/$2 to \"$3\" in namespace $1"
}

# Connections are tracked in a namespace once a rule there asks for their state.
limit_conntrack() {
  in_ns "$1" nft -f - <<'END' || die "cannot track connections: nft failed"
table inet lab {
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
  }
}
END
  # The kernel has only this one; destroy puts it back.
  cat <"$CONNTRACK_MAX" >"$DIR/conntrack-max"
  echo "${CFG[conntrack]}" >"$CONNTRACK_MAX" || die "cannot set nf_conntrack_max"
}

make_namespaces() {
  local server client
  server=$(server_ns "$ID") client=$(client_ns "$ID")
  ip netns add "$server"
  ip netns add "$client"
  # Made inside the namespaces, so that no interface of it ever shows in the host's.
  ip -n "$server" link add lab0 type veth peer name lab0 netns "$client"
  ip -n "$server" addr add "$SERVER4/24" dev lab0
  ip -n "$client" addr add "$CLIENT4/24" dev lab0
  if [[ -e /proc/sys/net/ipv6 ]]; then
    # nodad: without it the address could not be bound for its first second.
    ip -n "$server" addr add "$SERVER6/64" dev lab0 nodad
    ip -n "$client" addr add "$CLIENT6/64" dev lab0 nodad
  fi
  local ns
  for ns in "$server" "$client"; do
    ip -n "$ns" link set lo up
    ip -n "$ns" link set lab0 up
  done
  set_sysctl "$server" ipv4/ip_local_port_range "${CFG[port-range]}"
  set_sysctl "$server" ipv4/tcp_tw_reuse "${CFG[tw-reuse]}"
  set_sysctl "$server" core/somaxconn "${CFG[somaxconn]}"
  # php-fpm closes first and leaves a minute of them behind, which is no sickness: the
  # limit goes by the machine's memory and may be as low as 8192.
  set_sysctl "$server" ipv4/tcp_max_tw_buckets 262144
  ((CFG[conntrack] == 0)) || limit_conntrack "$server"
}

# alive ID: whether the `run` that made a lab is still there.
alive() {
  local pid=${1#"$NAME"-}
  [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
  # Its number may have passed on to another program.
  [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") =~ (^|[ /])lab\ .*(run|cure) ]]
}

# The ids of all labs of `run`, by state file, namespace and temp dir.
all_runs() {
  local path
  for path in "$RUNTIME/$NAME"-* "$NETNS_DIR/$NAME"-* "${TMPDIR:-/tmp}/$NAME"-*; do
    [[ ${path##*/} =~ ^($NAME-[0-9]+)([-.]|$) ]] && printf '%s\n' "${BASH_REMATCH[1]}"
  done | sort -u
}

destroy_leftover() {
  local id=$1 dir
  # In a process of its own: our settings are not those of the dead.
  dir=$(read_state "$id" && printf '%s' "$DIR") || true
  destroy "$id" "$dir"
  # Killed between making the temp dir and noting it. -O: ours, not someone else's of that name.
  for dir in "${TMPDIR:-/tmp}/$id".??????; do
    [[ ! -d $dir || ! -O $dir ]] || rm -rf -- "$dir"
  done
}
