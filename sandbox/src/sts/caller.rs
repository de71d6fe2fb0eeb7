//! Who signed a request: Signature Version 4 with a user's key or with a session's.

use axum::http::request::Parts;
use time::{Duration, OffsetDateTime};

use super::answer::Refusal;
use crate::iam::{Account, UserKey};
use crate::sessions::Session;
use crate::sigv4::{self, Authorization, Canonical};

/// How far a request's date may be off.
const MAX_SKEW: Duration = Duration::minutes(15);

/// A principal that has proved to hold its secret key.
#[derive(Debug)]
pub(super) enum Caller {
    User(UserKey),
    Session(Box<Session>),
}

impl Caller {
    pub(super) fn arn(&self) -> &str {
        match self {
            Self::User(key) => &key.user_arn,
            Self::Session(session) => &session.assumed_role_arn,
        }
    }

    /// The role of a session, or the user: who a token speaks about.
    pub(super) fn principal(&self) -> &str {
        match self {
            Self::User(key) => &key.user_arn,
            Self::Session(session) => &session.role_arn,
        }
    }

    /// The unique identifier; a user's is stood in for by its key's.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::User(key) => &key.access_key_id,
            Self::Session(session) => &session.assumed_role_id,
        }
    }

    fn secret(&self) -> &str {
        match self {
            Self::User(key) => &key.secret_access_key,
            Self::Session(session) => &session.secret_access_key,
        }
    }
}

/// The caller, if the signature is right and its credentials are good here and now.
pub(super) fn verify(account: &Account, parts: &Parts, body: &[u8]) -> Result<Caller, Refusal> {
    let headers = &parts.headers;
    let Some(header) = sigv4::single(headers, "authorization") else {
        return Err(Refusal::forbidden(
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ));
    };
    let authorization = Authorization::parse(header)
        .filter(|authorization| authorization.algorithm == "AWS4-HMAC-SHA256")
        .ok_or_else(|| {
            Refusal::bad_request("IncompleteSignature", "Authorization header is malformed.")
        })?;
    let now = account.core.clock.utc();
    let caller = principal(account, parts, authorization.credential, now)?;
    if authorization.region != account.region {
        let message = "Credential should be scoped to a valid region.";
        return Err(mismatch(message).because(format!("scope is {}", authorization.scope())));
    }
    if authorization.service != "sts" {
        return Err(mismatch(
            "Credential should be scoped to correct service: 'sts'.",
        ));
    }
    let date = check_date(parts, &authorization, now)?;
    if let Some(name) = authorization.unsigned_header(headers) {
        return Err(mismatch(WRONG_SIGNATURE).because(format!("header {name} is not signed")));
    }
    let canonical = Canonical {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: &sigv4::canonical_query(parts.uri.query().unwrap_or_default(), |value| value),
        headers,
        payload_hash: &sigv4::sha256_hex(body),
    };
    let Some(request) = canonical.request(&authorization.signed_headers) else {
        return Err(mismatch(WRONG_SIGNATURE).because("a signed header is missing"));
    };
    let text = sigv4::string_to_sign(
        authorization.algorithm,
        date,
        &authorization.scope(),
        &request,
    );
    if sigv4::hmac_signature(caller.secret(), &authorization, &text) != authorization.signature {
        return Err(mismatch(WRONG_SIGNATURE));
    }
    Ok(caller)
}

const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. \
                               Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

fn mismatch(message: &str) -> Refusal {
    Refusal::forbidden("SignatureDoesNotMatch", message)
}

fn principal(
    account: &Account,
    parts: &Parts,
    key_id: &str,
    now: OffsetDateTime,
) -> Result<Caller, Refusal> {
    let invalid = || {
        Refusal::forbidden(
            "InvalidClientTokenId",
            "The security token included in the request is invalid",
        )
    };
    let token = sigv4::single(&parts.headers, "x-amz-security-token");
    match (
        account.iam.key(key_id),
        account.sessions.of_key(key_id),
        token,
    ) {
        (Some(user), _, None) => Ok(Caller::User(user)),
        (None, Some(session), Some(token)) if session.session_token == token => {
            if session.is_over(now) {
                let message = "The security token included in the request is expired";
                return Err(Refusal::forbidden("ExpiredToken", message));
            }
            Ok(Caller::Session(Box::new(session)))
        }
        _ => Err(invalid()),
    }
}

fn check_date<'a>(
    parts: &'a Parts,
    authorization: &Authorization<'_>,
    now: OffsetDateTime,
) -> Result<&'a str, Refusal> {
    let incomplete = || {
        Refusal::bad_request(
            "IncompleteSignature",
            "Date must be in ISO-8601 'basic format'.",
        )
    };
    let text = sigv4::single(&parts.headers, "x-amz-date").ok_or_else(incomplete)?;
    let date = sigv4::amz_date(text).ok_or_else(incomplete)?;
    if !text.starts_with(authorization.date) || authorization.date.len() != 8 {
        let message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";
        return Err(mismatch(message));
    }
    if now - date > MAX_SKEW {
        return Err(mismatch(&format!(
            "Signature expired: {text} is now too old (15 min.)"
        )));
    }
    if date - now > MAX_SKEW {
        return Err(mismatch(&format!(
            "Signature not yet current: {text} is still too late (15 min.)"
        )));
    }
    Ok(text)
}
