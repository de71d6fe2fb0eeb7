//! The policies of `deploy/aws/`, for the buckets, certificates and ids at hand.
//!
//! Actions and principals stand in those files only; here their example names are exchanged.

use serde::Deserialize;
use serde_json::Value;

use super::document::{Node, Reference, Text};
use super::names::Checked;
use super::options::Mode;
use super::stack::{Anchor, Source};

const READ: &str = include_str!("../../../deploy/aws/role-permissions.json");
const WRITE: &str = include_str!("../../../deploy/aws/role-permissions-write.json");
const TRUST_CERTIFICATE: &str =
    include_str!("../../../deploy/aws/trust-roles-anywhere-own-ca.json");
const TRUST_TOKEN: &str = include_str!("../../../deploy/aws/trust-oidc.json");
const TRUST_KEY: &str = include_str!("../../../deploy/aws/trust-credential-store.json");
const USER: &str = include_str!("../../../deploy/aws/user-permissions-credential-store.json");
const LIFECYCLE: &str = include_str!("../../../deploy/lifecycle.json");

const EXAMPLE_BUCKET: &str = "arn:aws:s3:::my-documents";
const EXAMPLE_OBJECTS: &str = "arn:aws:s3:::my-documents/*";

/// Who may take the role, and on which conditions.
pub(super) fn trust(source: &Source) -> Node {
    let equal = |entries| vec![("StringEquals".to_owned(), Node::Map(entries))];
    match source {
        Source::RolesAnywhere { anchor, pins } => {
            let anchor = match anchor {
                Anchor::New { .. } => Reference::TrustAnchorArn.into(),
                Anchor::Existing(arn) => Text::from(arn),
            };
            let pins = pins
                .iter()
                .map(|(key, value)| (format!("aws:PrincipalTag/{key}"), value.into()));
            let mut conditions = equal(pins.collect());
            let anchored = Node::map([("aws:SourceArn", anchor.into())]);
            conditions.insert(0, ("ArnEquals".to_owned(), anchored));
            with_condition(example(TRUST_CERTIFICATE), &conditions)
        }
        Source::Oidc {
            issuer, provider, ..
        } => {
            let provider = provider
                .as_ref()
                .map_or(Reference::ProviderArn.into(), Text::from);
            let claims = ["aud", "sub"]
                .map(|claim| (format!("{issuer}:{claim}"), Reference::ClientId.into()));
            let mut policy = with_condition(example(TRUST_TOKEN), &equal(claims.to_vec()));
            principal(&mut policy, "Federated", &provider);
            policy
        }
        Source::CredentialStore { .. } => {
            let id = ("sts:ExternalId".to_owned(), Reference::ExternalId.into());
            let mut policy = with_condition(example(TRUST_KEY), &equal(vec![id]));
            principal(&mut policy, "AWS", &Reference::UserArn.into());
            policy
        }
    }
}

/// What the role may do in the buckets, through the Private Link endpoint only.
pub(super) fn permissions(mode: Mode, buckets: &[Checked]) -> Node {
    let file = match mode {
        Mode::Read => READ,
        Mode::ReadWrite => WRITE,
    };
    let arns = |rest: &str| {
        let arns = buckets.iter().map(|bucket| bucket_arn(bucket.into(), rest));
        Node::one_or_many(arns.map(Node::from).collect())
    };
    Node::read(&json(file), &|text| match text {
        EXAMPLE_BUCKET => arns(""),
        EXAMPLE_OBJECTS => arns("/*"),
        _ if text.starts_with("vpce-") => Reference::VpcEndpointId.into(),
        _ => text.into(),
    })
}

/// What the IAM user may do: take the role.
pub(super) fn user_permissions() -> Node {
    Node::read(&json(USER), &|text| match text {
        _ if text.starts_with("arn:") => Reference::RoleArn.into(),
        _ => text.into(),
    })
}

/// What may pass the Private Link endpoint: what the role may do, and nothing else.
pub(super) fn endpoint(mode: Mode, buckets: &[Checked]) -> Node {
    let mut policy = permissions(mode, buckets);
    for statement in statements(&mut policy) {
        if let Node::Map(entries) = statement {
            entries.retain(|(key, _)| key != "Condition" && key != "Sid");
            entries.insert(1, ("Principal".to_owned(), "*".into()));
        }
    }
    policy
}

/// Content only through the endpoint, everything only over TLS.
///
/// Management is left to whoever has the right: a policy that denies `s3:*` from outside of the
/// endpoint could never be changed again, not even by the stack that made it.
pub(super) fn bucket(bucket: impl Into<Text>) -> Node {
    let bucket = bucket.into();
    let both = || {
        Node::List(vec![
            bucket_arn(bucket.clone(), "").into(),
            bucket_arn(bucket.clone(), "/*").into(),
        ])
    };
    let deny = |sid: &str, actions: Node, operator: &str, key: &str, value: Node| {
        Node::map([
            ("Sid", sid.into()),
            ("Effect", "Deny".into()),
            ("Principal", "*".into()),
            ("Action", actions),
            ("Resource", both()),
            (
                "Condition",
                Node::map([(operator, Node::map([(key, value)]))]),
            ),
        ])
    };
    let content = [
        "s3:GetObject*",
        "s3:PutObject*",
        "s3:DeleteObject*",
        "s3:RestoreObject",
        "s3:AbortMultipartUpload",
        "s3:ListBucket*",
        "s3:ListMultipartUploadParts",
    ];
    let content = Node::List(content.into_iter().map(Node::from).collect());
    Node::map([
        ("Version", "2012-10-17".into()),
        (
            "Statement",
            Node::List(vec![
                deny(
                    "ContentThroughPrivateLinkOnly",
                    content,
                    "StringNotEquals",
                    "aws:SourceVpce",
                    Reference::VpcEndpointId.into(),
                ),
                deny(
                    "TlsOnly",
                    "s3:*".into(),
                    "Bool",
                    "aws:SecureTransport",
                    "false".into(),
                ),
            ]),
        ),
    ])
}

/// A rule of `deploy/lifecycle.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LifecycleRule {
    #[serde(rename = "ID")]
    pub(super) id: String,
    pub(super) filter: Filter,
    pub(super) abort_incomplete_multipart_upload: Option<Abort>,
    pub(super) expiration: Option<Expiration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Abort {
    pub(super) days_after_initiation: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Expiration {
    pub(super) days: u32,
}

/// What clears away uploads that were never ended.
pub(super) fn lifecycle() -> Vec<LifecycleRule> {
    let rules = json(LIFECYCLE).get_mut("Rules").map(Value::take);
    serde_json::from_value(rules.unwrap_or_default()).unwrap_or_default()
}

/// The same as S3 takes it, in one line.
pub(super) fn lifecycle_as_json() -> String {
    json(LIFECYCLE).to_string()
}

fn bucket_arn(bucket: Text, rest: &str) -> Text {
    Text::from("arn:")
        .and(Reference::Partition)
        .and(":s3:::")
        .and(bucket)
        .and(rest)
}

/// A file of this project: that it can be read is tested.
pub(super) fn json(file: &str) -> Value {
    serde_json::from_str(file).unwrap_or_default()
}

fn example(file: &str) -> Node {
    Node::read(&json(file), &|text| text.into())
}

fn statements(policy: &mut Node) -> &mut [Node] {
    match policy.entry("Statement") {
        Some(Node::List(statements)) => statements,
        _ => &mut [],
    }
}

fn with_condition(mut policy: Node, conditions: &[(String, Node)]) -> Node {
    for statement in statements(&mut policy) {
        if let Some(condition) = statement.entry("Condition") {
            *condition = Node::Map(conditions.to_vec());
        }
    }
    policy
}

fn principal(policy: &mut Node, kind: &str, who: &Text) {
    for statement in statements(policy) {
        if let Some(principal) = statement.entry("Principal") {
            *principal = Node::map([(kind, who.clone().into())]);
        }
    }
}

/// Every action that the catalogue ever needs in S3.
pub(super) fn known_actions() -> Vec<String> {
    let policy = json(WRITE);
    let statements = policy.get("Statement").and_then(Value::as_array);
    let actions = statements
        .into_iter()
        .flatten()
        .filter_map(|s| s.get("Action"));
    let each = actions.flat_map(|actions| match actions.as_array() {
        Some(several) => several.as_slice(),
        None => std::slice::from_ref(actions),
    });
    each.filter_map(|action| action.as_str().map(str::to_ascii_lowercase))
        .collect()
}
