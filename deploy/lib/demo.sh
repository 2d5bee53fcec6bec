# A small organisation with one account for each role, for trying the platform out and for tests. To be sourced.
# shellcheck shell=bash

demo_team='示范省/示范市/示范机械厂/一车间一班'
demo_centre='示范省/示范市/示范考试中心'
demo_roles=(
  "worker|王师傅|$demo_team" "trainer|李老师|示范省" "reviewer|赵审核|示范省" "examiner|陈考评|$demo_centre" "proctor|周监考|$demo_centre"
  "centre_manager|孙主任|$demo_centre" "administrator|郑管理|示范省" "auditor|吴督导|示范省"
)

# demo_accounts FILE COMMAND...: COMMAND is guildhall with its configuration. FILE gets {"worker": {"account", "password"}, ...};
# where it exists, its passwords are kept, and what is there already stays as it is.
demo_accounts() {
  local file=$1 entry role name organisation account secret=$1.new-password
  shift
  [ -s "$file" ] || demo_passwords | private_file "$file" "$(id -un)"
  "$@" organisation create --path "$demo_team" --kinds province/city/enterprise/team || return
  "$@" organisation create --path "$demo_centre" --kinds province/city/centre || return
  for entry in "${demo_roles[@]}"; do
    IFS='|' read -r role name organisation <<<"$entry"
    account=$(demo_account "$role")
    demo_password "$file" "$role" | private_file "$secret" "$(id -un)"
    "$@" account create --account "$account" --name "$name" --organisation "$organisation" --role "$role" \
      --password-file "$secret" --if-absent || return
  done
  rm -f "$secret"
}

demo_account() { echo "demo-${1//_/-}"; }
demo_password() { sed -nE "s/^ *\"$2\": .*\"password\": \"([^\"]*)\".*/\1/p" "$1"; }

demo_passwords() {
  local entry role comma=
  printf '{'
  for entry in "${demo_roles[@]}"; do
    role=${entry%%|*}
    printf '%s\n  "%s": {"account": "%s", "password": "%s"}' "$comma" "$role" "$(demo_account "$role")" "$(easy_password)"
    comma=,
  done
  printf '\n}\n'
}

# Easy to type on a phone: sixty random bits in letters and digits that are not mistaken for one another.
easy_password() { head -c 1000 /dev/urandom | LC_ALL=C tr -dc 'a-hjkmnp-z2-9' | sed -E 's/^(.{4})(.{4})(.{4}).*/\1-\2-\3/'; }
