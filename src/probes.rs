//! The hot paths one by one, for `benches/`, and the readers of what strangers send, for `fuzz/`;
//! nothing in the service uses this.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use odata::body::Writer;
use odata::{JsonFormat, Resource, Url, Version};
use secrecy::SecretString;

use crate::app::StartError;
use crate::aws::{Session, signed_headers};
use crate::caller::{self, Trust, Verifier};
use crate::catalog::{Bucket, read_list};
use crate::clock::Clock;
use crate::http::CATALOG;
use crate::settings::Settings;

/// Signs a list request; returns the number of headers.
pub fn sign_list_request() -> usize {
    let session = Session {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        token: SecretString::from("t".repeat(900)),
        expires: SystemTime::UNIX_EPOCH,
        region: "eu-central-1".to_owned(),
        s3_endpoint: "https://127.0.0.1".to_owned(),
    };
    let at = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    let url = "https://127.0.0.1/?bucket-region=eu-central-1&max-buckets=1000";
    signed_headers(&session, "GET", url, at).map_or(0, |headers| headers.len())
}

/// A list of `count` buckets as S3 sends it.
pub fn bucket_list_xml(count: usize) -> String {
    let rows: String = (0..count).fold(String::new(), |rows, number| {
        rows + &format!(
            "<Bucket><Name>bucket-{number:05}</Name><CreationDate>2024-05-06T07:08:09.000Z</CreationDate>\
             <BucketRegion>eu-central-1</BucketRegion></Bucket>"
        )
    });
    format!("<ListAllMyBucketsResult><Buckets>{rows}</Buckets></ListAllMyBucketsResult>")
}

/// Buckets, as read from such a list.
#[derive(Debug)]
pub struct Rows(Vec<Bucket>);

/// Reads a list; `None` if it can't be read.
pub fn read_bucket_list(xml: &str) -> Option<Rows> {
    read_list(xml).map(Rows)
}

/// Answers a query over the rows; returns the length of the body, 0 on any error.
pub fn render(target: &str, rows: &Rows) -> usize {
    let written = || {
        let url = Url::parse(&CATALOG, "/catalog", target, Version::default()).ok()?;
        let Resource::Data(path) = &url.resource else {
            return None;
        };
        let plan = url.query.plan(&CATALOG, path.entity_type, None).ok()?;
        let page = plan.apply(rows.0.iter(), 10_000).ok()?;
        let writer = Writer::new(&CATALOG, path, plan.selection(), JsonFormat::default());
        Some(writer.collection(&page, None).ok()?.len())
    };
    written().unwrap_or_default()
}

/// Whether a token that nobody signed is taken; `bytes` are its header, a line end, and its claims.
pub fn accepts_unsigned(bytes: &[u8]) -> bool {
    caller::accepts_unsigned(bytes)
}

/// Whether `X-Forwarded-Client-Cert` of these bytes shows the certificate whose hash is all zeros.
pub fn read_client_certificate(header: &[u8]) -> bool {
    caller::read_client_certificate(header)
}

/// Checks bearer tokens as the service does.
#[derive(Debug, Clone)]
pub struct TokenCheck(Arc<Verifier>);

impl TokenCheck {
    /// A verifier for the identity binding of these settings.
    ///
    /// # Errors
    /// The binding or the trust roots can't be used.
    pub fn new(settings: &Settings) -> Result<Self, StartError> {
        let failed = |e: Box<dyn std::error::Error + Send + Sync>| StartError::Client(e);
        let http = crate::btp::http::HttpClients::new(&settings.ca_bundle)
            .map_err(|e| failed(e.into()))?;
        let trust = Trust::from_settings(settings).map_err(|e| failed(e.into()))?;
        Ok(Self(Arc::new(Verifier::new(
            trust,
            http.plain().clone(),
            Clock::system(),
        ))))
    }

    /// Whether the token is accepted; a known one is not checked again.
    pub async fn accepts(&self, token: &str) -> bool {
        self.0
            .verify(&[format!("Bearer {token}").as_bytes()], &[])
            .await
            .is_ok()
    }
}
