# shellcheck shell=bash
# Cures a sick lab by what `tcpwhy diagnose` prints and by nothing else: load and
# diagnose, apply the fixes of the first finding, and again, until none is left.

declare -A CFG CURE # the settings in force, and the options of cure: settings.sh
# Findings that call for something. Which of them are only consequences of others
# is said in them; those go when their cause goes.
readonly SERIOUS='select(.kind == "finding" and .severity != "info" and .confidence != "possible")'

# One element per load: figures, serious findings ("ID SUBJECT", one a line), and the
# fixes before it.
RATES=() GOOD=() SHARES=() FOUND=() APPLIED=()

# Makes COMMAND what runs beside the load.
prepare_cure() {
  # shellcheck disable=SC2016 # for the shell that runs it
  local diagnose='exec "$TCPWHY" diagnose --json -d "$LAB_MEASURE" --netns "$LAB_NETNS"'
  if [[ -n ${CURE[diagnose]-} ]]; then diagnose=${CURE[diagnose]}; else require_tcpwhy; fi
  # A line break and no semicolon: it may end in a comment.
  # shellcheck disable=SC2034 # load.sh runs it
  COMMAND=(bash -c "{ $diagnose"$'\n} >"$LAB_DIR/diagnose.jsonl" 2>"$LAB_DIR/diagnose.err"')
  # shellcheck disable=SC2034 # load.sh asks
  COMMAND_IS_MUTE=1
}

# measure ROUND: loads the lab and diagnoses it; the findings are in $DIR/diagnose.jsonl.
measure() {
  local name value status=0
  export LAB_ROUND=$1
  begin_load
  await_wrk
  await_command || status=$?
  # 3 is not a failure: findings, to one who asked for --fail-on.
  if ((status != 0 && status != 3)) || ! jq -es 'any(.kind == "summary")' "$DIR/diagnose.jsonl" >/dev/null 2>"$DIR/jq.err"; then
    tail -n 5 -- "$DIR/diagnose.err" "$DIR/jq.err" | sed 's/^/lab: diagnose: /' >&2
    die "diagnose failed with status $status, or without a summary"
  fi
  while IFS=: read -r name value; do
    value=${value# }
    case $name in
      requests/s) RATES+=("$value") ;;
      'good requests/s') GOOD+=("$value") ;;
      'error share') SHARES+=("$value") ;;
    esac
  done < <(figures "$DIR/wrk.out")
  FOUND+=("$(jq -r "$SERIOUS | \"\(.id) \(.subject)\"" "$DIR/diagnose.jsonl" | awk '!seen[$0]++')")
}

# fixes FINDING: its fixes, one a line: program, name, value, command, description.
fixes() {
  jq -r '.fix[]? | [.directive.program // "", .directive.name // .sysctl.name // "",
    .directive.value // .sysctl.value // "", .command // "", .what // ""]
    | map(tostring | gsub("\\s+"; " ")) | join("\u001f")' <<<"$1"
}

# set_directive PROGRAM NAME VALUE: changes the configuration of nginx or php-fpm.
# Fails when it is one the lab does not have, or has that value.
set_directive() {
  local setting
  case "$1 $2" in
    'nginx backlog') setting=backlog ;;
    'nginx keepalive') setting=keepalive ;;
    'php-fpm listen.backlog') setting=php-backlog ;;
    'php-fpm pm.max_children') setting=children ;;
    *) return 1 ;;
  esac
  (check "$setting" "$3") || return 1
  [[ ${CFG[$setting]} != "$3" ]] || return 1
  CFG[$setting]=$3
}

# allowed COMMAND NAME: whether COMMAND does nothing but set the sysctl NAME of a
# namespace of this lab, or, in a guest, of the guest: it is run as root as it stands.
allowed() {
  local where="ip netns exec $ID-(server|client) "
  local name=${2//./\\.} value='[0-9]+( [0-9]+)*'
  [[ $2 =~ ^net\.[a-z0-9_.]+$ ]] || return 1
  [[ -z $GUEST ]] || where="($where)?"
  [[ $1 =~ ^${where}sysctl\ -w\ ($name=([0-9]+|\"$value\"|\'$value\')|\"$name=$value\"|\'$name=$value\')$ ]]
}

# set_sysctl_by COMMAND NAME VALUE: fails when COMMAND is none of ours, or NAME has that value.
set_sysctl_by() {
  local now
  allowed "$1" "$2" || return 1
  now=$(bash -c "${1/ -w*/ -n} $2" </dev/null) || return 1
  [[ ${now//$'\t'/ } != "$3" ]] || return 1
  bash -c "$1" </dev/null >/dev/null || die "failed: $1"
}

# treat FINDING: applies all its fixes that can be; fails when none can. Adds to APPLIED.
treat() {
  local program name value command what done=''
  while IFS=$'\x1f' read -r program name value command what; do
    if [[ -n $program ]]; then
      set_directive "$program" "$name" "$value" || continue
      printf '  %s: %s %s\n' "$program" "$name" "$value"
      done+="$program $name $value"$'\n'
    elif [[ -n $name ]]; then
      set_sysctl_by "$command" "$name" "$value" || continue
      printf '  %s\n' "$command"
      done+="$name=$value"$'\n'
    else
      printf '  left to you: %s\n' "$what"
    fi
  done < <(fixes "$1")
  [[ -n $done ]] || return 1
  APPLIED+=("${done%$'\n'}")
}

# Applies the fixes of the first finding that has one to apply.
treat_first() {
  local findings=() finding
  mapfile -t findings < <(jq -c "$SERIOUS | select(.consequence_of == null)" "$DIR/diagnose.jsonl")
  for finding in ${findings[@]+"${findings[@]}"}; do
    jq -r '"\(.id) (\(.confidence)), \(.subject): \(.summary)"' <<<"$finding"
    ! treat "$finding" || return 0
    printf '  nothing of it can be applied here, or it is already\n'
  done
  return 1
}

# The ids of the findings of load STEP, each once.
ids() { awk '!seen[$1]++ { ids = ids sep $1; sep = ", " } END { print ids }' <<<"${FOUND[$1]}"; }

# gone STEP: the findings of the load before that are not in this one. By their ids, and
# with the subject where the same was found of another, too.
gone() {
  (($1)) || return 0
  awk '
    NR == FNR { now[$0] = 1; stays[$1] = 1; next }
    $0 in now || !NF { next }
    { name = $1 in stays ? $0 : $1 }
    !seen[name]++ { gone = gone sep name; sep = ", " }
    END { print gone }
  ' <(printf '%s\n' "${FOUND[$1]}") <(printf '%s\n' "${FOUND[$1 - 1]}")
}

# The table: a line per load, and one per further fix applied before it.
cure_table() {
  local step fix width=11 first gone
  while read -r fix; do ((${#fix} <= width)) || width=${#fix}; done < <(printf '%s\n' "${APPLIED[@]}")
  printf "STEP  %-${width}s  %10s  %8s  %8s  %s\n" 'FIX APPLIED' REQUESTS/S GOOD/S ERRORS 'FINDING REMOVED'
  for step in "${!RATES[@]}"; do
    gone=$(gone "$step")
    first=1
    while read -r fix; do
      if [[ -n $first ]]; then
        printf "%4d  %-${width}s  %10s  %8s  %8s  %s\n" "$step" "$fix" \
          "${RATES[step]}" "${GOOD[step]}" "${SHARES[step]}" "${gone:-–}"
      else
        printf '      %s\n' "$fix"
      fi
      first=
    done <<<"${APPLIED[step]}"
  done
}

# The rounds; fails when a serious finding is left.
cure() {
  local round rounds=${CURE[rounds]:-8} ids
  APPLIED=(none)
  for ((round = 0; ; round++)); do
    measure "$round"
    ids=$(ids "$round")
    printf 'load %d: %s requests/s, %s good, error share %s; found: %s\n' "$round" \
      "${RATES[round]}" "${GOOD[round]}" "${SHARES[round]}" "${ids:-nothing}"
    if [[ -z $ids ]] || ((round + 1 == rounds)) || ! treat_first; then break; fi
    # The length of an accept queue is settled when a program begins to listen.
    restart_services
  done
  printf '\n'
  cure_table
  printf '\n%s after %d s\n' "$([[ -n $ids ]] && echo "still found: $ids" || echo 'no finding above "possible"')" "$SECONDS"
  [[ -z $ids ]]
}
