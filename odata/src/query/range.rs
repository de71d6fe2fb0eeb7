//! What of a filter a source can do that knows prefixes and order: the range
//! in which the values of a text property lie.
//!
//! The range is a necessary condition and no more: every row that passes the
//! filter lies in it, not every row in it passes. So a source may leave out
//! what is outside, and the whole filter is still evaluated on the rest.

use super::Query;
use crate::Value;
use crate::expression::{Expression, Kind, Operator, Path, Root, Step};

/// How many aliases may refer to each other in a row.
const MAX_ALIASES: u8 = 8;

/// Texts that begin with `prefix` and lie between two others, by code point,
/// as S3 orders its keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextRange {
    /// What all texts of the range begin with.
    pub prefix: String,
    /// No text of the range is less; `None` if the prefix says as much.
    pub low: Option<String>,
    /// No text of the range is greater; `None` if the prefix says as much.
    pub high: Option<String>,
}

impl Query {
    /// The range in which `$filter` lets a text property lie; `None` if no
    /// row can pass.
    ///
    /// What cannot be told from the filter widens the range: it may be
    /// everything, but it never leaves out the value of a row that passes.
    pub fn text_range(&self, property: &str) -> Option<TextRange> {
        let reading = Reading {
            property,
            aliases: &self.aliases,
        };
        match &self.filter {
            // With $apply the filter speaks of what is made of the rows.
            Some(_) if self.apply.is_some() => Some(TextRange::default()),
            Some(filter) => reading.range(filter),
            None => Some(TextRange::default()),
        }
    }
}

impl TextRange {
    fn starting_with(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    fn exactly(text: &str) -> Self {
        Self {
            prefix: text.to_owned(),
            low: None,
            high: Some(text.to_owned()),
        }
    }

    /// The only text of the range, if there is just one.
    pub fn exact(&self) -> Option<&str> {
        self.high.as_deref().filter(|high| *high == self.prefix)
    }

    /// Whether the text lies in the range.
    pub fn contains(&self, text: &str) -> bool {
        text.starts_with(&self.prefix)
            && self.low.as_deref().is_none_or(|low| text >= low)
            && self.high.as_deref().is_none_or(|high| text <= high)
    }

    /// Whether this text and all greater ones lie behind the range.
    pub fn is_over_at(&self, text: &str) -> bool {
        let behind_prefix = text > self.prefix.as_str() && !text.starts_with(&self.prefix);
        behind_prefix || self.high.as_deref().is_some_and(|high| text > high)
    }

    /// Texts in both ranges.
    fn intersection(self, other: Self) -> Option<Self> {
        let prefix = if self.prefix.starts_with(&other.prefix) {
            self.prefix
        } else if other.prefix.starts_with(&self.prefix) {
            other.prefix
        } else {
            return None;
        };
        let high = match (self.high, other.high) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self::new(prefix, self.low.max(other.low), high)
    }

    /// The least range with both in it.
    fn hull(self, other: Self) -> Self {
        let least = |range: &Self| range.low.clone().unwrap_or_else(|| range.prefix.clone());
        let low = least(&self).min(least(&other));
        let high = self.high.zip(other.high).map(|(one, two)| one.max(two));
        let prefix = common_prefix(&self.prefix, &other.prefix).to_owned();
        Self::new(prefix, Some(low), high).unwrap_or_default()
    }

    /// A range without bounds that its prefix implies; `None` if it is empty.
    fn new(prefix: String, low: Option<String>, high: Option<String>) -> Option<Self> {
        let mut range = Self { prefix, low, high };
        if let (Some(low), Some(high)) = (&range.low, &range.high) {
            if low > high {
                return None;
            }
            // All texts between two begin with what both begin with.
            let common = common_prefix(low, high);
            if common.starts_with(&range.prefix) {
                range.prefix = common.to_owned();
            }
        }
        let prefix = range.prefix.as_str();
        if let Some(low) = &range.low
            && !low.starts_with(prefix)
        {
            (low.as_str() < prefix).then_some(())?;
            range.low = None;
        }
        if let Some(high) = &range.high
            && !high.starts_with(prefix)
        {
            (high.as_str() > prefix).then_some(())?;
            range.high = None;
        }
        range.low = range.low.filter(|low| *low != range.prefix);
        Some(range)
    }
}

/// The filter, read for one property.
struct Reading<'a> {
    property: &'a str,
    aliases: &'a [(String, Expression)],
}

impl Reading<'_> {
    fn range(&self, condition: &Expression) -> Option<TextRange> {
        match &condition.kind {
            Kind::Literal(Value::Boolean(false)) => None,
            Kind::And(all) => all
                .iter()
                .map(|one| self.range(one))
                .try_fold(TextRange::default(), |range, one| range.intersection(one?)),
            Kind::Or(any) => any
                .iter()
                .filter_map(|one| self.range(one))
                .reduce(TextRange::hull),
            Kind::Binary(Operator::In, left, right) if self.is_property(left) => self.list(right),
            Kind::Binary(operator, left, right) => Some(self.comparison(*operator, left, right)),
            Kind::Call(name, arguments) => match arguments.as_slice() {
                [text, start] if name == "startswith" && self.is_property(&text.value) => {
                    let start = self.text(&start.value);
                    Some(start.map_or_else(TextRange::default, TextRange::starting_with))
                }
                _ => Some(TextRange::default()),
            },
            Kind::Literal(_)
            | Kind::Enumeration(..)
            | Kind::Spatial(..)
            | Kind::Path(_)
            | Kind::Alias(_)
            | Kind::Case(_)
            | Kind::Not(_)
            | Kind::Negate(_)
            | Kind::List(_)
            | Kind::Object(_) => Some(TextRange::default()),
        }
    }

    fn comparison(&self, operator: Operator, left: &Expression, right: &Expression) -> TextRange {
        let (text, flipped) = if self.is_property(left) {
            (self.text(right), false)
        } else if self.is_property(right) {
            (self.text(left), true)
        } else {
            (None, false)
        };
        let Some(text) = text else {
            return TextRange::default();
        };
        let (low, high) = match (operator, flipped) {
            (Operator::Equal, _) => return TextRange::exactly(text),
            (Operator::Greater | Operator::GreaterOrEqual, false)
            | (Operator::Less | Operator::LessOrEqual, true) => (Some(text.to_owned()), None),
            (Operator::Greater | Operator::GreaterOrEqual, true)
            | (Operator::Less | Operator::LessOrEqual, false) => (None, Some(text.to_owned())),
            _ => (None, None),
        };
        TextRange::new(String::new(), low, high).unwrap_or_default()
    }

    fn list(&self, list: &Expression) -> Option<TextRange> {
        let Kind::List(items) = &self.resolved(list).kind else {
            return Some(TextRange::default());
        };
        items
            .iter()
            .map(|item| match self.text(item) {
                Some(text) => TextRange::exactly(text),
                None => TextRange::default(),
            })
            .reduce(TextRange::hull)
    }

    fn is_property(&self, operand: &Expression) -> bool {
        let Kind::Path(Path {
            root: Root::Instance,
            steps,
        }) = &operand.kind
        else {
            return false;
        };
        matches!(steps.as_slice(), [Step::Name(name)] if name == self.property)
    }

    fn text<'e>(&'e self, operand: &'e Expression) -> Option<&'e str> {
        if let Kind::Literal(Value::String(text)) = &self.resolved(operand).kind {
            Some(text)
        } else {
            None
        }
    }

    /// What a chain of aliases stands for.
    fn resolved<'e>(&'e self, operand: &'e Expression) -> &'e Expression {
        let mut found = operand;
        for _ in 0..MAX_ALIASES {
            let Kind::Alias(name) = &found.kind else {
                break;
            };
            match self.aliases.iter().find(|(alias, _)| alias == name) {
                Some((_, value)) => found = value,
                None => break,
            }
        }
        found
    }
}

fn common_prefix<'a>(one: &'a str, two: &str) -> &'a str {
    let mut pairs = one.char_indices().zip(two.chars());
    let end = pairs.find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    let end = end.unwrap_or_else(|| one.len().min(two.len()));
    one.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::CATALOG;
    use crate::{Row, Version};

    fn range(filter: &str) -> Option<TextRange> {
        let raw = format!("$filter={filter}&@a='docs/'&@b=@a&@l=['docs/a','docs/b']");
        Query::parse(&raw, 0, Version::V40)
            .unwrap()
            .text_range("objectKey")
    }

    #[test]
    fn prefixes_and_bounds_are_found() {
        let told = |prefix: &str, low: Option<&str>, high: Option<&str>| TextRange {
            prefix: prefix.to_owned(),
            low: low.map(str::to_owned),
            high: high.map(str::to_owned),
        };
        for (filter, expected) in [
            ("size gt 5", told("", None, None)),
            ("objectKey eq 'a'", told("a", None, Some("a"))),
            ("'a' eq objectKey", told("a", None, Some("a"))),
            ("startswith(objectKey,'docs/')", told("docs/", None, None)),
            ("startswith(objectKey,@b)", told("docs/", None, None)),
            ("objectKey ge 'b'", told("", Some("b"), None)),
            ("'b' lt objectKey", told("", Some("b"), None)),
            ("objectKey lt 'b' and size gt 1", told("", None, Some("b"))),
            (
                "objectKey ge 'docs/a' and objectKey lt 'docs/x'",
                told("docs/", Some("docs/a"), Some("docs/x")),
            ),
            (
                "startswith(objectKey,'docs/') and objectKey gt 'a' and objectKey lt 'e'",
                told("docs/", None, None),
            ),
            (
                "startswith(objectKey,'d') and startswith(objectKey,'docs/')",
                told("docs/", None, None),
            ),
            (
                "objectKey in ('docs/b','docs/a')",
                told("docs/", Some("docs/a"), Some("docs/b")),
            ),
            (
                "objectKey in @l",
                told("docs/", Some("docs/a"), Some("docs/b")),
            ),
            (
                "startswith(objectKey,'docs/a') or startswith(objectKey,'docs/c')",
                told("docs/", Some("docs/a"), None),
            ),
            ("objectKey eq null", told("", None, None)),
            ("not (objectKey eq 'a')", told("", None, None)),
            ("objectKey ne 'a'", told("", None, None)),
            ("objectKey eq 'a' or size gt 5", told("", None, None)),
        ] {
            assert_eq!(range(filter), Some(expected), "{filter}");
        }
    }

    #[test]
    fn what_nothing_can_satisfy_is_found() {
        for filter in [
            "false",
            "objectKey eq 'a' and objectKey eq 'b'",
            "startswith(objectKey,'a') and objectKey gt 'b'",
            "startswith(objectKey,'b') and objectKey lt 'a'",
            "startswith(objectKey,'a') and startswith(objectKey,'b')",
            "(objectKey eq 'a' and false) or false",
        ] {
            assert_eq!(range(filter), None, "{filter}");
        }
    }

    struct Object(String, i64);

    impl Row for Object {
        fn get(&self, property: &str) -> Value<'_> {
            match property {
                "objectKey" => self.0.as_str().into(),
                "size" => self.1.into(),
                _ => Value::Null,
            }
        }
    }

    fn condition() -> impl Strategy<Value = String> {
        let text = "[abä/]{0,3}";
        let leaf = prop_oneof![
            (
                prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]),
                text,
                any::<bool>()
            )
                .prop_map(|(operator, text, flipped)| if flipped {
                    format!("'{text}' {operator} objectKey")
                } else {
                    format!("objectKey {operator} '{text}'")
                }),
            text.prop_map(|text| format!("startswith(objectKey,'{text}')")),
            text.prop_map(|text| format!("contains(objectKey,'{text}')")),
            (text, text).prop_map(|(a, b)| format!("objectKey in ('{a}','{b}')")),
            Just("size gt 1".to_owned()),
            Just("objectKey eq null".to_owned()),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4)
                    .prop_map(|all| format!("({})", all.join(" and "))),
                prop::collection::vec(inner.clone(), 2..4)
                    .prop_map(|any| format!("({})", any.join(" or "))),
                inner.prop_map(|one| format!("not ({one})")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// What is left out by the range is what the filter would have left out.
        #[test]
        fn no_row_that_passes_lies_outside(
            filter in condition(),
            keys in prop::collection::vec(("[abä/]{0,4}", 0_i64..4), 0..12),
        ) {
            let rows: Vec<_> = keys.into_iter().map(|(key, size)| Object(key, size)).collect();
            let query = Query::parse(&format!("$filter={filter}"), 0, Version::V40).unwrap();
            let objects = &CATALOG.entity_types[1];
            let plan = query.plan(&CATALOG, objects, None).unwrap();
            let range = query.text_range("objectKey");
            for row in plan.apply(&rows, usize::MAX).unwrap().rows {
                let range = range.as_ref().expect("a row passes");
                prop_assert!(range.contains(&row.0), "{:?} {:?}", row.0, range);
                prop_assert!(!range.is_over_at(&row.0));
            }
        }
    }
}
