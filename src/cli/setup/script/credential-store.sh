services() {
  create credstore standard catalog-credstore '{}'
  create identity application catalog-identity "$identity_parameters"
  create privatelink standard catalog-privatelink "$privatelink_parameters"
}

facts() {
  local host
  host=$(credentials catalog-privatelink '{}' | jq -er .hostname)
  printf "%s --external-id RANDOM-TEXT --private-link-host '%s'\n" "$setup_aws" "$host"
}

bindings() {
  cf bind-service btp-s3-catalog catalog-credstore
  cf bind-service btp-s3-catalog catalog-identity -c "$identity_binding"
  cf bind-service btp-s3-catalog catalog-privatelink
  cf bind-service btp-s3-catalog s3-catalog-config
}

case "${1:-}" in
  services | facts | settings | bindings) "$1" ;;
  *) usage ;;
esac
