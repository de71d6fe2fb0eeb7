//! URLs of services: https, except on this machine.

use url::{Host, Url};

/// Checks a service's base URL and takes its trailing slash away.
///
/// # Errors
/// The fault, as the end of a sentence that starts with the setting's name.
pub(super) fn check(text: &str) -> Result<String, String> {
    let url = Url::parse(text.trim()).map_err(|e| format!("is no URL ({e})"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("is not https; http is for loopback addresses only".to_owned()),
        other => return Err(format!("is not https but {other}")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("contains a query or fragment".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether this is an address that may be trusted: https, or on this machine.
pub(crate) fn is_endpoint(text: &str) -> bool {
    check(text).is_ok()
}

/// The host of a URL.
pub(super) fn host(text: &str) -> Option<String> {
    Url::parse(text).ok()?.host_str().map(str::to_owned)
}

/// The host and port of a URL, for looking the host up.
pub(crate) fn host_and_port(text: &str) -> Option<(String, u16)> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some((host, url.port_or_known_default()?))
}

/// Whether this is one of AWS's public S3 hosts rather than an interface endpoint.
pub(super) fn is_public_s3(text: &str) -> bool {
    let host = host(text).unwrap_or_default();
    // a dot at the end says that the name is complete, and changes nothing
    let host = host.trim_end_matches('.');
    let aws = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazonaws.eu",
        ".api.aws",
    ];
    aws.iter().any(|suffix| host.ends_with(suffix)) && !host.contains(".vpce.")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{check, is_public_s3};

    #[test]
    fn only_https_or_loopback_is_an_endpoint() {
        for (url, expected) in [
            (
                "https://sts.eu-central-1.amazonaws.com/",
                Ok("https://sts.eu-central-1.amazonaws.com"),
            ),
            ("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080")),
            ("http://[::1]:1/", Ok("http://[::1]:1")),
            ("http://localhost:9000", Ok("http://localhost:9000")),
            (
                "http://10.0.0.1",
                Err("is not https; http is for loopback addresses only"),
            ),
            (
                "http://localhost.evil.example",
                Err("is not https; http is for loopback addresses only"),
            ),
            ("https://user@host", Err("contains a user name or password")),
            ("https://host?x=1", Err("contains a query or fragment")),
            ("ftp://host", Err("is not https but ftp")),
            ("host", Err("is no URL (relative URL without a base)")),
        ] {
            assert_eq!(
                check(url),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{url}"
            );
        }
    }

    #[test]
    fn a_private_link_host_is_not_public() {
        assert!(is_public_s3("https://s3.eu-central-1.amazonaws.com"));
        assert!(is_public_s3("https://s3.eu-central-1.amazonaws.com."));
        assert!(!is_public_s3(
            "https://bucket.vpce-0a-1.s3.eu-central-1.vpce.amazonaws.com"
        ));
        assert!(!is_public_s3("http://127.0.0.1:9000"));
    }
}
