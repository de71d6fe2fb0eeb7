//! A session: temporary AWS credentials and where they are good.

use std::time::SystemTime;

use secrecy::SecretString;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Temporary credentials with the place that they were opened for.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Not a secret: AWS prints it in its own logs.
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) token: SecretString,
    pub(crate) expires: SystemTime,
    /// Region that requests are signed for.
    pub(crate) region: String,
    /// S3 endpoint without trailing slash; the Private Link host in production.
    pub(crate) s3_endpoint: String,
}

impl Session {
    /// Whether AWS still takes these credentials at `now`.
    pub(crate) fn is_alive(&self, now: SystemTime) -> bool {
        now < self.expires
    }

    /// The end in RFC 3339, for people.
    pub(crate) fn expires_text(&self) -> String {
        timestamp(self.expires)
    }
}

/// A moment in RFC 3339, in UTC and whole seconds.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_else(|_| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_prints_its_key_id_and_no_secret() {
        let session = Session {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hush".into(),
            token: "hush".into(),
            expires: SystemTime::UNIX_EPOCH,
            region: String::new(),
            s3_endpoint: String::new(),
        };
        let printed = format!("{session:?} {session:#?}");
        assert!(
            printed.contains("ASIAEXAMPLE") && !printed.contains("hush"),
            "{printed}"
        );
    }
}
