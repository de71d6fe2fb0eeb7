//! The `$skiptoken`: the last row of a page, by the values it is ordered by.
//!
//! It names a place in the order and not a number of rows, so pages stay
//! right when rows come and go in between. A token is no secret and no
//! permission: it holds what the client has just been shown.

use super::Order;
use crate::base64;
use crate::bind::Shape;
use crate::edm::Primitive;
use crate::expression::{Budget, Kind, Parser, write_literal};
use crate::text::Text;
use crate::{Error, Value, Version};

/// A decoded skip token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// How many rows of `$top` are left; `None` without `$top`.
    pub(super) left: Option<usize>,
    /// How many rows there were when the first page was made, if `$count` asked for it: every
    /// page tells the same, and none but the first has to count.
    pub(super) count: Option<u64>,
    pub(super) order: Vec<Value<'static>>,
    pub(super) key: Vec<Value<'static>>,
}

/// Spells a token: `[left,count,order…,key…]` in base64url.
pub(super) fn write(
    left: Option<usize>,
    count: Option<u64>,
    order: &[Value<'_>],
    key: &[Value<'_>],
) -> String {
    let number = |number: i64| Value::Integer(number);
    let left = left.map(|left| i64::try_from(left).unwrap_or(i64::MAX));
    let count = count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    let numbers = [left, count].map(|it| it.map_or(Value::Null, number));
    let mut text = String::from("[");
    for (index, value) in numbers.iter().chain(order).chain(key).enumerate() {
        if index > 0 {
            text.push(',');
        }
        // Writing to a string does not fail.
        let _ = write_literal(&mut text, value);
    }
    text.push(']');
    let mut digits = Vec::new();
    base64::encode(&mut digits, text.as_bytes());
    String::from_utf8(digits).unwrap_or_default()
}

impl Token {
    /// Reads a token that [`write()`] made for this order and type.
    pub(super) fn read(text: &str, order: &[Order], shape: &Shape) -> Result<Self, Error> {
        parse(text)
            .and_then(|values| Self::new(values, order, shape))
            .ok_or_else(|| {
                Error::bad_request("The value of \"$skiptoken\" is none that this service issued")
            })
    }

    fn new(values: Vec<Value<'static>>, order: &[Order], shape: &Shape) -> Option<Self> {
        let mut values = values.into_iter();
        let left = number(&values.next()?)?.map(usize::try_from);
        let count = number(&values.next()?)?;
        let order_types = order.iter().map(|it| it.by.primitive());
        let order = take(&mut values, order_types)?;
        let key_types = shape.key_types().into_iter().map(Some);
        let key = take(&mut values, key_types)?;
        let left = left.transpose().ok()?;
        values.next().is_none().then_some(Self {
            left,
            count,
            order,
            key,
        })
    }
}

/// A number that is not negative, or null.
#[expect(clippy::option_option, reason = "null is a value, and a text is none")]
fn number(value: &Value<'_>) -> Option<Option<u64>> {
    if let Value::Integer(number) = value {
        return Some(Some(u64::try_from(*number).ok()?));
    }
    value.is_null().then_some(None)
}

fn take(
    values: &mut impl Iterator<Item = Value<'static>>,
    types: impl Iterator<Item = Option<Primitive>>,
) -> Option<Vec<Value<'static>>> {
    types
        .map(|wanted| {
            let value = values.next()?;
            let fits = match (wanted, Primitive::of(&value)) {
                (Some(wanted), Some(found)) => wanted.comparable(found),
                (_, None) => true,
                (None, Some(_)) => false,
            };
            fits.then_some(value)
        })
        .collect()
}

fn parse(text: &str) -> Option<Vec<Value<'static>>> {
    let bytes = base64::decode(text)?;
    let text = Text::plain(std::str::from_utf8(&bytes).ok()?);
    let mut budget = Budget::default();
    let list = Parser::new(&text, Version::V40, &mut budget).whole().ok()?;
    let Kind::List(items) = list.kind else {
        return None;
    };
    items
        .into_iter()
        .map(|item| {
            if let Kind::Literal(value) = item.kind {
                Some(value)
            } else {
                None
            }
        })
        .collect()
}
