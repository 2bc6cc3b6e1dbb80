# shellcheck shell=bash
# The same lab under another kernel: packs it into a guest of scripts/kernel, and
# runs it there with the same arguments.

declare -A CFG # the settings in force: settings.sh
KERNEL=        # the kernel to boot, if the lab is to run in a guest
ADDED=()       # more for scripts/kernel run: --add FILE, --icount
PACKED=''      # temp dir with what is made for it
GUEST_PID=''   # scripts/kernel, while it runs

# Programs that are not in every guest anyway.
readonly GUEST_PROGRAMS=(bash nginx php wrk ip ss nft conntrack jq awk sysctl)

# Takes --kernel, --add and --icount off the front of the command line; sets REST to what
# follows.
parse_kernel() {
  while [[ ${1-} == @(--kernel|--add|--icount) ]]; do
    [[ $1 != --icount ]] || { ADDED+=(--icount); shift; continue; }
    (($# > 1)) || wrong "$1 without a value"
    case $1 in
      --kernel) KERNEL=$2 ;;
      --add) ADDED+=(--add "$2") ;;
    esac
    shift 2
  done
  [[ -n $KERNEL ]] || ((${#ADDED[@]} == 0)) || wrong "--add and --icount need --kernel"
  REST=("$@")
}

# A guest has one user and no /var.
pack() {
  PACKED=$(mktemp -d)
  printf '%s\n' root:x:0:0:root:/root:/bin/sh "$WORKER:x:65534:65534:$WORKER:/:/bin/false" >"$PACKED/passwd"
  printf '%s\n' root:x:0: nogroup:x:65534: >"$PACKED/group"
  # shellcheck disable=SC2016 # for the guest's shell
  printf '%s\n' 'mkdir /var && ln -s /run /var/run || exit' \
    'command=$1' shift 'exec bash /lab/lab "$command" --guest "$@"' >"$PACKED/start"
}

# Whichever way this ends, no guest and no files stay behind.
unpack() {
  [[ -z $GUEST_PID ]] || { kill "$GUEST_PID" && wait "$GUEST_PID"; } 2>/dev/null || true
  [[ -z $PACKED ]] || rm -rf -- "$PACKED"
}

# boot LIMIT ARG...: of in_guest: root and adds.
boot() {
  local limit=$1 status=0
  shift
  "$root/kernel" run "$KERNEL" --timeout "$limit" "${adds[@]}" ${ADDED[@]+"${ADDED[@]}"} -- sh /lab/start "$@" \
    2> >(tee "$PACKED/errors" >&2) &
  GUEST_PID=$!
  # Waited for, because only a wait can be interrupted.
  wait "$GUEST_PID" || status=$?
  GUEST_PID=
  return "$status"
}

# in_guest COMMAND ARG...: does not return. The settings are those the guest will have.
in_guest() {
  local root program path adds=() status=0 limit=$((CFG[seconds] + CFG[grace] + 180))
  [[ $1 == @(run|cure) ]] || wrong "$1 does not go with --kernel: a guest is gone when its command ends"
  [[ $1 != cure ]] || limit=$(((CFG[seconds] + 30) * ${CURE[rounds]:-8} + 180))
  # A second of a busy guest that counts instructions takes twenty or more of ours.
  [[ " ${ADDED[*]-} " != *" --icount "* ]] || limit=$((limit * 20))
  root=$(dirname "$PARTS")
  require_packages php:php-cli nft:nftables conntrack:conntrack jq:jq sysctl:procps
  for program in "${GUEST_PROGRAMS[@]}" "$PHP_FPM"; do adds+=(--add "$(type -P "$program")"); done
  [[ $1 != cure || -n ${CURE[diagnose]-} ]] || require_tcpwhy
  path=$(find_tcpwhy)
  [[ -z $path ]] || adds+=(--add "$path:/bin/tcpwhy")
  # php complains if it does not find its time zone, which is UTC unless someone says otherwise.
  path=/usr/share/zoneinfo/UTC
  [[ ! -r $path ]] || adds+=(--add "$path:$path")
  adds+=(--add "$root/lab:/lab/lab" --add "$PARTS:/lab/lab.d")
  trap unpack EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  pack
  adds+=(--add "$PACKED/passwd:/etc/passwd" --add "$PACKED/group:/etc/group" --add "$PACKED/start:/lab/start")
  boot "$limit" "$@" || status=$?
  # The emulator's two CPUs sometimes trip over code that the kernel patches while they
  # run it, as tracing has it do, and the kernel panics.
  if ((status == 70)) && grep --quiet 'Kernel panic' "$PACKED/errors"; then
    say "the guest panicked, as emulated ones do now and then: once more from the start"
    status=0
    boot "$limit" "$@" || status=$?
  fi
  exit "$status"
}
