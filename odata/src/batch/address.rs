//! Where an individual request goes: three forms of URL become one
//! ([Protocol, 11.7.7.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_MultipartBatchRequestBody)).

use super::Answer;

/// The addresses a service goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLocation<'a> {
    /// The path of its root (`/catalog`), with or without a slash at the end.
    pub root: &'a str,
    /// The headers `Host` and, behind a proxy, `X-Forwarded-Host` of the
    /// batch. Requests in it must not be for other hosts; none given, any
    /// will do.
    pub hosts: &'a [&'a str],
}

/// Path and query below the root, with a leading `/`.
///
/// An absolute path that is not below the root is taken as relative to it:
/// SAP Cloud SDK (`relativeToEntity`) and Microsoft Graph write `/Buckets`.
pub(super) fn target(
    url: &str,
    host: Option<&str>,
    service: ServiceLocation<'_>,
) -> Result<String, Answer> {
    let not_here = || Answer::error(404, "NotFound", "The URL leads out of this service");
    let target = if let Some((authority, path)) = split_absolute(url) {
        if !service.has_host(authority) {
            return Err(not_here());
        }
        service.below_root(path).ok_or_else(not_here)?
    } else if url.starts_with('/') {
        if host.is_some_and(|host| !service.has_host(host)) {
            return Err(not_here());
        }
        service.below_root(url).unwrap_or(url)
    } else {
        url
    };
    let target = if target.starts_with('/') {
        target.to_owned()
    } else {
        format!("/{target}")
    };
    let path = without_query(&target).trim_matches('/');
    if path.replace("%24", "$") == "$batch" {
        return Err(Answer::bad_request("A batch must not contain a batch"));
    }
    Ok(target)
}

/// Host and the rest of `http://host/…`.
fn split_absolute(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let http = ["http", "https"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    http.then(|| rest.split_at(end))
}

pub(super) fn without_query(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

impl ServiceLocation<'_> {
    fn below_root<'u>(&self, path: &'u str) -> Option<&'u str> {
        let rest = path.strip_prefix(self.root.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    }

    fn has_host(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|ours| same_host(ours, host))
    }
}

/// Whether two authorities are one; a port that is not written fits any,
/// because proxies and clients leave it out at will.
fn same_host(left: &str, right: &str) -> bool {
    let split = |authority| -> (&str, &str) {
        let (host, port) = str::rsplit_once(authority, ':').unwrap_or((authority, ""));
        // The colons of an IPv6 address stand in brackets.
        if port.ends_with(']') {
            (authority, "")
        } else {
            (host, port)
        }
    };
    let ((left, left_port), (right, right_port)) = (split(left.trim()), split(right.trim()));
    left.eq_ignore_ascii_case(right)
        && (left_port == right_port || left_port.is_empty() || right_port.is_empty())
}

/// Top-level system resources; an identifier of the same name cannot be
/// referred to ([Protocol, 11.7.4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ReferencingReturnedEntities)).
const SYSTEM: [&str; 7] = [
    "batch",
    "crossjoin",
    "all",
    "entity",
    "root",
    "id",
    "metadata",
];

/// The identifier in `/$id/…` and what follows it.
pub(super) fn reference(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix("/$")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (id, rest) = rest.split_at(end);
    (!id.is_empty() && !SYSTEM.contains(&id)).then_some((id, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ServiceLocation<'_> = ServiceLocation {
        root: "/catalog/",
        hosts: &["catalog.internal:8080", "shop.example.com"],
    };

    fn found(url: &str, host: Option<&str>) -> Result<String, u16> {
        target(url, host, HERE).map_err(|answer| answer.status)
    }

    #[test]
    fn all_forms_of_url_lead_to_the_same_target() {
        for url in [
            "Buckets?$top=1",
            "/Buckets?$top=1",
            "/catalog/Buckets?$top=1",
            "http://catalog.internal:8080/catalog/Buckets?$top=1",
            "HTTPS://Shop.Example.com/catalog/Buckets?$top=1",
            "https://shop.example.com:443/catalog/Buckets?$top=1",
        ] {
            assert_eq!(found(url, None), Ok("/Buckets?$top=1".to_owned()), "{url}");
        }
        for (url, expected) in [
            ("", "/"),
            ("?$format=json", "/?$format=json"),
            ("/catalog", "/"),
            ("/catalog/", "/"),
            ("/catalog?$format=json", "/?$format=json"),
            ("/catalogue/Buckets", "/catalogue/Buckets"),
            ("http://shop.example.com/catalog", "/"),
            ("Buckets('a://b')", "/Buckets('a://b')"),
            ("Buckets?$filter=id eq '/'", "/Buckets?$filter=id eq '/'"),
            ("/catalog/Buckets/", "/Buckets/"),
            ("$metadata", "/$metadata"),
        ] {
            assert_eq!(found(url, None), Ok(expected.to_owned()), "{url}");
        }
    }

    #[test]
    fn other_hosts_and_services_are_not_found() {
        for url in [
            "http://evil.example.com/catalog/Buckets",
            "http://catalog.internal:9090/catalog/Buckets",
            "http://shop.example.com/other/Buckets",
            "http://shop.example.com",
            "http:///catalog/Buckets",
        ] {
            assert_eq!(found(url, None), Err(404), "{url}");
        }
        assert_eq!(
            found("/catalog/Buckets", Some("evil.example.com")),
            Err(404)
        );
        for host in [
            "shop.example.com",
            "SHOP.example.com:80",
            "catalog.internal",
        ] {
            assert!(found("/catalog/Buckets", Some(host)).is_ok(), "{host}");
        }
        let anywhere = ServiceLocation { hosts: &[], ..HERE };
        assert!(target("http://x/catalog", None, anywhere).is_ok());
    }

    #[test]
    fn colons_of_ipv6_are_no_ports() {
        assert!(same_host("[::1]:8080", "[::1]"));
        assert!(same_host("[::1]", "[::1]:80"));
        assert!(!same_host("[::1]", "[::2]"));
        assert!(!same_host("[::1]:80", "[::1]:81"));
    }

    #[test]
    fn a_batch_in_a_batch_is_refused_however_it_is_spelt() {
        for url in ["$batch", "/catalog/$batch", "%24batch/", "$batch?x=1"] {
            assert_eq!(found(url, None), Err(400), "{url}");
        }
    }

    #[test]
    fn references_are_told_from_system_resources() {
        for (target, expected) in [
            ("/$1", Some(("1", ""))),
            ("/$0.0/objects?$top=1", Some(("0.0", "/objects?$top=1"))),
            ("/$1?$select=id", Some(("1", "?$select=id"))),
            ("/$metadata", None),
            ("/$all", None),
            ("/$", None),
            ("/Buckets/$count", None),
        ] {
            assert_eq!(reference(target), expected, "{target}");
        }
    }
}
