# shellcheck shell=bash
# Programs and rights that the lab needs.

declare -A CFG # the settings in force: settings.sh
PHP_FPM=

find_php_fpm() {
  local dir file
  PHP_FPM=$(type -P php-fpm || true)
  [[ -z $PHP_FPM ]] || return 0
  # Debian's carries its version in its name; with several, the last is the newest.
  local IFS=:
  for dir in $PATH; do
    for file in "$dir"/php-fpm[0-9]*; do [[ ! -x $file ]] || PHP_FPM=$file; done
    [[ -z $PHP_FPM ]] || return 0
  done
}

require_root() {
  ((EUID == 0)) || { say "needs root, for network namespaces"; exit "$EXIT_MISSING"; }
}

# require_packages [PROGRAM:PACKAGE...]: what every lab needs, and what is named.
require_packages() {
  local missing=() pair
  type -P nginx >/dev/null || missing+=(nginx-light)
  find_php_fpm
  [[ -n $PHP_FPM ]] || missing+=(php-fpm)
  type -P wrk >/dev/null || missing+=(wrk)
  { type -P ip && type -P ss; } >/dev/null || missing+=(iproute2)
  { type -P nsenter && type -P setsid; } >/dev/null || missing+=(util-linux)
  type -P awk >/dev/null || missing+=(mawk)
  ((CFG[time-wait] == 0)) || type -P php >/dev/null || missing+=(php-cli)
  if ((CFG[conntrack])); then
    type -P nft >/dev/null || missing+=(nftables)
    type -P conntrack >/dev/null || missing+=(conntrack)
  fi
  for pair; do type -P "${pair%:*}" >/dev/null || missing+=("${pair#*:}"); done
  if ((${#missing[@]})); then
    say "missing programs; on Debian: apt-get install ${missing[*]}"
    exit "$EXIT_MISSING"
  fi
}

# The tcpwhy that TCPWHY names, that is built here, or that is installed; nothing if none is.
find_tcpwhy() {
  local built=$PARTS/../../.build/release/tcpwhy
  if [[ -n ${TCPWHY-} || ! -x $built ]]; then built=${TCPWHY:-tcpwhy}; fi
  type -P "$built" || true
}

# For what cannot do without.
require_tcpwhy() {
  TCPWHY=$(find_tcpwhy)
  [[ -n $TCPWHY ]] || { say "there is no tcpwhy: make build"; exit "$EXIT_MISSING"; }
  export TCPWHY
}
