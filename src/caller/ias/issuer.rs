//! Which issuers an identity binding vouches for, decided before anything is fetched. An issuer is
//! compared as a whole string, never by its end: after the scheme there is a host and nothing else.

use reqwest::Url;

use super::UnusableIdentity;
use crate::caller::refusal::{Reason, Refusal};
use crate::caller::strict_json::Object;

/// Longest label of a host name (<https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>).
const LONGEST_LABEL: usize = 63;

/// Longest host name.
const LONGEST_HOST: usize = 253;

/// The binding's `url` and `domains`.
#[derive(Debug)]
pub(super) struct IssuerRules {
    own: String,
    domains: Vec<String>,
}

/// An issuer that passed the rules; its keys may be fetched.
#[derive(Debug, Clone)]
pub(in crate::caller) struct Issuer {
    url: String,
    own: bool,
}

impl Issuer {
    /// With scheme, without trailing slash.
    pub(in crate::caller) fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether it is the very issuer of the binding, not another host under its domains.
    pub(in crate::caller) fn is_own(&self) -> bool {
        self.own
    }
}

impl IssuerRules {
    /// Refuses a binding that would trust more than it says, or nothing.
    pub(super) fn new(url: &str, domains: &[String]) -> Result<Self, UnusableIdentity> {
        let own = normalised(url);
        let Some(origin) = origin(&own) else {
            return Err(UnusableIdentity::Url(url.to_owned()));
        };
        // Settings name the host where a binding has no domains; on loopback it may be `[::1]`,
        // below which nothing can be.
        let host = origin.host_str();
        let domains = domains
            .iter()
            .map(|domain| domain.to_ascii_lowercase())
            .filter(|domain| is_host(domain) || host != Some(domain))
            .map(|domain| {
                if is_host(&domain) {
                    Ok(domain)
                } else {
                    Err(UnusableIdentity::Domain(domain))
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { own, domains })
    }

    /// The issuer of a token, and the names that its discovery document may give it.
    ///
    /// Behind a custom domain IAS puts that domain into `iss` and its own name into `ias_iss`.
    /// Then the latter must be trusted, because its keys decide; `iss` must only be a host.
    pub(super) fn of(&self, claims: &Object) -> Result<(Issuer, [String; 2]), Refusal> {
        let iss = claims.required_text("iss")?;
        let Some(ias_iss) = claims.text("ias_iss")? else {
            let issuer = self.trusted(iss)?;
            let name = issuer.url.clone();
            return Ok((issuer, [name.clone(), name]));
        };
        let issuer = self.trusted(ias_iss)?;
        let custom = normalised(iss);
        let host = custom.strip_prefix("https://");
        if custom != self.own && !host.is_some_and(|host| is_host(&host.to_ascii_lowercase())) {
            return Err(Refusal::seeing(Reason::Issuer, iss));
        }
        let name = issuer.url.clone();
        Ok((issuer, [name, custom]))
    }

    /// Upper case in a host is refused although DNS ignores it: IAS writes lower case, and one
    /// issuer must have one spelling.
    fn trusted(&self, issuer: &str) -> Result<Issuer, Refusal> {
        let url = with_scheme(issuer);
        if url == self.own {
            return Ok(Issuer { url, own: true });
        }
        let within = |host: &str| self.domains.iter().any(|domain| is_in(host, domain));
        if url.strip_prefix("https://").is_some_and(within) {
            return Ok(Issuer { url, own: false });
        }
        Err(Refusal::seeing(Reason::Issuer, issuer))
    }
}

/// Bindings and discovery documents may have a slash behind the issuer; tokens never do.
pub(in crate::caller) fn normalised(issuer: &str) -> String {
    with_scheme(issuer.strip_suffix('/').unwrap_or(issuer))
}

/// IAS tenants write their issuer with or without scheme.
fn with_scheme(issuer: &str) -> String {
    if issuer.contains("://") {
        issuer.to_owned()
    } else {
        format!("https://{issuer}")
    }
}

/// The domain itself, or exactly one label before it.
fn is_in(host: &str, domain: &str) -> bool {
    let label = host
        .strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'));
    host == domain || label.is_some_and(is_label)
}

/// Whether this can be one label of a host name.
pub(in crate::caller) fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(fits)
}

fn is_host(host: &str) -> bool {
    host.len() <= LONGEST_HOST && host.split('.').all(is_label)
}

/// https, or http on a loopback address; no user, query or fragment.
fn origin(url: &str) -> Option<Url> {
    let parsed = Url::parse(url).ok()?;
    let secure = parsed.scheme() == "https" || (parsed.scheme() == "http" && is_loopback(&parsed));
    let plain = !url.contains(['?', '#', '@', '%', '\\']) && !url.ends_with('/');
    (secure && plain).then_some(parsed)
}

/// Whether a URL stays on this machine.
pub(in crate::caller) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
