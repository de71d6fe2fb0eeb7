//! What s3s asks: the secret behind a key, and whether an operation may go on.

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::buckets::Buckets;
use super::{NAME, permission};
use crate::iam::Account;

/// Looks up secrets of sessions.
pub(super) struct Keys(pub(super) Account);

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.sessions.of_key(access_key) {
            Some(session) => Ok(SecretKey::from(session.secret_access_key)),
            None => Err(S3Error::new(S3ErrorCode::InvalidAccessKeyId)),
        }
    }
}

/// Permissions and regions, after the signature was found right.
pub(super) struct Gate {
    pub(super) account: Account,
    pub(super) buckets: Buckets,
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let denied = || S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied");
        let credentials = context.credentials().ok_or_else(denied)?;
        let session = self
            .account
            .sessions
            .of_key(&credentials.access_key)
            .ok_or_else(denied)?;
        let operation = context.s3_op().name();
        let mut note = operation.to_owned();
        if operation.starts_with("List") {
            note = format!("{note}?{}", context.uri().query().unwrap_or_default());
        }
        self.account.core.ledger.record(NAME, note);
        let action = permission::action(operation);
        let allowed = !self.buckets.is_denied(&action)
            && permission::allows(
                session.details.policy.as_deref(),
                &action,
                &resource(context.s3_path()),
            );
        if !allowed {
            let who = &session.assumed_role_arn;
            let message = format!(
                "User: {who} is not authorized to perform: {action} because no policy allows the action"
            );
            return Err(S3Error::with_message(S3ErrorCode::AccessDenied, message));
        }
        match context.s3_path() {
            S3Path::Bucket { bucket } | S3Path::Object { bucket, .. } => {
                self.check_region(bucket, operation)
            }
            S3Path::Root => Ok(()),
        }
    }
}

impl Gate {
    /// A bucket of another region is not served here, but S3 says where it is.
    fn check_region(&self, bucket: &str, operation: &str) -> S3Result<()> {
        let Some(bucket) = self.buckets.get(bucket) else {
            return Ok(());
        };
        if bucket.region == self.account.region || operation == "GetBucketLocation" {
            return Ok(());
        }
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        let mut error = S3Error::with_message(S3ErrorCode::PermanentRedirect, message);
        let region = HeaderValue::from_str(&bucket.region).map_err(S3Error::internal_error)?;
        error.set_headers(HeaderMap::from_iter([(
            HeaderName::from_static("x-amz-bucket-region"),
            region,
        )]));
        Err(error)
    }
}

fn resource(path: &S3Path) -> String {
    match path {
        S3Path::Root => "arn:aws:s3:::*".to_owned(),
        S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
        S3Path::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
    }
}
