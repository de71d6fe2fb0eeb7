//! What the fuzz targets reach: everything that reads what a stranger sends, without a network.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::aws::AwsRules;
use super::ias::{Groups, IdentityRules};
use super::keys::{Key, key_set_length};
use super::possession::{self, Bound};
use super::token::{Token, bearer};
use super::verify::{Trust, issuer};
use super::xsuaa::XsuaaRules;
use crate::globs::Globs;
use crate::settings::{AwsCaller, ProofOfPossession, Scope, XsuaaBinding};

/// A key that signed nothing.
fn nobodys_key(algorithm: Algorithm) -> Option<Key> {
    let verifying = if algorithm == Algorithm::ES384 {
        let zeros = URL_SAFE_NO_PAD.encode([0; 48]);
        DecodingKey::from_ec_components(&zeros, &zeros).ok()?
    } else {
        DecodingKey::from_rsa_raw_components(&[0xc1; 256], &[1, 0, 1])
    };
    Some(Key {
        algorithm,
        verifying,
    })
}

fn trust() -> Trust {
    let url = "https://t.accounts.ondemand.com";
    let domains = ["accounts.ondemand.com".to_owned()];
    Trust {
        identity: IdentityRules::new("c", url, &domains, Some("t"), Groups::default()).ok(),
        xsuaa: Some(XsuaaRules::new(&XsuaaBinding {
            client_id: "sb-c!b1".to_owned(),
            app_name: "c!b1".to_owned(),
            url: "https://s.uaa.example".to_owned(),
            domain: "uaa.example".to_owned(),
            zone: "z".to_owned(),
            verification_key: None,
        })),
        aws: AwsRules::new(&[AwsCaller {
            issuer: "https://i.tokens.sts.global.api.aws".to_owned(),
            audience: "a".to_owned(),
            accounts: vec!["123456789012".to_owned()],
            org_id: None,
            subjects: Globs::new(&["arn:*".to_owned()]),
            users: true,
            scope: Scope::Read,
        }]),
        ..Trust::default()
    }
}

/// Reads bytes as an `Authorization` header, as a key set, and, cut at the first line end, as
/// header and claims of a token; says whether a token that nobody signed was taken.
pub(crate) fn accepts_unsigned(bytes: &[u8]) -> bool {
    let _ = bearer(&[bytes]);
    key_set_length(bytes);
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    let (header, claims) = bytes.split_at(line_end.unwrap_or(bytes.len()));
    let claims = claims.get(1..).unwrap_or_default();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let text = format!("{}.{}.AAAA", part(header), part(claims));
    let Ok(token) = Token::parse(&text) else {
        return false;
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_300_000);
    let claimed = trust().check(issuer(&token.claims), &token, now);
    let _ = Bound::of(&token.claims);
    let key = nobodys_key(token.algorithm);
    claimed.is_ok() && key.is_some_and(|key| token.signed_by(&key).is_ok())
}

/// Reads bytes as `X-Forwarded-Client-Cert`; says whether they show the certificate whose hash is
/// all zeros.
pub(crate) fn read_client_certificate(header: &[u8]) -> bool {
    let bound = Bound::Certificate([0; 32]);
    possession::check(ProofOfPossession::Always, bound, &[header]).is_ok()
}
