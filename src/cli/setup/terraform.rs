//! The stack as a Terraform configuration.

mod writing;

use super::document::{Node, Reference};
use super::policies::{self, LifecycleRule};
use super::quote;
use super::stack::{Anchor, Source, Stack};
use writing::{Item, bare, block, body, is, policy, set, variable};

/// The whole configuration; `warning` stands before the bucket policies.
pub(super) fn configuration(stack: &Stack, warning: &str) -> String {
    let mut all = vec![versions()];
    all.extend(stack.parameters().iter().map(|parameter| {
        let name = variable(parameter.of);
        let mut body = vec![
            is("description", parameter.description),
            bare("type", "string"),
        ];
        body.extend(parameter.given.as_ref().map(|value| is("default", value)));
        let pattern = quote::hcl(parameter.pattern);
        let condition = format!("can(regex({pattern}, var.{name}))");
        let fault = format!("{name} must match {}", parameter.pattern);
        body.push(Item::Gap);
        body.push(block(
            "validation",
            vec![
                bare("condition", &condition),
                is("error_message", fault.as_str()),
            ],
        ));
        block(&format!("variable \"{name}\""), body)
    }));
    let tags = stack
        .tags
        .iter()
        .map(|(key, value)| (key.to_string(), value.into()));
    let buckets = stack.buckets.iter().map(Node::from);
    all.push(block(
        "locals",
        vec![
            set("buckets", &Node::List(buckets.collect())),
            set("tags", &Node::Map(tags.collect())),
        ],
    ));
    all.push(block("data \"aws_partition\" \"current\"", Vec::new()));
    all.push(block("data \"aws_region\" \"current\"", Vec::new()));
    all.extend(identity(stack));
    all.extend(role(stack));
    all.extend(buckets_of(stack, warning));
    all.extend(outputs(stack));
    let lines = all
        .iter()
        .map(|item| body(std::slice::from_ref(item)).join("\n"));
    lines
        .collect::<Vec<_>>()
        .join("\n\n")
        .replace("\n\n\n", "\n\n")
        + "\n"
}

fn versions() -> Item {
    let aws = Node::map([
        ("source", "hashicorp/aws".into()),
        ("version", ">= 5.82".into()),
    ]);
    block(
        "terraform",
        vec![
            is("required_version", ">= 1.3"),
            Item::Gap,
            block("required_providers", vec![set("aws", &aws)]),
        ],
    )
}

/// What proves who BTP is.
fn identity(stack: &Stack) -> Vec<Item> {
    let tags = || bare("tags", "local.tags");
    let name = || is("name", &stack.name);
    match &stack.source {
        Source::RolesAnywhere { anchor, .. } => {
            let mut profile = vec![name(), bare("enabled", "true")];
            profile.push(bare("role_arns", "[aws_iam_role.catalog.arn]"));
            profile.push(bare("duration_seconds", "3600"));
            profile.push(tags());
            let profile = resource("aws_rolesanywhere_profile", "catalog", profile);
            let mut all = Vec::new();
            if let Anchor::New { pem } = anchor {
                let mut anchor = vec![name(), bare("enabled", "true"), tags(), Item::Gap];
                anchor.push(anchor_source(pem));
                all.push(resource(
                    "aws_rolesanywhere_trust_anchor",
                    "catalog",
                    anchor,
                ));
            }
            all.push(profile);
            all
        }
        Source::Oidc {
            provider: Some(_), ..
        } => Vec::new(),
        Source::Oidc { issuer, .. } => {
            let url = format!("https://{issuer}");
            let clients = bare("client_id_list", "[var.client_id]");
            let provider = vec![is("url", url.as_str()), clients, tags()];
            vec![resource(
                "aws_iam_openid_connect_provider",
                "catalog",
                provider,
            )]
        }
        Source::CredentialStore { .. } => {
            let user = resource("aws_iam_user", "catalog", vec![name(), tags()]);
            let body = vec![
                is("name", "assume-role"),
                bare("user", "aws_iam_user.catalog.name"),
                policy("policy", &policies::user_permissions()),
            ];
            vec![user, resource("aws_iam_user_policy", "catalog", body)]
        }
    }
}

fn anchor_source(pem: &str) -> Item {
    let mut text = vec!["<<-PEM".to_owned()];
    text.extend(pem.lines().map(|line| format!("  {line}")));
    text.push("PEM".to_owned());
    let data = Item::Is("x509_certificate_data".to_owned(), text);
    let data = block("source_data", vec![data]);
    let kind = is("source_type", "CERTIFICATE_BUNDLE");
    block("source", vec![kind, Item::Gap, data])
}

fn role(stack: &Stack) -> Vec<Item> {
    vec![
        resource(
            "aws_iam_role",
            "catalog",
            vec![
                is("name", &stack.name),
                is("description", "The session that btp-s3-catalog holds"),
                policy("assume_role_policy", &policies::trust(&stack.source)),
                bare("tags", "local.tags"),
            ],
        ),
        resource(
            "aws_iam_role_policy",
            "catalog",
            vec![
                is("name", "buckets"),
                bare("role", "aws_iam_role.catalog.id"),
                policy("policy", &policies::permissions(stack.mode, &stack.buckets)),
            ],
        ),
    ]
}

fn buckets_of(stack: &Stack, warning: &str) -> Vec<Item> {
    let each = || bare("for_each", "toset(local.buckets)");
    let name = if stack.buckets_are_new {
        "aws_s3_bucket.documents[each.key].id"
    } else {
        "each.key"
    };
    let bucket = || bare("bucket", name);
    let mut all = Vec::new();
    if stack.buckets_are_new {
        let kept = block("lifecycle", vec![bare("prevent_destroy", "true")]);
        all.push(resource(
            "aws_s3_bucket",
            "documents",
            vec![
                each(),
                Item::Gap,
                bare("bucket", "each.key"),
                bare("tags", "local.tags"),
                Item::Gap,
                kept,
            ],
        ));
        let blocked = [
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ];
        let mut body = vec![each(), Item::Gap, bucket()];
        body.extend(blocked.map(|key| bare(key, "true")));
        all.push(resource(
            "aws_s3_bucket_public_access_block",
            "documents",
            body,
        ));
        let mut body = vec![each(), Item::Gap, bucket()];
        for rule in policies::lifecycle() {
            body.push(Item::Gap);
            body.push(lifecycle(&rule));
        }
        all.push(resource(
            "aws_s3_bucket_lifecycle_configuration",
            "documents",
            body,
        ));
    }
    let mut body = vec![
        each(),
        Item::Gap,
        bucket(),
        policy("policy", &policies::bucket(Reference::EachBucket)),
    ];
    body.splice(
        0..0,
        warning.lines().map(|line| Item::Comment(line.to_owned())),
    );
    all.push(resource("aws_s3_bucket_policy", "documents", body));
    all
}

fn lifecycle(rule: &LifecycleRule) -> Item {
    let mut body = vec![is("id", rule.id.as_str()), is("status", "Enabled")];
    let mut add = |name: &str, key: &str, value: Node| {
        body.push(Item::Gap);
        body.push(block(name, vec![set(key, &value)]));
    };
    add("filter", "prefix", rule.filter.prefix.as_str().into());
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        add(
            "abort_incomplete_multipart_upload",
            "days_after_initiation",
            Node::Number(abort.days_after_initiation),
        );
    }
    if let Some(expiration) = &rule.expiration {
        add("expiration", "days", Node::Number(expiration.days));
    }
    block("rule", body)
}

fn outputs(stack: &Stack) -> Vec<Item> {
    let output = |key: &str, description: String, value: &Node| {
        block(
            &format!("output \"{key}\""),
            vec![is("description", description.as_str()), set("value", value)],
        )
    };
    let settings = stack.settings();
    let mut all: Vec<Item> = settings
        .iter()
        .map(|(key, value)| output(key, format!("Setting {key}"), &value.clone().into()))
        .collect();
    let together = settings
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()));
    let description = "All of them, for the user-provided service".to_owned();
    all.push(output(
        "settings",
        description,
        &Node::Map(together.collect()),
    ));
    all
}

fn resource(kind: &str, name: &str, body: Vec<Item>) -> Item {
    block(&format!("resource \"{kind}\" \"{name}\""), body)
}
