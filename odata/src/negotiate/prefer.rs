//! Preferences
//! ([Protocol, 8.2.8](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_HeaderPrefer)):
//! wishes that may be granted. What cannot be read counts as not said.

/// The page size of `Prefer: odata.maxpagesize=…`, with or without prefix.
///
/// A page that was cut for it is answered with
/// `Preference-Applied: odata.maxpagesize=…`.
pub fn max_page_size(prefer: &str) -> Option<usize> {
    prefer.split(',').find_map(|preference| {
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let known = matches!(name.as_str(), "odata.maxpagesize" | "maxpagesize");
        let size = value.trim().trim_matches('"').parse().ok()?;
        (known && size > 0).then_some(size)
    })
}

#[cfg(test)]
mod tests {
    use super::max_page_size;

    #[test]
    fn the_page_size_is_found_among_other_preferences() {
        for (prefer, size) in [
            ("odata.maxpagesize=5", Some(5)),
            ("maxpagesize = \"5\"", Some(5)),
            (
                "return=minimal, odata.continue-on-error,OData.MaxPageSize=5;foo",
                Some(5),
            ),
            ("odata.maxpagesize=0", None),
            ("odata.maxpagesize=-1", None),
            ("odata.maxpagesize=abc", None),
            ("odata.maxpagesize", None),
            ("", None),
        ] {
            assert_eq!(max_page_size(prefer), size, "{prefer}");
        }
    }
}
