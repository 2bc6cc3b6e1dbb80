# shellcheck shell=bash
# nginx and php-fpm: their configuration, start and end.

declare -A CFG # the settings in force: settings.sh
declare -A DAEMONS=() # process numbers of nginx's master and php-fpm's, if we started them

# Where php-fpm listens and nginx connects to.
php_address() { [[ ${CFG[php-family]} == 6 ]] && printf '[::1]:9000' || printf '127.0.0.1:9000'; }

write_files() {
  local sleep="usleep(${CFG[php-ms]} * 1000);"
  # The workers are not root, and have to reach the script and nginx's temp dirs.
  chmod 711 "$DIR"
  mkdir -m 755 "$DIR/www" "$DIR/tmp"
  # All workers wake up at the same moment, and wrk sends their next requests as one burst.
  [[ ${CFG[bursts]} == 0 ]] || sleep="\$ms = ${CFG[php-ms]}; usleep((int) (1000 * (\$ms - fmod(microtime(true) * 1000, \$ms))));"
  [[ ${CFG[php-ms]} != 0 ]] || sleep=''
  printf '<?php\n%s\necho "ok\\n";\n' "$sleep" >"$DIR/www/index.php"
  chmod 644 "$DIR/www/index.php"
}

write_nginx_config() {
  local group listen6='' files upstream keep=''
  group=$(id -gn "$WORKER")
  # Each request takes nginx two connections, and one worker may get most of them.
  files=$((CFG[connections] * 2 + 1024))
  [[ ! -e /proc/sys/net/ipv6 ]] || listen6="listen [::]:80 ipv6only=on backlog=${CFG[backlog]};"
  upstream="server $(php_address);"
  if ((CFG[keepalive])); then
    upstream+=" keepalive ${CFG[keepalive]};"
    keep='fastcgi_keep_conn on;'
  fi

  cat >"$DIR/nginx.conf" <<END
daemon off;
user $WORKER $group;
pid $DIR/nginx.pid;
error_log $DIR/nginx-error.log;
worker_processes ${CFG[nginx-workers]};
worker_rlimit_nofile $files;
events {
    worker_connections $files;
}
http {
    access_log off;
    client_body_temp_path $DIR/tmp/body;
    fastcgi_temp_path $DIR/tmp/fastcgi;
    proxy_temp_path $DIR/tmp/proxy;
    scgi_temp_path $DIR/tmp/scgi;
    uwsgi_temp_path $DIR/tmp/uwsgi;
    # wrk would count nginx closing a connection after the usual 1000 requests as an error.
    keepalive_requests 1000000000;
    # So that it leaves alone those that carry nothing.
    client_header_timeout 1d;
    upstream php {
        $upstream
    }
    server {
        listen 80 backlog=${CFG[backlog]};
        $listen6
        location / {
            fastcgi_pass php;
            $keep
            fastcgi_param SCRIPT_FILENAME $DIR/www/index.php;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_param QUERY_STRING \$query_string;
        }
    }
}
END
}

write_php_config() {
  cat >"$DIR/php-fpm.conf" <<END
[global]
daemonize = no
pid = $DIR/php-fpm.pid
error_log = $DIR/php-fpm.log

[lab]
user = $WORKER
group = $(id -gn "$WORKER")
listen = $(php_address)
listen.backlog = ${CFG[php-backlog]}
pm = static
pm.max_children = ${CFG[children]}
process.priority = ${CFG[php-nice]}
END
}

# daemon NAME COMMAND...: starts COMMAND in the server's namespace, in a session of
# its own, so that Ctrl-C reaches this script and not it, and with none of our
# files open, so that `x=$(lab start)` returns.
daemon() {
  local name=$1
  shift
  setsid nsenter --net="$NETNS_DIR/$(server_ns "$ID")" -- "$@" </dev/null >"$DIR/$name.out" 2>&1 &
  DAEMONS[$name]=$!
  # Else bash would tell of its death when we end it.
  disown
}

start_service() {
  case $1 in
    # -n: no php.ini, which is the system's.
    php-fpm) write_php_config; daemon php-fpm "$PHP_FPM" -n -F -y "$DIR/php-fpm.conf" ;;
    nginx) write_nginx_config; daemon nginx nginx -p "$DIR" -e "$DIR/nginx-error.log" -c "$DIR/nginx.conf" ;;
  esac
}

service_pids() {
  local pid=${DAEMONS[$1]-}
  # Somebody else's start wrote it there. Nothing is left of one that has ended.
  [[ -n $pid || ! -r $DIR/$1.pid ]] || pid=$(<"$DIR/$1.pid")
  [[ -z $pid ]] || ! kill -0 "$pid" 2>/dev/null || printf '%s\n' "$pid"
}

stop_service() {
  end_pids 5 service_pids "$1"
  unset "DAEMONS[$1]"
  rm -f -- "$DIR/$1.pid"
}

# Asks the kernel and not nginx: a request would already be part of what is observed.
listening() {
  [[ -n $(in_ns "$(server_ns "$ID")" ss -Hltn "sport = :$1") ]]
}

children_up() {
  local children=() pid
  pid=$(service_pids php-fpm)
  # One line that does not end in a newline, for which read fails though it has read it.
  read -r -a children 2>/dev/null <"/proc/$pid/task/$pid/children" || true
  ((${#children[@]} >= CFG[children]))
}

show_logs() {
  local file
  for file in php-fpm.out php-fpm.log nginx.out nginx-error.log; do
    [[ ! -s $DIR/$file ]] || tail -n 5 -- "$DIR/$file" | sed "s/^/lab: $file: /" >&2
  done
}

# Waits until both serve; ends the program when one of them does not.
await_services() {
  local tick name patience=150
  [[ -z $GUEST ]] || patience=900
  for ((tick = 0; tick < patience; tick++)); do
    for name in php-fpm nginx; do
      [[ -n $(service_pids "$name") ]] || { show_logs; die "$name did not start"; }
    done
    if listening 9000 && listening 80 && children_up; then
      progress_end
      return
    fi
    ((tick < 20)) || progress "waiting for nginx and php-fpm, $((tick / 10)) s"
    sleep 0.1
  done
  show_logs
  die "nginx and php-fpm are not ready after $((patience / 10)) s"
}

# Brings as many sockets into TIME_WAIT as the settings say. They last a minute, so
# this comes before every load. php-fpm is away meanwhile: it would take part.
fill_time_wait() {
  ((CFG[time-wait])) || return 0
  progress "bringing ports into TIME_WAIT"
  stop_service php-fpm
  # shellcheck disable=SC2086 # two ports
  in_ns "$(server_ns "$ID")" php -n -d display_startup_errors=0 "$PARTS/time-wait.php" "$(php_address)" ${CFG[port-range]} "${CFG[time-wait]}" \
    || die "cannot bring ports into TIME_WAIT"
  start_service php-fpm
  await_services
}

# As an administrator does after a change of configuration. A reload would not do: php-fpm
# keeps its listening socket, and the length of its queue, through one.
restart_services() {
  stop_service nginx
  stop_service php-fpm
  start_service php-fpm
  start_service nginx
  await_services
}

bring_up() {
  [[ ${CFG[family]}${CFG[php-family]} == 44 || -e /proc/sys/net/ipv6 ]] || die "--family 6: this kernel has no IPv6"
  make_namespaces
  write_files
  start_service php-fpm
  start_service nginx
  await_services
}
