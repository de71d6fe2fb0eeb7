services() {
  create identity application catalog-identity "$identity_parameters"
  create privatelink standard catalog-privatelink "$privatelink_parameters"
}

facts() {
  local host issuer client
  host=$(credentials catalog-privatelink '{}' | jq -er .hostname)
  # a key of this kind holds no secret
  credentials catalog-identity '{"credential-type":"NONE"}' >"$scratch/identity.json"
  issuer=$(jq -er .url "$scratch/identity.json")
  client=$(jq -er .clientid "$scratch/identity.json")
  printf "%s --issuer '%s' --client-id '%s' --private-link-host '%s'\n" "$setup_aws" "$issuer" "$client" "$host"
}

bindings() {
  cf bind-service btp-s3-catalog catalog-identity -c "$identity_binding"
  cf bind-service btp-s3-catalog catalog-privatelink
  cf bind-service btp-s3-catalog s3-catalog-config
}

case "${1:-}" in
  services | facts | settings | bindings) "$1" ;;
  *) usage ;;
esac
