//! HCL, laid out as `terraform fmt` would.

use super::super::document::{Node, Piece, Reference, Text};
use super::super::quote;

/// A line of a block's body.
pub(super) enum Item {
    /// `name = expression`; the expression may go over several lines.
    Is(String, Vec<String>),
    Block(String, Vec<Item>),
    Comment(String),
    Gap,
}

pub(super) fn block(head: &str, body: Vec<Item>) -> Item {
    Item::Block(head.to_owned(), body)
}

pub(super) fn is(name: &str, text: impl Into<Text>) -> Item {
    set(name, &Node::Text(text.into()))
}

pub(super) fn bare(name: &str, expression: &str) -> Item {
    Item::Is(name.to_owned(), vec![expression.to_owned()])
}

pub(super) fn set(name: &str, value: &Node) -> Item {
    Item::Is(name.to_owned(), expression(value))
}

pub(super) fn policy(name: &str, document: &Node) -> Item {
    let mut lines = expression(document);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, "jsonencode(");
    }
    if let Some(last) = lines.last_mut() {
        last.push(')');
    }
    Item::Is(name.to_owned(), lines)
}

/// A body's lines; the equal signs of neighbours that take one line each are below one another.
pub(super) fn body(items: &[Item]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = items;
    while let Some((first, more)) = rest.split_first() {
        let one_liner = |item: &Item| match item {
            Item::Is(name, value) if value.len() == 1 => Some(name.len()),
            Item::Is(..) | Item::Block(..) | Item::Comment(_) | Item::Gap => None,
        };
        let widths: Vec<usize> = rest.iter().map_while(one_liner).collect();
        let width = widths.iter().max().copied().unwrap_or_default();
        if !widths.is_empty() {
            let (neighbours, more) = rest.split_at(widths.len());
            for item in neighbours {
                if let Item::Is(name, value) = item {
                    lines.push(format!("{name:width$} = {}", value.concat()));
                }
            }
            rest = more;
            continue;
        }
        match first {
            Item::Is(name, value) => {
                let mut value = value.iter();
                lines.push(format!(
                    "{name} = {}",
                    value.next().map_or("", String::as_str)
                ));
                lines.extend(value.cloned());
            }
            Item::Block(head, inner) if inner.is_empty() => lines.push(format!("{head} {{}}")),
            Item::Block(head, inner) => {
                lines.push(format!("{head} {{"));
                lines.extend(body(inner).into_iter().map(indented));
                lines.push("}".to_owned());
            }
            Item::Comment(text) => lines.push(format!("# {text}")),
            Item::Gap => lines.push(String::new()),
        }
        rest = more;
    }
    lines
}

fn indented(line: String) -> String {
    if line.is_empty() {
        line
    } else {
        format!("  {line}")
    }
}

fn expression(node: &Node) -> Vec<String> {
    match node {
        Node::Text(text) => vec![string(text)],
        Node::Number(number) => vec![number.to_string()],
        Node::Bool(bool) => vec![bool.to_string()],
        Node::List(items) => {
            let inner = items.iter().flat_map(|item| {
                let mut lines = expression(item);
                if let Some(last) = lines.last_mut() {
                    last.push(',');
                }
                lines
            });
            bracketed("[", inner.collect(), "]")
        }
        Node::Map(entries) => {
            let entries: Vec<Item> = entries
                .iter()
                .map(|(key, value)| set(&object_key(key), value))
                .collect();
            bracketed("{", body(&entries), "}")
        }
    }
}

fn bracketed(open: &str, inner: Vec<String>, close: &str) -> Vec<String> {
    let mut lines = vec![open.to_owned()];
    lines.extend(inner.into_iter().map(indented));
    lines.push(close.to_owned());
    lines
}

fn object_key(key: &str) -> String {
    let identifier = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if identifier {
        key.to_owned()
    } else {
        quote::hcl(key)
    }
}

fn string(text: &Text) -> String {
    if let [Piece::Of(reference)] = text.0.as_slice() {
        return target(*reference);
    }
    let piece = |piece: &Piece| match piece {
        Piece::Words(words) => quote::hcl_part(words),
        Piece::Of(reference) => format!("${{{}}}", target(*reference)),
    };
    format!("\"{}\"", text.0.iter().map(piece).collect::<String>())
}

pub(super) fn variable(reference: Reference) -> &'static str {
    match target_of(reference).strip_prefix("var.") {
        Some(name) => name,
        None => "value",
    }
}

fn target(reference: Reference) -> String {
    target_of(reference).to_owned()
}

fn target_of(reference: Reference) -> &'static str {
    match reference {
        Reference::Partition => "data.aws_partition.current.partition",
        Reference::Region => "data.aws_region.current.id",
        Reference::VpcEndpointId => "var.vpc_endpoint_id",
        Reference::ClientId => "var.client_id",
        Reference::ExternalId => "var.external_id",
        Reference::TrustAnchorArn => "aws_rolesanywhere_trust_anchor.catalog.arn",
        Reference::ProfileArn => "aws_rolesanywhere_profile.catalog.arn",
        Reference::RoleArn => "aws_iam_role.catalog.arn",
        Reference::UserArn => "aws_iam_user.catalog.arn",
        Reference::UserName => "aws_iam_user.catalog.name",
        Reference::ProviderArn => "aws_iam_openid_connect_provider.catalog.arn",
        Reference::EachBucket => "each.key",
    }
}
