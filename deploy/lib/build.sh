# Builds the server and the Node.js parts, only where something changed. To be sourced, after say.sh, with `root` set.
# shellcheck shell=bash

build_folder=${BUILD_FOLDER:-$root/build}

# build_server PRESET TARGET...: in $build_folder/PRESET.
build_server() {
  local preset=$1 folder=$build_folder/$1
  shift
  mkdir -p "$folder"
  if [ ! -e "$folder/build.ninja" ]; then
    watched "$folder/configure.log" nothing_known cmake -S "$root" --preset "$preset" -B "$folder" || return
  fi
  watched "$folder/build.log" files_built env NINJA_STATUS='[%f/%t] ' ninja -C "$folder" "$@"
}

# node_ready: the first Node.js in PATH is one that the client's tools run on. Debian 12's is too old for them; then
# that one's npm gets a newer one, by version, from its registry into the build folder.
node_ready() {
  local own=$build_folder/node kind=x64
  if node_is_new; then return 0; fi
  [ "$(uname -m)" = x86_64 ] || kind=arm64
  [ -x "$own/node_modules/.bin/node" ] ||
    watched "$(log_beside "$own" npm-install)" nothing_known \
      npm --prefix "$own" install --no-audit --no-fund "node-linux-$kind@20.20.2" npm@10.9.4 || return
  PATH=$own/node_modules/.bin:$PATH
  hash -r
  node_is_new || die "the Node.js in $own does not run"
}
node_is_new() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major * 100 + minor >= 2019 ? 0 : 1)'
}

# npm_ready FOLDER: its packages are installed as its lock file says.
npm_ready() {
  local stamp=$1/node_modules/.installed-from
  node_ready || return
  if cmp -s "$1/package-lock.json" "$stamp"; then return 0; fi
  watched "$(log_beside "$1" npm-ci)" nothing_known npm --prefix "$1" ci --no-audit --no-fund --no-update-notifier || return
  cp "$1/package-lock.json" "$stamp"
}

# build_web: src/web/dist from src/web and the contract.
build_web() {
  local web=$root/src/web stamp=$root/src/web/node_modules/.built-from now
  npm_ready "$web" || return
  now=$(web_sources)
  if [ -e "$web/dist/index.html" ] && [ "$now" = "$(cat "$stamp" 2>/dev/null || true)" ]; then return 0; fi
  watched "$(log_beside "$web" npm-build)" nothing_known npm --prefix "$web" run build || return
  web_sources >"$stamp" # again: the build writes types that it makes from the contract
}
web_sources() {
  (cd "$root" && find src/web proto -type f -not -path '*/node_modules/*' -not -path 'src/web/dist/*' -print0 |
    sort -z | xargs -0 sha256sum)
}

log_beside() {
  mkdir -p "$build_folder"
  echo "$build_folder/$2-$(basename "$1").log"
}
