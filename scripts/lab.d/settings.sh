# shellcheck shell=bash
# What can be set in the lab, what each fault sets, and what the command line says.

# name | unit | default | default in a guest | what it is. The defaults are healthy:
# wrk never has more requests under way than php-fpm has children, so nothing queues
# anywhere, and the sleep in the script keeps two cores from being the limit. An
# emulated guest is some thirty times slower, so there the sleep is longer; and
# sockets in TIME_WAIT take longer to make, so there the range is shorter.
readonly SETTINGS=(
  'port-range|"LOW HIGH"|32768 60999|20000 25999|net.ipv4.ip_local_port_range: ports nginx connects to php-fpm from'
  'tw-reuse|MODE|2|2|net.ipv4.tcp_tw_reuse: 0 never, 1 always, 2 on loopback'
  'time-wait|PERCENT|0|0|share of port-range in TIME_WAIT towards php-fpm when the load begins'
  'somaxconn|N|4096|4096|net.core.somaxconn: upper bound of every accept queue, in connections'
  'backlog|N|4096|4096|backlog= of nginx'\''s listen, in connections'
  'php-backlog|N|||listen.backlog of php-fpm, in connections; as --backlog if not given'
  'children|N|100|60|php-fpm processes: pm.max_children, with pm = static'
  'php-ms|MS|50|600|milliseconds the PHP script sleeps before it answers'
  'php-nice|N|0|0|process.priority of php-fpm: with 19 it accepts when nginx has nothing else to do'
  'bursts|0 OR 1|0|0|1: the script answers at whole multiples of php-ms, so that requests come all at once'
  'nginx-workers|N|2|2|nginx processes: worker_processes'
  'keepalive|N|0|0|connections to php-fpm that each of them keeps open; 0: one for every request'
  'conntrack|N|0|0|net.netfilter.nf_conntrack_max, and a rule that tracks connections; 0: neither'
  'connections|N|100|60|wrk -c: connections kept open and all in use during the load'
  'idle|N|0|0|connections to nginx that are open during the load and carry nothing'
  'threads|N|2|2|wrk -t: its threads'
  'seconds|S|10|14|length of the load in seconds'
  'unmeasured|S|2|2|seconds of it that are not for COMMAND to measure: LAB_MEASURE is the rest'
  'outlast|0 OR 1|0|1|1: the load goes on until COMMAND ends, or for as long as --grace allows'
  'family|VERSION|4|4|IP version wrk reaches nginx by, 4 or 6'
  'php-family|VERSION|||IP version nginx reaches php-fpm by; as --family if not given'
  'grace|S|30|120|seconds COMMAND may go on after the load before it is ended'
)

# name | what it sets | what comes of it
readonly FAULT_TABLE=(
  'ports|port-range "20000 20050"|nginx runs out of local ports'
  'search|tw-reuse 0, time-wait 95|nginx passes thousands of ports to find a free one'
  'backlog|somaxconn 10, backlog 10, bursts 1, php-nice 19|accept queues overflow, though they empty again at once'
  'workers|children 5|requests wait for a free php-fpm child'
  'conntrack|conntrack 200, idle 100|new connections are dropped: the table is full'
)

declare -A CFG=()   # the settings in force
declare -A GIVEN=() # those given on the command line: they win over any --fault
declare -A CURE=()  # options of `cure`
FAULTS=()
COMMAND=()
STOP_ALL=
GUEST= # set in a guest of scripts/kernel: the kernel is ours alone, and slow

is_setting() {
  local row
  for row in "${SETTINGS[@]}"; do [[ $row != "$1|"* ]] || return 0; done
  return 1
}

is_fault() {
  local row
  for row in "${FAULT_TABLE[@]}"; do [[ $row != "$1|"* ]] || return 0; done
  return 1
}

# check NAME VALUE: ends the program when the value cannot be meant.
check() {
  local name=$1 value=$2 low=1 high=1000000
  case $name in
    port-range)
      [[ $value =~ ^([1-9][0-9]{0,4})\ ([1-9][0-9]{0,4})$ ]] \
        || wrong "--port-range takes two ports, as in \"20000 20050\""
      ((BASH_REMATCH[1] >= 1024 && BASH_REMATCH[1] < BASH_REMATCH[2] && BASH_REMATCH[2] <= 65535)) \
        || wrong "--port-range \"$value\": want 1024 <= LOW < HIGH <= 65535"
      return ;;
    family | php-family) [[ $value == [46] ]] || wrong "--$name takes 4 or 6"; return ;;
    tw-reuse) low=0 high=2 ;;
    bursts | outlast) low=0 high=1 ;;
    php-nice) low=0 high=19 ;;
    time-wait) low=0 high=100 ;;
    php-ms) low=0 high=60000 ;;
    grace) low=0 high=86400 ;;
    seconds) high=86400 ;;
    children) high=5000 ;;
    threads | nginx-workers) high=256 ;;
    backlog | php-backlog | somaxconn) high=65535 ;;
    keepalive) low=0 high=5000 ;;
    conntrack) low=0 ;;
    idle) low=0 high=60000 ;;
    unmeasured) low=0 high=86400 ;;
    connections) high=60000 ;;
    rounds) high=100 ;;
  esac
  if [[ ! $value =~ ^(0|[1-9][0-9]{0,8})$ ]] || ((value < low || value > high)); then
    wrong "--$name takes a whole number from $low to $high, not \"$value\""
  fi
}

# parse_flags ARG...: fills GIVEN, CURE, FAULTS and COMMAND.
parse_flags() {
  local name
  while (($#)); do
    case $1 in
      --) shift; (($#)) || wrong "-- without a COMMAND"; COMMAND=("$@"); return ;;
      --help | -h) usage; exit 0 ;;
      --healthy) FAULTS=(); shift ;;
      --all) STOP_ALL=1; shift ;;
      --guest) GUEST=1; shift ;;
      --fault)
        [[ ${2-} == all ]] || is_fault "${2-}" || wrong "--fault takes $(fault_names), or all"
        FAULTS+=("$2")
        shift 2 ;;
      --*)
        name=${1#--}
        is_setting "$name" || [[ $name == @(rounds|diagnose) ]] || wrong "unknown option $1"
        (($# > 1)) || wrong "$1 without a value"
        [[ $name == diagnose ]] || check "$name" "$2"
        if is_setting "$name"; then GIVEN[$name]=$2; else CURE[$name]=$2; fi
        shift 2 ;;
      *) wrong "unexpected argument \"$1\"" ;;
    esac
  done
}

fault_names() {
  local row names=''
  for row in "${FAULT_TABLE[@]}"; do names+=${names:+, }${row%%|*}; done
  printf '%s' "$names"
}

# Defaults first, then faults, then what was given by itself.
settle_settings() {
  local row name default in_guest fault
  for row in "${SETTINGS[@]}"; do
    IFS='|' read -r name _ default in_guest _ <<<"$row"
    [[ -z $GUEST ]] || default=$in_guest
    CFG[$name]=$default
  done
  expand_faults
  for fault in ${FAULTS[@]+"${FAULTS[@]}"}; do
    case $fault in
      ports) CFG[port-range]="20000 20050" ;;
      # In 51 ports too few would be left free: requests under way hold them all.
      search) CFG[tw-reuse]=0; [[ " ${FAULTS[*]} " == *' ports '* ]] || CFG[time-wait]=95 ;;
      backlog) CFG[somaxconn]=10 CFG[backlog]=10 CFG[bursts]=1 CFG[php-nice]=19 ;;
      workers) CFG[children]=5 ;;
      # Idle ones too, or else the 51 ports of "ports" and wrk would not fill the table.
      conntrack) CFG[conntrack]=200 CFG[idle]=100 ;;
    esac
  done
  apply_given
  [[ -n ${CFG[php-backlog]} ]] || CFG[php-backlog]=${CFG[backlog]}
  [[ -n ${CFG[php-family]} ]] || CFG[php-family]=${CFG[family]}
  ((CFG[conntrack] == 0)) || [[ -n $GUEST ]] || no_conntrack
}

# The limit is one for the whole kernel, and can be set in its first network
# namespace only: it would be this machine's own.
no_conntrack() {
  say "nf_conntrack_max is one limit for the whole machine, not for a network namespace, and is left alone: use --kernel"
  exit "$EXIT_MISSING"
}

# Replaces "all" by what this machine allows.
expand_faults() {
  local row
  [[ " ${FAULTS[*]} " == *' all '* ]] || return 0
  FAULTS=()
  for row in "${FAULT_TABLE[@]}"; do
    if [[ -z $GUEST && $row == conntrack* ]]; then
      say "without the fault conntrack: its limit is the whole machine's (see --kernel)"
    else
      FAULTS+=("${row%%|*}")
    fi
  done
}

apply_given() {
  local name
  for name in ${GIVEN[@]+"${!GIVEN[@]}"}; do CFG[$name]=${GIVEN[$name]}; done
  ((CFG[connections] >= CFG[threads])) \
    || wrong "--connections ${CFG[connections]} is less than --threads ${CFG[threads]}: wrk needs one each"
}

# only ALLOWED...: refuses settings and options that mean nothing to a command.
only() {
  local name
  for name in ${GIVEN[@]+"${!GIVEN[@]}"} ${CURE[@]+"${!CURE[@]}"}; do
    [[ " $* " == *" $name "* ]] || wrong "--$name does not apply here"
  done
  [[ " $* " == *" fault "* ]] || ((${#FAULTS[@]} == 0)) || wrong "--fault does not apply here"
  [[ " $* " == *" all "* ]] || [[ -z $STOP_ALL ]] || wrong "--all does not apply here"
  [[ " $* " == *" command "* ]] || ((${#COMMAND[@]} == 0)) || wrong "COMMAND does not apply here"
}
