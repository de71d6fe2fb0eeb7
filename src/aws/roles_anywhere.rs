//! Certificate → session: `CreateSession` of IAM Roles Anywhere, without the helper binary.
//!
//! Source: IAM Roles Anywhere user guide, `CreateSession` and "Signing process". All
//! parameters travel in the body, as AWS's own Java plugin sends them.

use std::time::{Duration, SystemTime};

use reqwest::{Client, Response};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::x509_sigv4::{Unsigned, sign};
use super::{Session, SessionError};
use crate::btp::http::read;
use crate::btp::keystore::KeyStore;
use crate::clock::Clock;
use crate::settings::{Connection, DEFAULT_SESSION_NAME, RolesAnywhere};
use crate::telemetry::one_line;

const SERVICE: &str = "IAM Roles Anywhere";
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// A clock that is off by more than this explains an "Invalid signature".
const SUSPICIOUS_SKEW: i64 = 120;

/// Opens a session; asks again, freshly signed, when AWS is busy or away.
pub(crate) async fn open(
    http: &Client,
    connection: &Connection,
    spec: &RolesAnywhere,
    keystore: &KeyStore,
    clock: &Clock,
) -> Result<Session, SessionError> {
    let call = Call {
        http,
        connection,
        spec,
        keystore,
        clock,
    };
    let mut ceiling = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let failure = match call.once().await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        let asked = failure.retry_after();
        if attempt == ATTEMPTS
            || !is_transient(&failure)
            || asked.is_some_and(|a| a > 2 * FIRST_PAUSE)
        {
            return Err(failure);
        }
        // full jitter: many instances share AWS's limit of ten requests a second
        tokio::time::sleep(asked.unwrap_or_else(|| ceiling.mul_f64(fastrand::f64()))).await;
        attempt += 1;
        ceiling *= 2;
    }
}

fn is_transient(failure: &SessionError) -> bool {
    match failure {
        SessionError::Unreachable { .. } => true,
        SessionError::Refused { code, .. } => {
            code.starts_with("429") || code.starts_with('5') || code.contains("Throttl")
        }
        SessionError::Settings(_)
        | SessionError::Btp(_)
        | SessionError::KeyStore { .. }
        | SessionError::Unreadable { .. }
        | SessionError::Signing { .. }
        | SessionError::Pending => false,
    }
}

struct Call<'a> {
    http: &'a Client,
    connection: &'a Connection,
    spec: &'a RolesAnywhere,
    keystore: &'a KeyStore,
    clock: &'a Clock,
}

impl Call<'_> {
    async fn once(&self) -> Result<Session, SessionError> {
        let response = self.send().await?;
        let status = response.status().as_u16();
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (kind, date) = (header("x-amzn-errortype"), header("date"));
        let retry_after = header("retry-after")
            .and_then(|v| v.parse().ok())
            .map(Duration::from_secs);
        let body = read(response)
            .await
            .map_err(|source| self.unreachable(source))?;
        if (200..300).contains(&status) {
            return self.session(&body);
        }
        Err(self.refusal(status, kind, date.as_deref(), retry_after, &body))
    }

    async fn send(&self) -> Result<Response, SessionError> {
        let endpoint =
            reqwest::Url::parse(&self.spec.endpoint).map_err(|e| self.unreachable(e.into()))?;
        let url = endpoint
            .join("/sessions")
            .map_err(|e| self.unreachable(e.into()))?;
        let unsigned = Unsigned {
            host: &host(&url),
            path: "/sessions",
            region: &self.connection.region,
            body: &self.body(),
        };
        let headers = sign(&unsigned, self.keystore, self.clock.now()).map_err(|source| {
            SessionError::Signing {
                service: SERVICE,
                source: source.into(),
            }
        })?;
        let mut request = self.http.post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = request.body(unsigned.body.to_vec()).send().await;
        sent.map_err(|e| self.unreachable(e.without_url().into()))
    }

    fn body(&self) -> Vec<u8> {
        // A profile takes a session name only if its acceptRoleSessionName is on, and denies
        // access otherwise: our default must not break profiles as AWS creates them.
        let name = Some(&self.connection.session_name).filter(|name| *name != DEFAULT_SESSION_NAME);
        let mut members = serde_json::Map::new();
        members.insert("profileArn".to_owned(), json!(self.spec.profile_arn));
        members.insert("roleArn".to_owned(), json!(self.connection.role_arn));
        members.insert(
            "trustAnchorArn".to_owned(),
            json!(self.spec.trust_anchor_arn),
        );
        let duration = self.connection.session_duration.as_secs();
        members.insert("durationSeconds".to_owned(), json!(duration));
        members.extend(name.map(|name| ("roleSessionName".to_owned(), json!(name))));
        serde_json::Value::Object(members).to_string().into_bytes()
    }

    fn session(&self, body: &[u8]) -> Result<Session, SessionError> {
        let unreadable = |detail: String| SessionError::Unreadable {
            service: SERVICE,
            detail,
        };
        if body.trim_ascii_start().starts_with(b"<") {
            return Err(unreadable(
                "an HTML page, so probably a proxy stands in between".to_owned(),
            ));
        }
        let answer: Answer = serde_json::from_slice(body).map_err(|e| {
            let how = if e.is_eof() {
                "it ends too early"
            } else {
                "it is not the documented JSON"
            };
            unreadable(format!("{how} (line {}, column {})", e.line(), e.column()))
        })?;
        let entry = answer.credential_set.into_iter().next();
        let entry = entry.ok_or_else(|| unreadable("its credentialSet is empty".to_owned()))?;
        if entry
            .role_arn
            .as_ref()
            .is_some_and(|arn| *arn != self.connection.role_arn)
        {
            return Err(unreadable(
                "its credentials are for another role".to_owned(),
            ));
        }
        let given = entry.credentials;
        let expires = OffsetDateTime::parse(&given.expiration, &Rfc3339)
            .map_err(|_| unreadable("its expiration is not a time".to_owned()))?;
        if given.access_key_id.is_empty() {
            return Err(unreadable("its accessKeyId is empty".to_owned()));
        }
        Ok(Session {
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            token: given.session_token,
            expires: SystemTime::from(expires),
            region: self.connection.region.clone(),
            s3_endpoint: self.connection.s3_endpoint.clone(),
        })
    }

    /// An error answer, told apart by type, status and message.
    fn refusal(
        &self,
        status: u16,
        kind: Option<String>,
        date: Option<&str>,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> SessionError {
        let said: Said = serde_json::from_slice(body).unwrap_or_default();
        // "AccessDeniedException:http://…" and "…#AccessDeniedException" are both met
        let name = |text: String| {
            let text = text.split(':').next().unwrap_or_default();
            text.rsplit('#').next().unwrap_or_default().to_owned()
        };
        let kind = kind.or(said.kind).map(name).filter(|n| !n.is_empty());
        if kind.is_none()
            && said.message.is_none()
            && body.trim_ascii_start().starts_with(b"<")
            && status < 500
        {
            return SessionError::Unreadable {
                service: SERVICE,
                detail: format!(
                    "status {status} with an HTML page, so probably a proxy stands in between"
                ),
            };
        }
        let message = said
            .message
            .map_or_else(|| "no reason given".to_owned(), |m| one_line(&m));
        let hint = self.hint(status, &message, date);
        SessionError::Refused {
            service: SERVICE,
            code: kind.unwrap_or_else(|| status.to_string()),
            message,
            hint,
            retry_after,
        }
        .with_status(status)
    }

    /// The likely cause of a refusal, and what mends it.
    fn hint(&self, status: u16, message: &str, date: Option<&str>) -> Option<String> {
        let (role, anchor, profile) = (
            &self.connection.role_arn,
            &self.spec.trust_anchor_arn,
            &self.spec.profile_arn,
        );
        let subject = &self.keystore.leaf.subject;
        let has = |part: &str| message.contains(part);
        Some(match status {
            403 if has("Invalid signature") => match self.skew(date) {
                Some(skew) => format!("this machine's clock is {skew} s off AWS's: set the clock"),
                None => "the private key may not belong to the certificate, or something between here and AWS changed the request".to_owned(),
            },
            403 if has("Untrusted") => format!(
                "the certificate \"{subject}\" does not chain to the trust anchor {anchor}: check the anchor's CA and that the key store holds the intermediate certificates"
            ),
            403 if has("revoked") => "upload a new certificate to the Destination service".to_owned(),
            403 if has("disabled") => format!("enable {anchor} and {profile}"),
            403 if has("MaxSessionDuration") => format!("shorten session_duration_seconds or raise the maximum session duration of {role}"),
            403 if has("assume role") => format!(
                "{role} must be in {profile}, and its trust policy must allow rolesanywhere.amazonaws.com sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity for \"{subject}\""
            ),
            403 if self.connection.session_name != DEFAULT_SESSION_NAME => {
                format!("{profile} may not accept role session names: leave session_name out or set acceptRoleSessionName")
            }
            404 => format!("trust anchor or profile does not exist in {}: check {anchor} and {profile}", self.connection.region),
            _ => return None,
        })
    }

    /// Seconds by which this machine's clock is off AWS's, if that is suspicious.
    fn skew(&self, date: Option<&str>) -> Option<i64> {
        // HTTP dates end in "GMT", which RFC 2822 spells "+0000"
        let theirs = OffsetDateTime::parse(&date?.replace("GMT", "+0000"), &Rfc2822).ok()?;
        let skew = (OffsetDateTime::from(self.clock.now()) - theirs).whole_seconds();
        (skew.abs() > SUSPICIOUS_SKEW).then_some(skew)
    }

    fn unreachable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> SessionError {
        SessionError::Unreachable {
            service: SERVICE,
            endpoint: self.spec.endpoint.clone(),
            source,
        }
    }
}

impl SessionError {
    /// Busy and broken upstreams are told by status, whatever name they give their error.
    fn with_status(mut self, status: u16) -> Self {
        if let Self::Refused { code, .. } = &mut self
            && (status == 429 || status >= 500)
            && !code.starts_with(char::is_numeric)
        {
            *code = format!("{status} {code}");
        }
        self
    }
}

/// The Host header as it will be sent: with the port unless it is the scheme's own.
fn host(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    credential_set: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    credentials: Given,
    role_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
    expiration: String,
}

/// A restJson1 error body; its members vary between AWS's own layers.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "__type", alias = "code")]
    kind: Option<String>,
}
