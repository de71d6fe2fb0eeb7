//! Media ranges of `Accept`
//! ([RFC 9110, 12.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)).

/// `type/subtype;name=value…`
#[derive(Debug)]
pub(crate) struct Range<'a> {
    pub(crate) kind: &'a str,
    pub(crate) subtype: &'a str,
    parameters: &'a str,
    /// Quality in thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (essence, parameters) = match text.split_once(';') {
            Some((essence, parameters)) => (essence.trim(), parameters),
            None => (text.trim(), ""),
        };
        let (kind, subtype) = essence.split_once('/')?;
        let token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"*!#$&^_.+-".contains(&byte))
        };
        if !token(kind) || !token(subtype) {
            return None;
        }
        let mut range = Self {
            kind,
            subtype,
            parameters,
            quality: 1000,
        };
        let quality = parameters_of(parameters).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        if let Some((_, value)) = quality {
            range.quality = quality_of(value)?;
        }
        Some(range)
    }

    /// The parameters other than `q`.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        parameters_of(self.parameters).filter(|(name, _)| !name.eq_ignore_ascii_case("q"))
    }

    /// The value of the parameter of that name, whatever its case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        parameters_of(self.parameters)
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether it is `kind/subtype`, whatever the case.
    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// How exactly it names a format.
    fn precision(&self) -> usize {
        match (self.kind, self.subtype) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ => 2 + self.parameters().count(),
        }
    }
}

fn parameters_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

fn quality_of(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, digits) {
        ("0", true) => Some(thousandths),
        ("1", true) if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// The best of what `offer` makes of the ranges: highest quality, then the
/// most exact, then the first. Ranges that cannot be read count as absent.
pub(crate) fn choose<T: PartialEq + Copy>(
    accept: &str,
    offer: impl Fn(&Range<'_>) -> Option<T>,
) -> Option<T> {
    let ranges: Vec<_> = accept
        .split(',')
        .filter_map(|text| Range::parse(text.trim()))
        .filter_map(|range| Some((offer(&range)?, range)))
        .collect();
    let mut best: Option<(T, &Range<'_>)> = None;
    for (format, range) in &ranges {
        let refused = ranges.iter().any(|(other, excluding)| {
            excluding.quality == 0 && other == format && excluding.precision() >= range.precision()
        });
        let better = best.is_none_or(|(_, best)| {
            (range.quality, range.precision()) > (best.quality, best.precision())
        });
        if range.quality > 0 && !refused && better {
            best = Some((*format, range));
        }
    }
    best.map(|(format, _)| format)
}

#[cfg(test)]
mod tests {
    use crate::{Error, ErrorKind, Format, Offer, Version};

    fn json(accept: &str) -> Result<String, ErrorKind> {
        negotiate(Offer::Json, None, accept)
    }

    fn negotiate(offer: Offer, format: Option<&str>, accept: &str) -> Result<String, ErrorKind> {
        Format::negotiate(offer, format, Some(accept))
            .map(Format::content_type)
            .map_err(|error: Error| error.kind())
    }

    const MINIMAL: &str = "application/json;odata.metadata=minimal;charset=utf-8";
    const FULL: &str = "application/json;odata.metadata=full;charset=utf-8";

    #[test]
    fn what_accept_asks_for_is_done_or_refused() {
        let ieee = "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8";
        let refused = Err(ErrorKind::NotAcceptable);
        for (accept, answer) in [
            ("", Ok(MINIMAL)),
            ("*/*", Ok(MINIMAL)),
            ("application/*", Ok(MINIMAL)),
            ("application/json", Ok(MINIMAL)),
            ("APPLICATION/Json", Ok(MINIMAL)),
            ("application/json;charset=utf-8", Ok(MINIMAL)),
            ("application/json;odata.streaming=true", Ok(MINIMAL)),
            ("application/json;odata.metadata=full", Ok(FULL)),
            ("application/json;metadata=full", Ok(FULL)),
            (
                "application/json;odata.metadata=minimal;IEEE754Compatible=true",
                Ok(ieee),
            ),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Ok(MINIMAL)),
            (
                "application/json;q=0.1, application/json;odata.metadata=full;q=0.2",
                Ok(FULL),
            ),
            ("application/json;q=0, */*", Err(&ErrorKind::NotAcceptable)),
            ("application/json;q=0", Err(&ErrorKind::NotAcceptable)),
            (
                "application/json;odata=verbose",
                Err(&ErrorKind::NotAcceptable),
            ),
            ("application/atom+xml", Err(&ErrorKind::NotAcceptable)),
            ("image/png", Err(&ErrorKind::NotAcceptable)),
            ("garbage", Err(&ErrorKind::NotAcceptable)),
        ] {
            let expected = match answer {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => refused.clone(),
            };
            assert_eq!(json(accept), expected, "{accept}");
        }
    }

    #[test]
    fn format_overrides_accept() {
        for (format, answer) in [
            ("json", Ok(MINIMAL)),
            ("JSON", Ok(MINIMAL)),
            ("application/json;odata.metadata=full", Ok(FULL)),
            ("xml", Err(ErrorKind::NotAcceptable)),
            ("text/csv", Err(ErrorKind::NotAcceptable)),
            ("nonsense", Err(ErrorKind::BadRequest)),
        ] {
            let found = negotiate(Offer::Json, Some(format), "image/png");
            assert_eq!(found, answer.map(str::to_owned), "{format}");
        }
    }

    #[test]
    fn metadata_is_xml_unless_json_is_asked_for() {
        let metadata = |format, accept| negotiate(Offer::Metadata, format, accept).unwrap();
        for (format, accept, start) in [
            (None, "*/*", "application/xml"),
            (None, "application/xml", "application/xml"),
            (None, "application/json", "application/json"),
            (Some("json"), "application/xml", "application/json"),
            (Some("xml"), "application/json", "application/xml"),
        ] {
            assert!(metadata(format, accept).starts_with(start), "{accept}");
        }
        assert!(negotiate(Offer::Metadata, None, "text/html").is_err());
    }

    #[test]
    fn counts_are_text_for_whoever_asks_for_json() {
        for accept in [
            "*/*",
            "text/plain",
            "application/json;odata.metadata=minimal",
        ] {
            assert!(
                negotiate(Offer::Text, None, accept)
                    .unwrap()
                    .starts_with("text/plain")
            );
        }
        assert!(negotiate(Offer::Text, None, "image/png").is_err());
    }

    #[test]
    fn versions_are_negotiated() {
        use ErrorKind::{BadRequest, NotAcceptable};
        for (version, max, answer) in [
            (None, None, Ok("4.0")),
            (Some("4.0"), Some("4.0"), Ok("4.0")),
            (Some("4.01"), None, Ok("4.0")),
            (None, Some("4.01"), Ok("4.01")),
            (None, Some("4.1"), Ok("4.01")),
            (None, Some("5"), Ok("4.01")),
            (None, Some("4"), Ok("4.0")),
            (None, Some("3.0"), Err(NotAcceptable)),
            (None, Some("foo"), Err(BadRequest)),
            (None, Some("4."), Err(BadRequest)),
            (Some("3.0"), None, Err(BadRequest)),
            (Some("foo"), None, Err(BadRequest)),
        ] {
            let found = Version::negotiate(version, max)
                .map(Version::header)
                .map_err(|error| error.kind());
            assert_eq!(found, answer, "{version:?} {max:?}");
        }
    }
}
