# Private servers, each with everything it has in a folder of its own: PostgreSQL, Redis, Guildhall. deploy/, tests/ and
# loadtests/ start and stop them with these functions. To be sourced, after say.sh.
# shellcheck shell=bash

postgres_programs=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root: then it runs as its package's user.
postgres_user() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

# as USER COMMAND...: as that user where that is somebody else; without a process between, so that $! is the command.
as() {
  local user=$1
  shift
  if [ "$user" = "$(id -un)" ]; then exec "$@"; else exec setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"; fi
}

new_password() { head -c 24 /dev/urandom | base64 | tr -d '+/='; }

# private_folder FOLDER USER [MODE]
private_folder() {
  mkdir -p "$1"
  if [ "$(id -u)" = 0 ]; then chown "$2:" "$1"; fi
  chmod "${3:-700}" "$1"
}

# private_file FILE USER: its content from standard input; nobody else can read it at any moment.
private_file() {
  local temporary
  temporary=$(mktemp "$1.XXXXXX")
  cat >"$temporary"
  if [ "$(id -u)" = 0 ]; then chown "$2:" "$temporary"; fi
  mv -f "$temporary" "$1"
}

# A port that nobody listens on, below those that the system gives to outgoing connections.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    port_is_taken "$port" || break
  done
  echo "$port"
}
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# refuse_stranger PORT WHAT SETTING
refuse_stranger() {
  port_is_taken "$1" || return 0
  local who=
  if command -v ss >/dev/null; then who=$(ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'users:.*' | head -n 1 || true); fi
  die "port $1, meant for $2, is taken by another program ${who:+($who) }- stop that program, or choose another port: $3"
}

# running_process PID_FILE EXECUTABLE FOLDER prints the process id in the first line of PID_FILE, if that process still
# is EXECUTABLE (a pattern) and works in FOLDER: a number that went to another program is not ours to end.
running_process() {
  local pid executable
  { read -r pid <"$1"; } 2>/dev/null || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  executable=$(readlink "/proc/$pid/exe") || return 1
  # shellcheck disable=SC2053
  [[ ${executable% (deleted)} == $2 ]] || return 1
  [ "$(readlink "/proc/$pid/cwd")" = "$(realpath "$3")" ] || return 1
  echo "$pid"
}

# end_process PID SECONDS: asks it to end, and waits for that long.
end_process() {
  local tenths=$(($2 * 10))
  kill -TERM "$1" 2>/dev/null || return 0
  while kill -0 "$1" 2>/dev/null && ! is_zombie "$1"; do
    ((tenths-- > 0)) || return 1
    sleep 0.1
  done
}
is_zombie() { [ "$(sed -nE 's/^State:\s+(.).*/\1/p' "/proc/$1/status" 2>/dev/null || true)" = Z ]; }

# --- PostgreSQL: FOLDER/{data,socket,log,password}; the superuser's name is postgres, its password file FOLDER/password

postgres_pid() { running_process "$1/data/postmaster.pid" '*/postgres' "$1/data"; }

# postgres_start FOLDER PORT READERS [SETTING...]: creates the cluster where it is missing. READERS is the group that may
# reach the socket; settings are lines of postgresql.conf.
postgres_start() {
  local folder=$1 port=$2 readers=$3 owner
  shift 3
  owner=$(postgres_user)
  if postgres_pid "$folder" >/dev/null; then return 0; fi
  ((${#folder} < 85)) || die "the path $folder is too long for a PostgreSQL socket (84 characters at most)"
  refuse_stranger "$port" PostgreSQL "postgres.port"
  mkdir -p "$folder"
  [ "$(id -u)" != 0 ] || chown "$owner:" "$folder"
  chmod 711 "$folder"
  private_folder "$folder/socket" "$owner" 710
  [ "$(id -u)" != 0 ] || chgrp "$readers" "$folder/socket"
  if [ ! -s "$folder/data/PG_VERSION" ]; then postgres_create "$folder" "$owner"; fi
  printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $port" "unix_socket_directories = '\"$folder/socket\"'" "fsync = on" "$@" |
    private_file "$folder/settings.conf" "$owner"
  (cd "$folder/data" && as "$owner" "$postgres_programs/pg_ctl" start -D "$folder/data" -l "$folder/log" -w -t 60 -s) ||
    { tail -n 20 "$folder/log" >&2; die "PostgreSQL did not start; its log is $folder/log"; }
}

postgres_create() {
  local folder=$1 owner=$2 password
  password=$(new_password)
  rm -rf "$folder/data" # what an interrupted initdb left
  private_folder "$folder/data" "$owner"
  private_file "$folder/new-password" "$owner" <<<"$password"
  (cd "$folder/data" && as "$owner" "$postgres_programs/initdb" -D "$folder/data" -U postgres --pwfile="$folder/new-password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1) ||
    { cat "$folder/initdb.log" >&2; die "initdb failed"; }
  rm -f "$folder/new-password" "$folder/initdb.log"
  private_file "$folder/password" "$owner" <<<"*:*:*:postgres:$password"
  printf "include '%s/settings.conf'\n" "$folder" >>"$folder/data/postgresql.conf"
}

# postgres_stop FOLDER [fast|immediate]
postgres_stop() {
  if ! postgres_pid "$1" >/dev/null; then return 0; fi
  (cd "$1/data" && as "$(postgres_user)" "$postgres_programs/pg_ctl" stop -D "$1/data" -m "${2:-fast}" -w -t 60 -s)
}

# As libpq's key words: what the superuser connects with.
postgres_address() { echo "host='$1/socket' port=$2 user=postgres passfile='$1/password' dbname=$3"; }

# postgres_sql FOLDER PORT DATABASE: SQL from standard input, rows to standard output.
postgres_sql() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -t -A -v ON_ERROR_STOP=1 "$(postgres_address "$@")"; }

# --- Redis: FOLDER/{data,redis.conf,log,pid}

redis_pid() { running_process "$1/pid" '*/redis-*' "$1/data"; }

# redis_start FOLDER PORT USER [PASSWORD_FILE]
redis_start() {
  local folder=$1 port=$2 user=$3 password_file=${4:-}
  if redis_pid "$folder" >/dev/null; then return 0; fi
  refuse_stranger "$port" Redis "redis.port"
  private_folder "$folder" "$user" 700
  private_folder "$folder/data" "$user"
  {
    printf '%s\n' "bind 127.0.0.1" "port $port" "daemonize yes" "appendonly yes" "appendfsync everysec" \
      "dir \"$folder/data\"" "pidfile \"$folder/pid\"" "logfile \"$folder/log\"" "set-proc-title no"
    [ -z "$password_file" ] || printf 'requirepass %s\n' "$(cat "$password_file")"
  } | private_file "$folder/redis.conf" "$user"
  rm -f "$folder/pid"
  (cd "$folder" && as "$user" redis-server "$folder/redis.conf") >/dev/null
  local tries=100
  until [ "$(redis_command "$port" "$password_file" ping 2>/dev/null || true)" = PONG ]; do
    ((tries-- > 0)) || { tail -n 20 "$folder/log" >&2; die "Redis did not start; its log is $folder/log"; }
    sleep 0.1
  done
}

# redis_command PORT PASSWORD_FILE WORD...: the password goes by the environment, which other users cannot read.
redis_command() {
  local port=$1 password=
  [ -z "$2" ] || password=$(cat "$2")
  shift 2
  (
    if [ -n "$password" ]; then export REDISCLI_AUTH=$password; fi
    exec redis-cli -h 127.0.0.1 -p "$port" --no-auth-warning "$@"
  )
}

redis_stop() {
  local pid
  pid=$(redis_pid "$1") || return 0
  end_process "$pid" 30 || die "Redis (process $pid) does not end"
}

# --- Guildhall: FOLDER/{guildhall.conf,guildhall.pid,log}; the program may be anywhere

# The settings of a deployment are in its file, whatever the caller's environment holds: env's options that say so.
without_settings() { compgen -e | grep '^GUILDHALL_' | sed 's/^/-u\n/' || true; }

guildhall_pid() { running_process "$1/guildhall.pid" '*/guildhall' "$1"; }

# guildhall_start PROGRAM FOLDER USER PORT: ready when this returns, also where it ran already.
guildhall_start() {
  local folder=$2 port=$4 pid tries=300
  if ! guildhall_pid "$folder" >/dev/null; then guildhall_launch "$@"; fi
  until [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$port/readyz" || true)" = 200 ]; do
    pid=$(cat "$folder/guildhall.pid")
    if ! kill -0 "$pid" 2>/dev/null || ((tries-- <= 0)); then
      tail -n 20 "$folder/log" >&2
      die "guildhall serve did not become ready; its log is $folder/log"
    fi
    sleep 0.1
  done
}

guildhall_launch() {
  local program=$1 folder=$2 user=$3 port=$4 drop
  refuse_stranger "$port" Guildhall "http.port"
  mapfile -t drop < <(without_settings)
  {
    cd "$folder" || exit
    as "$user" env ${drop[@]+"${drop[@]}"} setsid "$program" --config "$folder/guildhall.conf" serve
  } </dev/null >>"$folder/log" 2>&1 &
  echo $! >"$folder/guildhall.pid"
}

# guildhall_stop FOLDER: it finishes the requests it has begun.
guildhall_stop() {
  local pid
  pid=$(guildhall_pid "$1") || return 0
  end_process "$pid" 40 || die "guildhall serve (process $pid) does not end; its log is $1/log"
  rm -f "$1/guildhall.pid"
}
