//! Which format and version an answer has, from `Accept`, `$format`,
//! `OData-Version` and `OData-MaxVersion`.
//!
//! What the client asks for is done or refused
//! ([Protocol, 8.2.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_HeaderAccept)),
//! never ignored.

mod media;
mod prefer;

pub(crate) use media::{Range, choose};
pub use prefer::{Return, continue_on_error, max_page_size, preferred_return};

use crate::Error;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    /// 4.0
    #[default]
    V40,
    /// 4.01
    V401,
}

impl Version {
    /// The value of the header `OData-Version`.
    pub const fn header(self) -> &'static str {
        match self {
            Self::V40 => "4.0",
            Self::V401 => "4.01",
        }
    }

    /// The version to answer in.
    ///
    /// `version` is the header `OData-Version` and speaks of the request's
    /// own body and URL; `max_version` is `OData-MaxVersion`. Without the
    /// latter the answer is 4.0, the most widely understood.
    pub fn negotiate(version: Option<&str>, max_version: Option<&str>) -> Result<Self, Error> {
        if let Some(text) = version
            && !matches!(text.trim(), "4.0" | "4.01")
        {
            return Err(Error::bad_request(format!(
                "OData-Version \"{text}\" is not supported; 4.0 and 4.01 are"
            ))
            .about("OData-Version"));
        }
        let Some(text) = max_version else {
            return Ok(Self::V40);
        };
        let malformed = || {
            Error::bad_request(format!("OData-MaxVersion \"{text}\" is no version"))
                .about("OData-MaxVersion")
        };
        let (major, minor) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(major) || !digits(minor) {
            return Err(malformed());
        }
        let major: u64 = major.parse().unwrap_or(u64::MAX);
        // Minor versions are decimal fractions: 4.01 is between 4.0 and 4.1.
        let above_4_0 = minor >= "01";
        match major {
            0..4 => Err(Error::not_acceptable(format!(
                "OData-MaxVersion \"{text}\" is below 4.0, the lowest version supported"
            ))
            .about("OData-MaxVersion")),
            4 if !above_4_0 => Ok(Self::V40),
            _ => Ok(Self::V401),
        }
    }
}

/// What kind of answer a resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// JSON: data and the service document.
    Json,
    /// CSDL, as XML unless JSON is asked for.
    Metadata,
    /// `$count` and `$value`: plain text.
    Text,
}

/// The chosen format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json(JsonFormat),
    /// XML.
    Xml,
    /// Plain text.
    Text,
}

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonFormat {
    /// How much control information goes with the data.
    pub metadata: MetadataLevel,
    /// Whether `Edm.Int64` and `Edm.Decimal` are strings.
    pub ieee754_compatible: bool,
}

/// How much control information goes with the data
/// ([JSON Format, 3.1](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControllingtheAmountofControlInforma)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetadataLevel {
    /// `odata.metadata=none`
    None,
    /// `odata.metadata=minimal`
    #[default]
    Minimal,
    /// `odata.metadata=full`
    Full,
}

impl Format {
    /// Chooses by `$format`, which overrides `Accept`, or by `Accept`.
    pub fn negotiate(
        offer: Offer,
        format: Option<&str>,
        accept: Option<&str>,
    ) -> Result<Self, Error> {
        if let Some(format) = format {
            return by_option(offer, format);
        }
        let accept = accept.unwrap_or_default();
        if accept.trim().is_empty() {
            return Ok(default(offer));
        }
        choose(accept, |range| offered(offer, range)).ok_or_else(|| {
            Error::not_acceptable(format!("None of the formats in \"{accept}\" is available"))
                .about("Accept")
        })
    }

    /// The value of the header `Content-Type`.
    pub fn content_type(self) -> String {
        match self {
            Self::Xml => "application/xml;charset=utf-8".to_owned(),
            Self::Text => "text/plain;charset=utf-8".to_owned(),
            Self::Json(json) => json.content_type(),
        }
    }
}

impl JsonFormat {
    /// The value of the header `Content-Type`.
    pub fn content_type(self) -> String {
        let level = match self.metadata {
            MetadataLevel::None => "none",
            MetadataLevel::Minimal => "minimal",
            MetadataLevel::Full => "full",
        };
        let numbers = if self.ieee754_compatible {
            ";IEEE754Compatible=true"
        } else {
            ""
        };
        format!("application/json;odata.metadata={level}{numbers};charset=utf-8")
    }
}

const fn default(offer: Offer) -> Format {
    match offer {
        Offer::Json => Format::Json(JsonFormat {
            metadata: MetadataLevel::Minimal,
            ieee754_compatible: false,
        }),
        Offer::Metadata => Format::Xml,
        Offer::Text => Format::Text,
    }
}

/// What `$format` asks for: `json`, `xml`, or a media type.
fn by_option(offer: Offer, format: &str) -> Result<Format, Error> {
    let refused = || {
        Error::not_acceptable(format!("The format \"{format}\" is not available")).about("$format")
    };
    // Raw values have one format; $format is about structured ones.
    if offer == Offer::Text {
        return Ok(Format::Text);
    }
    let media_type = match format.to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "xml" => "application/xml",
        "atom" => "application/atom+xml",
        _ => format,
    };
    let range = Range::parse(media_type).ok_or_else(|| {
        Error::bad_request(format!("\"{format}\" is no media type")).about("$format")
    })?;
    offered(offer, &range).ok_or_else(refused)
}

/// The format a media range leads to, if the offer has one.
fn offered(offer: Offer, range: &Range<'_>) -> Option<Format> {
    let json = || json_format(range).map(Format::Json);
    let kind = range.kind.to_ascii_lowercase();
    let subtype = range.subtype.to_ascii_lowercase();
    match (kind.as_str(), subtype.as_str(), offer) {
        ("*", "*", _) => Some(default(offer)),
        ("application", "*", Offer::Json | Offer::Metadata) => Some(default(offer)),
        ("application", "json", Offer::Json | Offer::Metadata) => json(),
        ("application" | "text", "xml", Offer::Metadata) => Some(Format::Xml),
        ("text", "plain" | "*", Offer::Text) => Some(Format::Text),
        // UI5 sends the same Accept to $count as to everything else.
        ("application", "json" | "*", Offer::Text) => Some(Format::Text),
        _ => None,
    }
}

fn json_format(range: &Range<'_>) -> Option<JsonFormat> {
    let mut format = JsonFormat::default();
    for (name, value) in range.parameters() {
        let name = name.to_ascii_lowercase();
        let value = value.to_ascii_lowercase();
        match (name.strip_prefix("odata.").unwrap_or(&name), value.as_str()) {
            ("metadata", "none") => format.metadata = MetadataLevel::None,
            ("metadata", "minimal") => format.metadata = MetadataLevel::Minimal,
            ("metadata", "full") => format.metadata = MetadataLevel::Full,
            ("ieee754compatible", "true") => format.ieee754_compatible = true,
            ("ieee754compatible", "false") => format.ieee754_compatible = false,
            ("streaming", "true" | "false") | ("charset", "utf-8" | "utf8") => {}
            ("exponentialdecimals", "true" | "false") => {}
            // `odata=verbose` and whatever else changes the format.
            _ => return None,
        }
    }
    Some(format)
}
