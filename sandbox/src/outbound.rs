//! IAM outbound identity federation: the account's issuer, its two keys, and the tokens that STS
//! gives to workloads (`GetWebIdentityToken`). The real issuer is
//! `https://<uuid>.tokens.sts.global.api.aws`; this one is a loopback address.
//!
//! Source: IAM User Guide, "Understand token claims" and "Getting started" of outbound identity
//! federation.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::identity::signing::{SigningKey, unsigned};
use crate::serve::{Listening, serve};
use crate::{Core, random};

/// Name in the ledger and in faults.
pub const NAME: &str = "outbound";

/// Claim that holds what only AWS says.
pub(crate) const OWN_CLAIM: &str = "https://sts.amazonaws.com/";

const RSA_KEY_NUMBER: u8 = 90;

/// Signing algorithms of AWS's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es384,
}

/// The account's issuer; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Outbound {
    desk: Arc<Desk>,
    _listening: Arc<Listening>,
}

#[derive(Debug)]
struct Desk {
    core: Core,
    issuer: OnceLock<String>,
    enabled: AtomicBool,
    rsa: SigningKey,
    ec: EcdsaKeyPair,
}

impl Outbound {
    /// Starts the issuer, switched on.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let ec = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING);
        let desk = Arc::new(Desk {
            core: core.clone(),
            issuer: OnceLock::new(),
            enabled: AtomicBool::new(true),
            rsa: SigningKey::new(core, "RSA_0", RSA_KEY_NUMBER)?,
            ec: ec.map_err(io::Error::other)?,
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/jwks.json", get(keys))
            .with_state(Arc::clone(&desk));
        let listening = serve(core, NAME, router, None).await?;
        desk.issuer.get_or_init(|| listening.url.clone());
        Ok(Self {
            desk,
            _listening: Arc::new(listening),
        })
    }

    /// Issuer of the account's tokens.
    pub fn issuer(&self) -> &str {
        self.desk.issuer()
    }

    /// Whether an administrator has switched the federation on.
    pub fn is_enabled(&self) -> bool {
        self.desk.enabled.load(Ordering::SeqCst)
    }

    /// Switches the federation on or off; keys stay published.
    pub fn set_enabled(&self, enabled: bool) {
        self.desk.enabled.store(enabled, Ordering::SeqCst);
    }

    /// The claims of a token for this principal, which lives for `seconds`.
    pub fn claims(&self, arn: &str, account: &str, audience: &[&str], seconds: i64) -> Value {
        let now = self.desk.core.clock.unix();
        let aud = match audience {
            [one] => json!(one),
            several => json!(several),
        };
        json!({
            "iss": self.issuer(), "aud": aud, "sub": arn, "iat": now, "exp": now + seconds,
            "jti": random::uuid(),
            OWN_CLAIM: { "aws_account": account, "org_id": "o-sandbox0001",
                "principal_id": arn, "source_region": "eu-central-1" },
        })
    }

    /// Signs any claims with the account's key for this algorithm.
    pub fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let token = match algorithm {
            Algorithm::Rs256 => self.desk.rsa.sign(&self.desk.rsa.header(), claims),
            Algorithm::Es384 => self.desk.sign_with_p384(claims),
        };
        self.desk.core.ledger.secret(&token);
        token
    }
}

impl Desk {
    fn issuer(&self) -> &str {
        self.issuer.get().map(String::as_str).unwrap_or_default()
    }

    fn sign_with_p384(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES384", "typ": "JWT", "kid": "EC384_0" });
        let message = unsigned(&header, claims);
        match self.ec.sign(&SystemRandom::new(), message.as_bytes()) {
            Ok(signature) => {
                let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref());
                format!("{message}.{signature}")
            }
            Err(error) => {
                tracing::error!(%error, "token carries no valid signature");
                format!("{message}.")
            }
        }
    }
}

/// Nothing but these members: clients that want a login's endpoints can't read it.
async fn discovery(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let issuer = desk.issuer();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "claims_supported": ["iss", "aud", "sub", "exp", "iat", "jti", OWN_CLAIM],
    }))
}

/// The RSA key names no algorithm, as AWS's doesn't.
async fn keys(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let mut rsa = desk.rsa.jwk();
    if let Value::Object(rsa) = &mut rsa {
        rsa.remove("alg");
    }
    let point = desk.ec.public_key().as_ref();
    let coordinate = |range| BASE64_URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
    let ec = json!({
        "kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": "EC384_0",
        "x": coordinate(1..49), "y": coordinate(49..97),
    });
    Json(json!({ "keys": [rsa, ec] }))
}
