//! A statement of a policy, read as leniently as AWS and judged by what AWS would make of it.

use serde_json::{Map, Value};

use super::Finding;
use crate::globs::Globs;

/// One entry of `Statement`.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) place: String,
    pub(super) allows: bool,
    pub(super) principal: Option<Principal>,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    /// The names of all keys.
    keys: Vec<String>,
}

/// Kinds and names; everybody is the name `*` of the kind `AWS`.
#[derive(Debug)]
pub(super) struct Principal(pub(super) Vec<(String, String)>);

/// One operator with one key.
#[derive(Debug)]
pub(super) struct Condition {
    operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

const KNOWN: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Statement {
    /// # Errors
    /// Why this is no statement, as the end of a sentence about the file.
    pub(super) fn read(index: usize, json: &Value) -> Result<Self, String> {
        let number = index + 1;
        let wrong = |what: &str| format!("is no IAM policy: statement {number} has no {what}");
        let object = json.as_object().ok_or_else(|| wrong("keys"))?;
        let allows = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(wrong("Effect of Allow or Deny")),
        };
        let sid = object
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty());
        let listed = |key: &str| match object.get(key) {
            Some(value) => texts(value).ok_or_else(|| wrong(&format!("readable {key}"))),
            None => Ok(Vec::new()),
        };
        Ok(Self {
            place: sid.map_or(format!("statement {number}"), |sid| {
                format!("statement {number} ({sid})")
            }),
            allows,
            principal: object
                .get("Principal")
                .or(object.get("NotPrincipal"))
                .map(|json| principal(json).ok_or_else(|| wrong("readable Principal")))
                .transpose()?,
            actions: listed("Action")?,
            resources: listed("Resource")?,
            conditions: match object.get("Condition") {
                Some(json) => conditions(json).ok_or_else(|| wrong("readable Condition"))?,
                None => Vec::new(),
            },
            keys: object.keys().cloned().collect(),
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|k| k == key)
    }

    /// Keys that AWS does not know: what they should have narrowed is not narrowed.
    pub(super) fn malformed(&self) -> Vec<Finding> {
        let unknown = self
            .keys
            .iter()
            .filter(|key| !KNOWN.contains(&key.as_str()));
        let finding = |key: &String| {
            let write = format!("write one of {}", KNOWN.join(", "));
            self.finding(
                &format!("{key} is no key of a statement"),
                "nothing comes of what it says",
                &write,
            )
        };
        unknown.map(finding).collect()
    }

    pub(super) fn finding(&self, what: &str, why: &str, write: &str) -> Finding {
        Finding {
            place: self.place.clone(),
            what: what.to_owned(),
            why: why.to_owned(),
            write: write.to_owned(),
        }
    }

    /// The actions in small letters, because AWS does not look at their case.
    pub(super) fn lower_actions(&self) -> Vec<String> {
        let lower = self
            .actions
            .iter()
            .map(|action| action.to_ascii_lowercase());
        lower.collect()
    }

    /// Whether the statement could give this action, also by a pattern.
    pub(super) fn gives(&self, action: &str) -> bool {
        let patterns = self.lower_actions();
        // an empty list of patterns would allow everything
        let listed = !patterns.is_empty() && Globs::new(&patterns).allow(action);
        self.has("NotAction") || listed
    }

    /// Whether this could be part of a trust policy.
    pub(super) fn is_about_roles(&self) -> bool {
        let about = |action: &String| action.starts_with("sts:") || action == "*";
        self.has("NotAction") || self.lower_actions().iter().any(about)
    }

    /// Conditions on keys that `wanted` takes; AWS does not look at the case of keys.
    pub(super) fn on(&self, wanted: impl Fn(&str) -> bool) -> Vec<&Condition> {
        let wanted = |condition: &&Condition| wanted(&condition.key.to_ascii_lowercase());
        self.conditions.iter().filter(wanted).collect()
    }

    /// Nothing, if one condition on `key` lets only exact values pass; else what is wrong.
    pub(super) fn unpinned(&self, key: &str, why: &str, write: &str) -> Vec<Finding> {
        let wanted = key.to_ascii_lowercase();
        let conditions = self.on(|key| key == wanted);
        if conditions
            .iter()
            .any(|condition| condition.weakness().is_none())
        {
            return Vec::new();
        }
        if conditions.is_empty() {
            return vec![self.finding(&format!("{key} is not pinned"), why, write)];
        }
        let weak = conditions
            .iter()
            .filter_map(|c| Some(self.finding(&c.shown(), c.weakness()?, write)));
        weak.collect()
    }
}

impl Condition {
    /// Why this condition does not pin its key to exact values, if it does not.
    pub(super) fn weakness(&self) -> Option<&'static str> {
        let operator = self.operator.to_ascii_lowercase();
        let (set, operator) = operator.split_once(':').unwrap_or(("", &operator));
        let base = operator.strip_suffix("ifexists");
        let patterns = match base.unwrap_or(operator) {
            "stringequals" | "stringequalsignorecase" => false,
            // ArnEquals takes patterns as ArnLike does
            "stringlike" | "arnequals" | "arnlike" => true,
            _ => return Some("this operator does not say who may, only who may not"),
        };
        if !["", "foranyvalue", "forallvalues"].contains(&set) {
            Some("AWS knows no such set operator")
        } else if base.is_some() {
            Some("with IfExists a request that lacks the key passes")
        } else if set == "forallvalues" {
            Some("with ForAllValues a request that lacks the key passes")
        } else if self.values.iter().any(|value| value.contains("${")) {
            Some("a policy variable takes its value from the caller")
        } else if patterns && self.values.iter().any(|value| value.contains(['*', '?'])) {
            Some("a pattern lets others pass that match it")
        } else if self.values.iter().all(String::is_empty) {
            Some("it compares with nothing")
        } else {
            None
        }
    }

    pub(super) fn shown(&self) -> String {
        format!(
            "{} on {} with \"{}\"",
            self.operator,
            self.key,
            self.values.join("\", \"")
        )
    }
}

fn texts(json: &Value) -> Option<Vec<String>> {
    match json {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Bool(bool) => Some(vec![bool.to_string()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Array(items) => items.iter().map(|item| texts(item)?.pop()).collect(),
        Value::Object(_) | Value::Null => None,
    }
}

fn principal(json: &Value) -> Option<Principal> {
    match json {
        Value::String(name) => Some(Principal(vec![("AWS".to_owned(), name.clone())])),
        Value::Object(kinds) => pairs(kinds).map(Principal),
        Value::Array(_) | Value::Number(_) | Value::Bool(_) | Value::Null => None,
    }
}

/// Each key with each of its values.
fn pairs(object: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (key, values) in object {
        pairs.extend(texts(values)?.into_iter().map(|value| (key.clone(), value)));
    }
    Some(pairs)
}

fn conditions(json: &Value) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in json.as_object()? {
        for (key, values) in keys.as_object()? {
            let values = texts(values)?;
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values,
            });
        }
    }
    Some(conditions)
}
