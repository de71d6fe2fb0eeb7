//! Stored key → session: a key from the Credential Store signs `AssumeRole`, nothing else.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use secrecy::{ExposeSecret, SecretString};

use super::sts::{self, StsHttp};
use super::{Session, SessionError};
use crate::btp::credstore::CredentialStore;
use crate::btp::token::Tokens;
use crate::settings::{Connection, CredentialStoreBinding, StoredKey};

/// The two halves of an access key, as the Credential Store holds them.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: SecretString,
    pub(crate) secret: SecretString,
}

/// Reads the key anew, so a rotated one needs no restart.
pub(super) async fn read(
    store: &CredentialStore,
    tokens: &Tokens,
    binding: &CredentialStoreBinding,
    spec: &StoredKey,
) -> Result<Key, SessionError> {
    let password = async |name: &str| {
        let value = store.password(binding, tokens, &spec.namespace, name).await;
        value.map(|it| SecretString::from(it.expose_secret().trim()))
    };
    Ok(Key {
        id: password(&spec.access_key_id_name).await?,
        secret: password(&spec.secret_access_key_name).await?,
    })
}

/// Assumes the role with the key.
pub(super) async fn open(
    http: &StsHttp,
    key: Key,
    connection: &Connection,
    spec: &StoredKey,
) -> Result<Session, SessionError> {
    let key = Credentials::new(
        key.id.expose_secret(),
        key.secret.expose_secret(),
        None,
        None,
        "credential-store",
    );
    let client = http.client(
        connection,
        &spec.sts_endpoint,
        Some(SharedCredentialsProvider::new(key)),
    );
    let answer = request(&client, connection, spec)?
        .send()
        .await
        .map_err(|e| {
            sts::failure(&spec.sts_endpoint, &e, |code, _| {
                hint(code, connection, spec)
            })
        })?;
    sts::session(connection, answer.credentials)
}

fn request(
    client: &aws_sdk_sts::Client,
    connection: &Connection,
    spec: &StoredKey,
) -> Result<aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder, SessionError> {
    let mut request = client
        .assume_role()
        .role_arn(&connection.role_arn)
        .role_session_name(&connection.session_name)
        .duration_seconds(sts::seconds(connection.session_duration))
        .set_external_id(spec.external_id.clone())
        .set_source_identity(spec.source_identity.clone())
        .set_policy(spec.policy.inline.clone());
    for arn in &spec.policy.arns {
        request = request.policy_arns(PolicyDescriptorType::builder().arn(arn).build());
    }
    for (key, value) in &spec.session_tags {
        let tag = Tag::builder().key(key).value(value).build();
        request = request.tags(tag.map_err(|source| SessionError::Signing {
            service: "AWS STS",
            source: source.into(),
        })?);
    }
    for key in &spec.transitive_tag_keys {
        request = request.transitive_tag_keys(key);
    }
    Ok(request)
}

fn hint(code: &str, connection: &Connection, spec: &StoredKey) -> Option<String> {
    match code {
        "InvalidClientTokenId" | "SignatureDoesNotMatch" => Some(format!(
            "the key in the Credential Store (namespace \"{}\", \"{}\" and \"{}\") is unknown to AWS, inactive, or the two don't belong together",
            spec.namespace, spec.access_key_id_name, spec.secret_access_key_name
        )),
        "AccessDenied" => Some(format!(
            "the trust policy of {} must allow sts:AssumeRole to the user of the stored key{}{}{}",
            connection.role_arn,
            if spec.external_id.is_some() {
                ", with this external id"
            } else {
                " (it may ask for an external_id)"
            },
            if spec.session_tags.is_empty() {
                ""
            } else {
                ", and sts:TagSession"
            },
            if spec.source_identity.is_some() {
                ", and sts:SetSourceIdentity"
            } else {
                ""
            },
        )),
        _ => None,
    }
}
