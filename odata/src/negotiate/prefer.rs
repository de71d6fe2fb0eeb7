//! Preferences
//! ([Protocol, 8.2.8](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_HeaderPrefer)):
//! wishes that may be granted. What cannot be read counts as not said.

/// The page size of `Prefer: odata.maxpagesize=…`, with or without prefix.
///
/// A page that was cut for it is answered with
/// `Preference-Applied: odata.maxpagesize=…`.
pub fn max_page_size(prefer: &str) -> Option<usize> {
    preferences(prefer, "maxpagesize").find_map(|value| {
        let size = value.parse().ok()?;
        (size > 0).then_some(size)
    })
}

/// What the answer to a change shows
/// ([Protocol, 8.2.8.7](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_Preferencereturnrepresentationandreturn)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// No more than the status and the headers.
    Minimal,
    /// The entity or value.
    Representation,
}

impl Return {
    /// The value of the header `Preference-Applied`.
    pub const fn applied(self) -> &'static str {
        match self {
            Self::Minimal => "return=minimal",
            Self::Representation => "return=representation",
        }
    }
}

/// What `Prefer: return=…` asks for; the first of several is meant.
pub fn preferred_return(prefer: &str) -> Option<Return> {
    preferences(prefer, "return").find_map(|value| match value.to_ascii_lowercase().as_str() {
        "minimal" => Some(Return::Minimal),
        "representation" => Some(Return::Representation),
        _ => None,
    })
}

/// Whether `Prefer: odata.continue-on-error`, with or without prefix, asks a
/// batch to go on or to stop after an error; `None` if it is not said.
pub fn continue_on_error(prefer: &str) -> Option<bool> {
    preferences(prefer, "continue-on-error").find_map(|value| {
        match value.to_ascii_lowercase().as_str() {
            "" | "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    })
}

/// The values of the preferences of that name, with or without prefix.
fn preferences<'p>(prefer: &'p str, wanted: &str) -> impl Iterator<Item = &'p str> {
    unquoted_split(prefer, ',').filter_map(move |preference| {
        let mut parts = unquoted_split(preference, ';');
        let preference = parts.next().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let name = name.trim().to_ascii_lowercase();
        let known = name.strip_prefix("odata.").unwrap_or(&name) == wanted;
        known.then(|| value.trim().trim_matches('"'))
    })
}

/// Parts between separators that stand outside of `"…"`
/// ([RFC 7240, 2](https://www.rfc-editor.org/rfc/rfc7240#section-2)).
fn unquoted_split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::{Return, continue_on_error, max_page_size, preferred_return};

    #[test]
    fn the_page_size_is_found_among_other_preferences() {
        for (prefer, size) in [
            ("odata.maxpagesize=5", Some(5)),
            ("maxpagesize = \"5\"", Some(5)),
            (
                "return=minimal, odata.continue-on-error,OData.MaxPageSize=5;foo",
                Some(5),
            ),
            ("foo=\"a,odata.maxpagesize=1\",odata.maxpagesize=2", Some(2)),
            ("foo=\"\\\",maxpagesize=1\";x=\";\",maxpagesize=2", Some(2)),
            ("odata.maxpagesize=0", None),
            ("odata.maxpagesize=-1", None),
            ("odata.maxpagesize=abc", None),
            ("odata.maxpagesize", None),
            ("", None),
        ] {
            assert_eq!(max_page_size(prefer), size, "{prefer}");
        }
    }

    #[test]
    fn the_first_preference_that_can_be_read_says_what_is_returned() {
        for (prefer, expected) in [
            ("return=minimal", Some(Return::Minimal)),
            (
                "respond-async, Return = \"representation\"",
                Some(Return::Representation),
            ),
            (
                "odata.return=minimal;a=b,return=representation",
                Some(Return::Minimal),
            ),
            (
                "return=maybe,return=representation",
                Some(Return::Representation),
            ),
            ("return, foo=\"return=minimal\"", None),
            ("", None),
        ] {
            assert_eq!(preferred_return(prefer), expected, "{prefer}");
        }
        assert_eq!(Return::Minimal.applied(), "return=minimal");
    }

    #[test]
    fn a_batch_goes_on_or_stops_as_asked() {
        for (prefer, expected) in [
            ("odata.continue-on-error", Some(true)),
            ("Continue-On-Error", Some(true)),
            ("continue-on-error=\"false\"", Some(false)),
            (
                "return=minimal, odata.continue-on-error = TRUE;x",
                Some(true),
            ),
            ("continue-on-error=maybe", None),
            ("odata.continue", None),
            ("", None),
        ] {
            assert_eq!(continue_on_error(prefer), expected, "{prefer}");
        }
    }
}
