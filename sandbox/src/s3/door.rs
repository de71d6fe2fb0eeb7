//! Who may enter: the parts of a request's authentication that s3s does not look at. s3s checks
//! the signature itself afterwards.

use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::refusal::Refusal;
use crate::iam::Account;
use crate::sessions::Session;
use crate::sigv4::{self, Authorization};

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>
const MAX_SKEW: Duration = Duration::minutes(15);

/// Lets a request in, or says why not; gives the value of `x-amz-content-sha256`.
pub(super) fn check(account: &Account, parts: &Parts) -> Result<String, Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    if parameter(query, "X-Amz-Signature").is_some() {
        return check_presigned(account, query);
    }
    let header = match sigv4::single(&parts.headers, "authorization") {
        Some(header) if header.starts_with("AWS4-HMAC-SHA256 ") => header,
        Some(_) => return Err(unsupported_mechanism()),
        // AWSAccessKeyId in the query would be Signature Version 2.
        None if parameter(query, "AWSAccessKeyId").is_some() => return Err(unsupported_mechanism()),
        None => return Err(Refusal::denied()),
    };
    let malformed = || {
        Refusal::bad_request(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed",
        )
    };
    let authorization = Authorization::parse(header).ok_or_else(malformed)?;
    check_credentials(
        account,
        authorization.credential,
        sigv4::single(&parts.headers, "x-amz-security-token"),
    )?;
    check_scope(account, authorization.region, authorization.service)?;
    check_date(
        account,
        sigv4::single(&parts.headers, "x-amz-date").unwrap_or_default(),
    )?;
    if let Some(name) = authorization.unsigned_header(&parts.headers) {
        let message = "There were headers present in the request which were not signed";
        return Err(Refusal::forbidden("AccessDenied", message).with("HeadersNotSigned", name));
    }
    match sigv4::single(&parts.headers, "x-amz-content-sha256") {
        Some(hash) => Ok(hash.to_owned()),
        None => Err(Refusal::bad_request(
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
        )),
    }
}

fn unsupported_mechanism() -> Refusal {
    let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    Refusal::bad_request("InvalidRequest", message)
}

fn check_presigned(account: &Account, query: &str) -> Result<String, Refusal> {
    let incomplete = |name: &str| {
        let message = format!("Query-string authentication requires {name}");
        Refusal::bad_request("AuthorizationQueryParametersError", message)
    };
    let required = |name: &str| parameter(query, name).ok_or_else(|| incomplete(name));
    let credential = required("X-Amz-Credential")?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [key, _, region, service, "aws4_request"] = parts.as_slice() else {
        return Err(incomplete("a well-formed X-Amz-Credential"));
    };
    check_credentials(
        account,
        key,
        parameter(query, "X-Amz-Security-Token").as_deref(),
    )?;
    check_scope(account, region, service)?;
    let date = sigv4::amz_date(&required("X-Amz-Date")?)
        .ok_or_else(|| incomplete("a well-formed X-Amz-Date"))?;
    let seconds: Option<u32> = required("X-Amz-Expires")?
        .parse()
        .ok()
        .filter(|seconds| (1..=604_800).contains(seconds));
    let life = seconds.ok_or_else(|| incomplete("X-Amz-Expires of at most a week"))?;
    let now = account.core.clock.utc();
    if now > date + Duration::seconds(i64::from(life)) || date > now + MAX_SKEW {
        return Err(Refusal::forbidden("AccessDenied", "Request has expired"));
    }
    Ok("UNSIGNED-PAYLOAD".to_owned())
}

/// Only sessions of this sandbox, with the token that belongs to their key, before they end.
fn check_credentials(
    account: &Account,
    key_id: &str,
    token: Option<&str>,
) -> Result<Session, Refusal> {
    let unknown = || {
        let message = "The AWS Access Key Id you provided does not exist in our records.";
        Refusal::forbidden("InvalidAccessKeyId", message).with("AWSAccessKeyId", key_id)
    };
    if account.iam.key(key_id).is_some() {
        // The account's users may assume roles and nothing else.
        return Err(Refusal::denied());
    }
    let session = account.sessions.of_key(key_id).ok_or_else(unknown)?;
    let token = token.ok_or_else(unknown)?;
    if session.session_token != token {
        let message = "The provided token is malformed or otherwise invalid.";
        return Err(Refusal::bad_request("InvalidToken", message).with("Token-0", token));
    }
    if session.is_over(account.core.clock.utc()) {
        // AWS does echo the token here: one more reason not to log what S3 answers.
        let message = "The provided token has expired.";
        return Err(Refusal::bad_request("ExpiredToken", message).with("Token-0", token));
    }
    Ok(session)
}

fn check_scope(account: &Account, region: &str, service: &str) -> Result<(), Refusal> {
    let expected = &account.region;
    if region != expected {
        let message = format!(
            "The authorization header is malformed; the region '{region}' is wrong; expecting '{expected}'"
        );
        return Err(
            Refusal::bad_request("AuthorizationHeaderMalformed", message).with("Region", expected),
        );
    }
    if service != "s3" {
        let message = format!(
            "The authorization header is malformed; incorrect service \"{service}\". This endpoint belongs to \"s3\"."
        );
        return Err(Refusal::bad_request(
            "AuthorizationHeaderMalformed",
            message,
        ));
    }
    Ok(())
}

fn check_date(account: &Account, text: &str) -> Result<(), Refusal> {
    let invalid = || {
        Refusal::forbidden(
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
        )
    };
    let date = sigv4::amz_date(text).ok_or_else(invalid)?;
    let now = account.core.clock.utc();
    if (now - date).abs() <= MAX_SKEW {
        return Ok(());
    }
    let server_time = now.replace_nanosecond(0).unwrap_or(now);
    let message = "The difference between the request time and the current time is too large.";
    Err(Refusal::forbidden("RequestTimeTooSkewed", message)
        .with("RequestTime", text)
        .with("ServerTime", rfc3339(server_time))
        .with("MaxAllowedSkewMilliseconds", "900000"))
}

fn rfc3339(date: OffsetDateTime) -> String {
    date.format(&Rfc3339).unwrap_or_default()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
