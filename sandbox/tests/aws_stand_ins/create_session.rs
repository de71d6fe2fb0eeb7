//! A `CreateSession` request made by hand, so that each part of it can be made wrong.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P521_SHA256_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::pkcs8::DecodePrivateKey;
use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::pki::{Issued, Key};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

/// All that goes into a request; a test changes one field.
pub(crate) struct CreateSession {
    pub key: Key,
    pub key_der: Vec<u8>,
    pub algorithm: &'static str,
    pub serial: String,
    pub certificate: String,
    pub chain: Option<String>,
    pub date: OffsetDateTime,
    pub scope_day: Option<String>,
    pub region: String,
    pub service: &'static str,
    pub path: &'static str,
    pub query: String,
    pub body: String,
    /// A further header that is signed; its name sorts before all others.
    pub(crate) extra: Option<(&'static str, String)>,
    /// Left out of `SignedHeaders`, but sent.
    pub unsigned: Option<&'static str>,
    /// Applied to the signature before it is sent.
    pub spoil: fn(String) -> String,
    /// Sent instead of the signed body.
    pub other_body: Option<String>,
}

pub(crate) struct Answer {
    pub status: u16,
    pub error: String,
    pub body: Value,
    pub date: String,
}

impl Answer {
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn credentials(&self) -> &Value {
        &self.body["credentialSet"][0]["credentials"]
    }
}

impl CreateSession {
    /// A request that is right in every part.
    pub(crate) fn new(core: &Core, aws: &Aws, key: Key, issued: &Issued) -> Self {
        let chain: Vec<String> = issued
            .chain_der
            .iter()
            .map(|der| STANDARD.encode(der))
            .collect();
        let rsa = matches!(key, Key::Rsa2048 | Key::Rsa3072 | Key::Rsa4096);
        Self {
            key,
            key_der: issued.key_der.clone(),
            algorithm: if rsa {
                "AWS4-X509-RSA-SHA256"
            } else {
                "AWS4-X509-ECDSA-SHA256"
            },
            serial: decimal(&issued.serial),
            certificate: STANDARD.encode(&issued.certificate_der),
            chain: (!chain.is_empty()).then(|| chain.join(",")),
            date: core.clock.utc(),
            scope_day: None,
            region: aws.account.region.clone(),
            service: "rolesanywhere",
            path: "/sessions",
            query: String::new(),
            body: json!({
                "durationSeconds": 900,
                "profileArn": aws.profile_arn,
                "roleArn": aws.role_arn,
                "trustAnchorArn": aws.trust_anchor_arn,
            })
            .to_string(),
            extra: None,
            unsigned: None,
            spoil: |signature| signature,
            other_body: None,
        }
    }

    /// Changes one member of the body; null removes it.
    pub(crate) fn member(mut self, name: &str, value: Value) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap();
        body[name] = value;
        self.body = body.to_string();
        self
    }

    /// Signs and sends it.
    pub(crate) async fn send(&self, aws: &Aws) -> Answer {
        let host = aws.roles_anywhere.http.strip_prefix("http://").unwrap();
        let (headers, authorization) = self.sign(host);
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        let url = format!("{}{}{query}", aws.roles_anywhere.http, self.path);
        let body = self.other_body.as_ref().unwrap_or(&self.body).clone();
        let mut request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(url)
            .body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request
            .header("authorization", authorization)
            .send()
            .await
            .unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let (status, error) = (
            response.status().as_u16(),
            header("x-amzn-errortype").unwrap_or_default(),
        );
        let date = header("date").unwrap();
        Answer {
            status,
            error,
            body: response.json().await.unwrap_or_default(),
            date,
        }
    }

    fn sign(&self, host: &str) -> (Vec<(&'static str, String)>, String) {
        let date = self
            .date
            .format(format_description!(
                "[year][month][day]T[hour][minute][second]Z"
            ))
            .unwrap();
        let mut headers: Vec<_> = self.extra.clone().into_iter().collect();
        headers.extend([
            ("content-type", "application/json".to_owned()),
            ("host", host.to_owned()),
            ("x-amz-date", date.clone()),
            ("x-amz-x509", self.certificate.clone()),
        ]);
        headers.extend(self.chain.clone().map(|chain| ("x-amz-x509-chain", chain)));
        let signed: Vec<_> = headers
            .iter()
            .filter(|(name, _)| Some(*name) != self.unsigned)
            .collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: Vec<String> = signed
            .iter()
            .map(|(name, value)| {
                let words: Vec<&str> = value.split_whitespace().collect();
                format!("{name}:{}\n", words.join(" "))
            })
            .collect();
        let lines = lines.concat();
        let body = hex(digest(&SHA256, self.body.as_bytes()).as_ref());
        let canonical = format!(
            "POST\n{}\n{}\n{lines}\n{names}\n{body}",
            self.path, self.query
        );
        let day = self
            .scope_day
            .clone()
            .unwrap_or_else(|| date[..8].to_owned());
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("{}\n{date}\n{scope}\n{hash}", self.algorithm);
        let signature = (self.spoil)(hex(&signature(self.key, &self.key_der, text.as_bytes())));
        let authorization = format!(
            "{} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.algorithm, self.serial
        );
        (headers, authorization)
    }
}

fn signature(key: Key, der: &[u8], text: &[u8]) -> Vec<u8> {
    let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, der).unwrap();
        pair.sign(&SystemRandom::new(), text)
            .unwrap()
            .as_ref()
            .to_vec()
    };
    match key {
        Key::Rsa2048 | Key::Rsa3072 | Key::Rsa4096 => {
            let pair = rsa::KeyPair::from_pkcs8(der).unwrap();
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text,
                &mut signature,
            )
            .unwrap();
            signature
        }
        Key::P256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING),
        Key::P384 => {
            let pair = p384::ecdsa::SigningKey::from_pkcs8_der(der).unwrap();
            let signature: p384::ecdsa::Signature =
                pair.sign_prehash(digest(&SHA256, text).as_ref()).unwrap();
            signature.to_der().as_bytes().to_vec()
        }
        Key::P521 => ec(&ECDSA_P521_SHA256_ASN1_SIGNING),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Decimal of a big-endian number, by long division.
pub(crate) fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u32];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            *digit = value % 10;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(u32::to_string).collect()
}
