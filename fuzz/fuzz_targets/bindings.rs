#![no_main]

use btp_s3_catalog::{Env, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bindings: &str| {
    let variables = [
        ("VCAP_SERVICES", bindings),
        ("CATALOG_CREDENTIAL_SOURCE", "oidc"),
        ("CATALOG_ROLE_ARN", "arn:aws:iam::123456789012:role/catalog"),
        ("CATALOG_REGION", "eu-central-1"),
        ("CATALOG_ALLOW_PUBLIC_S3", "true"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    if let Err(unusable) = Settings::load(Env::new(variables)) {
        assert!(!unusable.to_string().is_empty());
    }
});
