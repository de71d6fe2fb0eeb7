usage() {
  # the lines at the top of this file
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 64
}

# what is written here may hold passwords
umask 077
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# create OFFERING PLAN NAME PARAMETERS: an instance that exists is left as it is
create() {
  if cf service "$3" >/dev/null 2>&1; then
    printf '%s exists already and is left as it is\n' "$3"
  else
    cf create-service "$1" "$2" "$3" -c "$4" --wait
  fi
}

# credentials NAME PARAMETERS: what a service key holds; the key is deleted again
credentials() {
  local held=0
  cf create-service-key "$1" s3-catalog-setup -c "$2" --wait >&2
  cf service-key "$1" s3-catalog-setup >"$scratch/key" || held=$?
  cf delete-service-key "$1" s3-catalog-setup -f >&2
  [ "$held" -eq 0 ] && sed -n '/^{/,$p' "$scratch/key" | jq '.credentials // .'
}

# the stack's settings and those that AWS knows nothing of
settings() {
  local settings=$scratch/settings.json
  stack_settings | jq --argjson own "$own_settings" '. + $own' >"$settings"
  if cf service s3-catalog-config >/dev/null 2>&1; then
    cf update-user-provided-service s3-catalog-config -p "$settings" -t s3-catalog
  else
    cf create-user-provided-service s3-catalog-config -p "$settings" -t s3-catalog
  fi
  jq . "$settings"
}
