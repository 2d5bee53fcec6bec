# Where a deployment keeps everything it has: the folder GUILDHALL_HOME. To be sourced, after say.sh.
# shellcheck shell=bash

if [ "$(id -u)" = 0 ]; then home=${GUILDHALL_HOME:-/var/lib/guildhall}; else home=${GUILDHALL_HOME:-$HOME/.local/share/guildhall}; fi
case $home in
  *[\'\"\\]*) die "GUILDHALL_HOME must not hold quotes or backslashes: $home" ;;
  /*) ;;
  *) home=$PWD/$home ;;
esac

# alone SCRIPT ARGUMENT...: runs the calling script again under a lock, so that two of them never work on one deployment.
alone() {
  [ "${deployment_locked:-}" != "$home" ] || return 0
  mkdir -p "$home"
  chmod 755 "$home"
  local status=0
  deployment_locked=$home flock --nonblock --close --conflict-exit-code 75 "$home/lock" "$@" || status=$?
  if ((status == 75)); then die "another deploy/up or deploy/down is at work in $home: wait for it"; fi
  exit "$status"
}

# setting NAME DEFAULT: from guildhall.conf, where it is set.
setting() {
  local found
  found=$(sed -nE "s/^ *${1//./\\.} *= *(.*[^ ]) *$/\1/p" "$home/guildhall.conf" 2>/dev/null | tail -n 1)
  echo "${found:-$2}"
}
