//! The query string as text: its pieces, and the query of the next page.

use crate::Error;
use crate::text::{Plus, Text};

/// `name=value`, undecoded.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<&'a str>,
    /// Where the name starts in the URL.
    pub(super) position: usize,
}

impl<'a> Piece<'a> {
    /// The decoded value, which has to be there.
    pub(super) fn value(&self) -> Result<Text<'a>, Error> {
        let after_name = self.position + self.name.len();
        match self.value {
            Some(value) => Text::decode(value, after_name + 1, Plus::IsBlank),
            None => Err(Error::syntax(
                after_name,
                "Expected \"=\" but end of the option found",
            )),
        }
    }
}

/// The pieces between `&`, without empty ones.
pub(super) fn pieces(raw: &str, position: usize) -> impl Iterator<Item = Piece<'_>> {
    let mut at = position;
    raw.split('&').filter_map(move |text| {
        let position = at;
        at += text.len() + 1;
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        (!text.is_empty()).then_some(Piece {
            name,
            value,
            position,
        })
    })
}

/// The link to the page that `token` leads to, relative to the service root.
///
/// `path` is the raw path of the resource below the service root, `raw` the
/// raw query of this page. Options that choose the page give way to the
/// token; all others are kept as the client wrote them.
pub fn next_link(path: &str, raw: &str, token: &str) -> String {
    let mut link = format!("{}?", path.trim_matches('/'));
    for piece in pieces(raw, 0) {
        let name = Text::decode(piece.name, 0, Plus::IsBlank);
        let name = name.as_ref().map_or("", |name| name.as_str());
        let bare = name.strip_prefix('$').unwrap_or(name);
        let chooses_page = ["top", "skip", "skiptoken"]
            .iter()
            .any(|option| bare.eq_ignore_ascii_case(option));
        if chooses_page {
            continue;
        }
        link.push_str(piece.name);
        if let Some(value) = piece.value {
            link.push('=');
            link.push_str(value);
        }
        link.push('&');
    }
    link.push_str("$skiptoken=");
    link.push_str(token);
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_know_where_they_start() {
        let found: Vec<_> = pieces("a=1&&b&c==", 10)
            .map(|piece| (piece.name, piece.value, piece.position))
            .collect();
        assert_eq!(
            found,
            [("a", Some("1"), 10), ("b", None, 15), ("c", Some("="), 17)]
        );
    }

    #[test]
    fn the_next_link_keeps_what_does_not_choose_the_page() {
        assert_eq!(
            next_link(
                "/Buckets/",
                "%24select=id&$top=5&$skip=1&sap-client=100",
                "abc"
            ),
            "Buckets?%24select=id&sap-client=100&$skiptoken=abc"
        );
        assert_eq!(next_link("Buckets", "", "abc"), "Buckets?$skiptoken=abc");
    }
}
