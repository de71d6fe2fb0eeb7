services() {
  create destination lite catalog-destination '{}'
  create identity application catalog-identity "$identity_parameters"
  create privatelink standard catalog-privatelink "$privatelink_parameters"
}

facts() {
  local host
  host=$(credentials catalog-privatelink '{}' | jq -er .hostname)
  printf "%s --certificate FILE --private-link-host '%s'\n" "$setup_aws" "$host"
}

# certificate [FILE]: uploads the key store, and the destination that names it. Without FILE only the
# destination, for a key store that the Destination service made or holds already.
certificate() {
  local password
  printf 'Password of the key store (none: press Enter): ' >&2
  read -rs password
  printf '\n' >&2
  : >"$scratch/content"
  if [ -n "${1:-}" ]; then
    base64 <"$1" | tr -d '\n' >"$scratch/content"
  fi
  # the password goes by the environment: arguments can be seen by every user of the machine
  PASSWORD=$password jq -n --argjson destination "$destination" --rawfile content "$scratch/content" '
    {init_data: {instance: {
      existing_destinations_policy: "update",
      existing_certificates_policy: "update",
      destinations: [$destination + if env.PASSWORD == "" then {} else {KeyStorePassword: env.PASSWORD} end],
      certificates: (if $content == "" then [] else [{Name: $destination.KeyStoreLocation, Content: $content}] end)
    }}}' >"$scratch/destination.json"
  cf update-service catalog-destination -c "$scratch/destination.json" --wait
}

bindings() {
  cf bind-service btp-s3-catalog catalog-destination -c "$destination_binding"
  cf bind-service btp-s3-catalog catalog-identity -c "$identity_binding"
  cf bind-service btp-s3-catalog catalog-privatelink
  cf bind-service btp-s3-catalog s3-catalog-config
}

case "${1:-}" in
  services | facts | settings | bindings) "$1" ;;
  certificate) certificate "${2:-}" ;;
  *) usage ;;
esac
