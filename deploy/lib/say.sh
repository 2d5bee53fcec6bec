# What the scripts tell the person who runs them: steps, progress, and why something stopped. To be sourced.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# steps COUNT, then step TITLE for each: "[3/9] building the server".
steps() {
  steps_count=$1
  steps_done=0
}
step() {
  steps_done=$((steps_done + 1))
  step_title="[$steps_done/$steps_count] $1"
  say "$step_title"
}

# watched LOG PROBE COMMAND...: runs COMMAND with its output in LOG and says every few seconds for how long it has been
# running, and what `PROBE LOG` prints about how far it is. Where COMMAND fails, the end of LOG is shown.
watched() {
  local log=$1 probe=$2 pid status=0 began=$SECONDS said=$SECONDS every=10
  shift 2
  [ -t 1 ] && every=1
  "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS - said >= every)); then
      said=$SECONDS
      progress_line "$((SECONDS - began)) s so far" "$("$probe" "$log" || true)"
    fi
  done
  wait "$pid" || status=$?
  if [ -t 1 ] && ((SECONDS - began >= every)); then printf '\n'; fi
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    say "this failed after $((SECONDS - began)) s; the whole output is in $log" >&2
  fi
  return "$status"
}
progress_line() {
  local text="${step_title:-} ($1${2:+, $2})"
  if [ -t 1 ]; then printf '\r\033[K%s' "$text"; else say "$text"; fi
}

# Probes: how far a command is, from its output so far.
nothing_known() { :; }
files_built() { sed -nE 's/^\[([0-9]+)\/([0-9]+)\].*/\1 of \2 files/p' "$1" | tail -n 1; }
packages_set_up() {
  local all
  all=$(sed -nE 's/.* ([0-9]+) newly installed.*/\1/p' "$1" | tail -n 1)
  [ -z "$all" ] || say "$(($(grep -cE '^(Unpacking|Setting up) ' "$1") / 2)) of $all packages"
}
