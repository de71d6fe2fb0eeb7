//! The stack as a CloudFormation template in YAML.

use super::document::{Node, Piece, Reference, Text};
use super::names::Checked;
use super::policies::{self, LifecycleRule};
use super::quote;
use super::stack::{Anchor, Pair, Source, Stack};

/// The whole template; `warning` stands before the first bucket policy.
pub(super) fn template(stack: &Stack, warning: &str) -> String {
    let description =
        "btp-s3-catalog: the role that SAP BTP takes, and the buckets that it may reach";
    let head = Node::map([
        ("AWSTemplateFormatVersion", "2010-09-09".into()),
        ("Description", description.into()),
        ("Parameters", parameters(stack)),
    ]);
    let mut all = lines(&head);
    all.push("Resources:".to_owned());
    let mut warned = false;
    for (id, resource) in resources(stack) {
        if id.starts_with("BucketPolicy") && !warned {
            warned = true;
            all.extend(warning.lines().map(|line| format!("  # {line}")));
        }
        all.extend(
            entry(&id, &resource)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
    }
    all.extend(entry("Outputs", &outputs(stack)));
    all.join("\n") + "\n"
}

fn parameters(stack: &Stack) -> Node {
    let parameters = stack.parameters().into_iter().map(|parameter| {
        let mut entries = vec![
            ("Type", "String".into()),
            ("Description", parameter.description.into()),
            ("AllowedPattern", parameter.pattern.into()),
        ];
        entries.extend(
            parameter
                .given
                .as_ref()
                .map(|value| ("Default", value.into())),
        );
        (format!("{:?}", parameter.of), map(entries))
    });
    Node::Map(parameters.collect())
}

fn resources(stack: &Stack) -> Vec<(String, Node)> {
    let mut all = match &stack.source {
        Source::RolesAnywhere { anchor, .. } => roles_anywhere(stack, anchor),
        Source::Oidc {
            issuer,
            provider: None,
            ..
        } => vec![provider(stack, issuer), role(stack)],
        Source::Oidc { .. } => vec![role(stack)],
        Source::CredentialStore { .. } => stored_key(stack),
    };
    all.extend(buckets(stack));
    all
}

fn role(stack: &Stack) -> (String, Node) {
    let permissions = policies::permissions(stack.mode, &stack.buckets);
    let inline = Node::map([
        ("PolicyName", "buckets".into()),
        ("PolicyDocument", permissions),
    ]);
    let properties = Node::map([
        ("RoleName", (&stack.name).into()),
        (
            "Description",
            "The session that btp-s3-catalog holds".into(),
        ),
        ("AssumeRolePolicyDocument", policies::trust(&stack.source)),
        ("Policies", Node::List(vec![inline])),
        ("Tags", tags(&stack.tags)),
    ]);
    resource("Role", "AWS::IAM::Role", properties)
}

fn roles_anywhere(stack: &Stack, anchor: &Anchor) -> Vec<(String, Node)> {
    let mut all = Vec::new();
    if let Anchor::New { pem } = anchor {
        let data = Node::map([("X509CertificateData", pem.as_str().into())]);
        let source = Node::map([
            ("SourceType", "CERTIFICATE_BUNDLE".into()),
            ("SourceData", data),
        ]);
        let properties = Node::map([
            ("Name", (&stack.name).into()),
            ("Enabled", Node::Bool(true)),
            ("Source", source),
            ("Tags", tags(&stack.tags)),
        ]);
        all.push(resource(
            "TrustAnchor",
            "AWS::RolesAnywhere::TrustAnchor",
            properties,
        ));
    }
    let properties = Node::map([
        ("Name", (&stack.name).into()),
        ("Enabled", Node::Bool(true)),
        ("RoleArns", Node::List(vec![Reference::RoleArn.into()])),
        ("DurationSeconds", Node::Number(3600)),
        ("Tags", tags(&stack.tags)),
    ]);
    all.push(role(stack));
    all.push(resource(
        "Profile",
        "AWS::RolesAnywhere::Profile",
        properties,
    ));
    all
}

fn provider(stack: &Stack, issuer: &Checked) -> (String, Node) {
    let properties = Node::map([
        ("Url", Text::from("https://").and(issuer).into()),
        ("ClientIdList", Node::List(vec![Reference::ClientId.into()])),
        ("Tags", tags(&stack.tags)),
    ]);
    resource("Provider", "AWS::IAM::OIDCProvider", properties)
}

fn stored_key(stack: &Stack) -> Vec<(String, Node)> {
    let user = Node::map([
        ("UserName", (&stack.name).into()),
        ("Tags", tags(&stack.tags)),
    ]);
    let policy = Node::map([
        ("UserName", Reference::UserName.into()),
        ("PolicyName", "assume-role".into()),
        ("PolicyDocument", policies::user_permissions()),
    ]);
    vec![
        resource("User", "AWS::IAM::User", user),
        role(stack),
        // inside of the user it would make a ring: the role's trust policy names the user
        resource("UserPolicy", "AWS::IAM::UserPolicy", policy),
    ]
}

fn resource(id: &str, kind: &str, properties: Node) -> (String, Node) {
    let resource = Node::map([("Type", kind.into()), ("Properties", properties)]);
    (id.to_owned(), resource)
}

fn buckets(stack: &Stack) -> Vec<(String, Node)> {
    let mut all = Vec::new();
    for bucket in &stack.buckets {
        let id = bucket_id(bucket, &stack.buckets);
        let mut policy = vec![("Type", "AWS::S3::BucketPolicy".into())];
        if stack.buckets_are_new {
            let rules = policies::lifecycle();
            let lifecycle = Node::map([("Rules", Node::List(rules.iter().map(rule).collect()))]);
            let blocked = [
                "BlockPublicAcls",
                "BlockPublicPolicy",
                "IgnorePublicAcls",
                "RestrictPublicBuckets",
            ];
            let properties = map(vec![
                ("BucketName", bucket.into()),
                (
                    "PublicAccessBlockConfiguration",
                    map(blocked.map(|key| (key, Node::Bool(true))).to_vec()),
                ),
                ("LifecycleConfiguration", lifecycle),
                ("Tags", tags(&stack.tags)),
            ]);
            let resource = Node::map([
                ("Type", "AWS::S3::Bucket".into()),
                ("DeletionPolicy", "Retain".into()),
                ("UpdateReplacePolicy", "Retain".into()),
                ("Properties", properties),
            ]);
            all.push((format!("Bucket{id}"), resource));
            policy.push(("DependsOn", format!("Bucket{id}").as_str().into()));
        }
        let properties = [
            ("Bucket", bucket.into()),
            ("PolicyDocument", policies::bucket(bucket)),
        ];
        policy.push(("Properties", Node::map(properties)));
        all.push((format!("BucketPolicy{id}"), map(policy)));
    }
    all
}

/// A logical id that stays when buckets come and go; two that read the same get a number each.
fn bucket_id(bucket: &Checked, all: &[Checked]) -> String {
    let camel = |name: &Checked| camel(name.as_str());
    let id = camel(bucket);
    let alike = all.iter().filter(|other| camel(other) == id).count();
    if alike > 1 {
        format!("{id}{:08x}", crc32fast::hash(bucket.as_str().as_bytes()))
    } else {
        id
    }
}

fn rule(rule: &LifecycleRule) -> Node {
    let mut entries = vec![
        ("Id", rule.id.as_str().into()),
        ("Status", "Enabled".into()),
    ];
    if !rule.filter.prefix.is_empty() {
        entries.push(("Prefix", rule.filter.prefix.as_str().into()));
    }
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        let days = Node::map([(
            "DaysAfterInitiation",
            Node::Number(abort.days_after_initiation),
        )]);
        entries.push(("AbortIncompleteMultipartUpload", days));
    }
    entries.extend(
        rule.expiration
            .as_ref()
            .map(|e| ("ExpirationInDays", Node::Number(e.days))),
    );
    map(entries)
}

/// Logical ids have neither hyphens nor underscores: the key `role_arn` becomes `RoleArn`.
fn outputs(stack: &Stack) -> Node {
    let output = |description: &str, value: Text| {
        Node::map([("Description", description.into()), ("Value", value.into())])
    };
    let settings = stack.settings().into_iter();
    let mut all: Vec<(String, Node)> = settings
        .map(|(key, value)| (camel(key), output(&format!("Setting {key}"), value)))
        .collect();
    all.push((
        "Settings".to_owned(),
        output(
            "All of them, for the user-provided service",
            stack.settings_as_json(),
        ),
    ));
    Node::Map(all)
}

fn tags(tags: &[Pair]) -> Node {
    let tags = tags
        .iter()
        .map(|(key, value)| Node::map([("Key", key.into()), ("Value", value.into())]));
    Node::List(tags.collect())
}

fn map(entries: Vec<(&str, Node)>) -> Node {
    Node::Map(
        entries
            .into_iter()
            .map(|(key, node)| (key.to_owned(), node))
            .collect(),
    )
}

fn camel(name: &str) -> String {
    let mut id = String::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let (first, rest) = part.split_at_checked(1).unwrap_or_default();
        id += &first.to_ascii_uppercase();
        id += rest;
    }
    id
}

/// YAML, block style, two blanks a level.
fn lines(node: &Node) -> Vec<String> {
    match node {
        Node::Map(entries) if !entries.is_empty() => entries
            .iter()
            .flat_map(|(key, value)| entry(key, value))
            .collect(),
        Node::List(items) if !items.is_empty() => items.iter().flat_map(item).collect(),
        Node::Map(_) => vec!["{}".to_owned()],
        Node::List(_) => vec!["[]".to_owned()],
        Node::Text(text) => vec![scalar(text)],
        Node::Number(number) => vec![number.to_string()],
        Node::Bool(bool) => vec![bool.to_string()],
    }
}

fn entry(key: &str, value: &Node) -> Vec<String> {
    let key = plain(key);
    if let Node::Text(text) = value
        && let Some(words) = text.words()
        && words.starts_with("-----BEGIN CERTIFICATE-----\n")
    {
        let block = words.lines().map(|line| format!("  {line}"));
        return std::iter::once(format!("{key}: |-")).chain(block).collect();
    }
    let inner = lines(value);
    match (value, inner.as_slice()) {
        (Node::Map(entries), _) if !entries.is_empty() => indented(format!("{key}:"), "  ", inner),
        (Node::List(items), _) if !items.is_empty() => indented(format!("{key}:"), "  ", inner),
        _ => vec![format!("{key}: {}", inner.concat())],
    }
}

fn item(value: &Node) -> Vec<String> {
    let mut inner = lines(value).into_iter();
    let first = format!("- {}", inner.next().unwrap_or_default());
    indented(first, "  ", inner.collect())
}

fn indented(first: String, by: &str, rest: Vec<String>) -> Vec<String> {
    let rest = rest.into_iter().map(|line| format!("{by}{line}"));
    std::iter::once(first).chain(rest).collect()
}

fn scalar(text: &Text) -> String {
    match text.0.as_slice() {
        [Piece::Of(reference)] => {
            let target = target(*reference);
            let function = if target.contains('.') {
                "!GetAtt"
            } else {
                "!Ref"
            };
            format!("{function} {target}")
        }
        _ => match text.words() {
            Some(words) => plain(&words),
            None => format!("!Sub {}", quote::yaml(&substituted(text))),
        },
    }
}

/// The text of `Fn::Sub`, in which `${!` stands for a `${` that means nothing.
fn substituted(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Words(words) => words.replace("${", "${!"),
        Piece::Of(reference) => format!("${{{}}}", target(*reference)),
    };
    text.0.iter().map(piece).collect()
}

fn target(reference: Reference) -> &'static str {
    match reference {
        Reference::Partition => "AWS::Partition",
        Reference::Region => "AWS::Region",
        Reference::VpcEndpointId => "VpcEndpointId",
        Reference::ClientId => "ClientId",
        Reference::ExternalId => "ExternalId",
        Reference::TrustAnchorArn => "TrustAnchor.TrustAnchorArn",
        Reference::ProfileArn => "Profile.ProfileArn",
        Reference::RoleArn => "Role.Arn",
        Reference::UserArn => "User.Arn",
        Reference::UserName => "User",
        Reference::ProviderArn => "Provider.Arn",
        // each bucket is a resource of its own here
        Reference::EachBucket => "AWS::NoValue",
    }
}

/// Without quotes where nobody could take it for anything but this text.
fn plain(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "_./:*-".contains(c);
    let other = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(word)
        && !text.ends_with(':')
        && !other.contains(&text.to_ascii_lowercase().as_str());
    if safe {
        text.to_owned()
    } else {
        quote::yaml(text)
    }
}
