//! Functions of strings. Positions and lengths count characters (Unicode
//! scalar values); case mapping is Unicode's.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Value, fold};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bind) enum TextFunction {
    Concat,
    Contains,
    EndsWith,
    IndexOf,
    Length,
    StartsWith,
    Substring,
    ToLower,
    ToUpper,
    Trim,
}

impl TextFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "concat" => Self::Concat,
            "contains" => Self::Contains,
            "endswith" => Self::EndsWith,
            "indexof" => Self::IndexOf,
            "length" => Self::Length,
            "startswith" => Self::StartsWith,
            "substring" => Self::Substring,
            "tolower" => Self::ToLower,
            "toupper" => Self::ToUpper,
            "trim" => Self::Trim,
            _ => return None,
        })
    }

    pub(super) fn apply<'v>(self, text: &Cow<'v, str>, rest: &[Value<'_>]) -> Value<'v> {
        let other = || rest.first().and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Contains => text.contains(other()).into(),
            Self::StartsWith => text.starts_with(other()).into(),
            Self::EndsWith => text.ends_with(other()).into(),
            Self::Concat => format!("{text}{}", other()).into(),
            Self::Length => count(text).into(),
            Self::IndexOf => match text.split_once(other()) {
                Some((before, _)) => count(before).into(),
                None => Value::Integer(-1),
            },
            Self::ToLower => fold::to_lower(text).into(),
            Self::ToUpper => text.to_uppercase().into(),
            Self::Trim => part(text, trimmed(text)),
            Self::Substring => match rest {
                [Value::Integer(start)] => part(text, substring(text, *start, None)),
                [Value::Integer(start), Value::Integer(length)] => {
                    part(text, substring(text, *start, Some(*length)))
                }
                _ => Value::Null,
            },
        }
    }
}

fn count(text: &str) -> i64 {
    // A text in memory is shorter than that.
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The part of the text at `range`, borrowed where the text is.
fn part<'v>(text: &Cow<'v, str>, range: Range<usize>) -> Value<'v> {
    match text {
        Cow::Borrowed(text) => text.get(range).unwrap_or_default().into(),
        Cow::Owned(text) => text.get(range).unwrap_or_default().to_owned().into(),
    }
}

fn trimmed(text: &str) -> Range<usize> {
    let end = text.trim_end().len();
    let start = text.len() - text.trim_start().len();
    start.min(end)..end
}

/// A negative start counts from the end, a negative length takes nothing.
fn substring(text: &str, start: i64, length: Option<i64>) -> Range<usize> {
    let start = if start < 0 {
        count(text).saturating_add(start).max(0)
    } else {
        start
    };
    let from = byte_index(text, start);
    let rest = text.get(from..).unwrap_or_default();
    let length = length.map_or(rest.len(), |length| byte_index(rest, length.max(0)));
    from..from + length
}

/// Where the character with this index starts, or the end.
fn byte_index(text: &str, characters: i64) -> usize {
    usize::try_from(characters)
        .ok()
        .and_then(|index| text.char_indices().nth(index))
        .map_or(text.len(), |(index, _)| index)
}
