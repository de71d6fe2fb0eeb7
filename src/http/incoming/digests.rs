//! Digests that a client sends with a body: `Content-MD5` (RFC 1864), `Digest` (RFC 3230),
//! `Content-Digest` and `Repr-Digest` (RFC 9530). Those of other algorithms are not judged.

use actix_web::http::header::HeaderMap;
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use odata::Error;

use crate::http::error::ApiError;

/// Digests that are computed while a body comes.
#[derive(Default)]
pub(in crate::http) struct Digests(Vec<(Computing, Vec<u8>)>);

enum Computing {
    Md5(Md5),
    Sha(Context),
}

impl Digests {
    /// What the headers promise.
    ///
    /// # Errors
    /// 400 for a digest that can't be one.
    pub(in crate::http) fn promised(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut digests = Self::default();
        let texts = |name| {
            headers
                .get_all(name)
                .filter_map(|value| value.to_str().ok())
        };
        for value in texts("content-md5") {
            digests.expect("content-md5", "md5", value)?;
        }
        // members of a list: SHA-256=…
        for (algorithm, value) in texts("digest").flat_map(members) {
            digests.expect("digest", &algorithm, value)?;
        }
        // members of a dictionary: sha-256=:…:
        for header in ["content-digest", "repr-digest"] {
            for (algorithm, value) in texts(header).flat_map(members) {
                let inner = value.strip_prefix(':').and_then(|it| it.strip_suffix(':'));
                digests.expect(header, &algorithm, inner.unwrap_or_default())?;
            }
        }
        Ok(digests)
    }

    /// One digest, in Base64; `None` if it can't be one.
    pub(in crate::http) fn one(algorithm: &str, value: &str) -> Option<Self> {
        Some(Self(vec![promise(known(algorithm)?, value)?]))
    }

    fn expect(
        &mut self,
        header: &'static str,
        algorithm: &str,
        value: &str,
    ) -> Result<(), ApiError> {
        let Some(known) = known(algorithm) else {
            return Ok(());
        };
        let digest = promise(known, value).ok_or_else(|| {
            let told = format!("The header {header} has no {algorithm} digest in Base64");
            ApiError::Query(Error::bad_request(told).about(header))
        })?;
        self.0.push(digest);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, piece: &[u8]) {
        for (computing, _) in &mut self.0 {
            match computing {
                Computing::Md5(md5) => md5.update(piece),
                Computing::Sha(context) => context.update(piece),
            }
        }
    }

    /// Whether what came has all the digests that were promised.
    pub(super) fn fit(&self) -> bool {
        self.0.iter().all(|(computing, promised)| match computing {
            Computing::Md5(md5) => md5.clone().finalize()[..] == promised[..],
            Computing::Sha(context) => context.clone().finish().as_ref() == promised,
        })
    }
}

/// An algorithm by its name in HTTP or in tus, and the length of its digests.
fn known(algorithm: &str) -> Option<(Computing, usize)> {
    let sha = |algorithm| Computing::Sha(Context::new(algorithm));
    Some(match algorithm {
        "md5" => (Computing::Md5(Md5::new()), 16),
        "sha1" => (sha(&SHA1_FOR_LEGACY_USE_ONLY), 20),
        "sha-256" | "sha256" => (sha(&SHA256), 32),
        "sha-512" | "sha512" => (sha(&SHA512), 64),
        _ => return None,
    })
}

fn promise((computing, length): (Computing, usize), value: &str) -> Option<(Computing, Vec<u8>)> {
    let promised = STANDARD.decode(value.trim()).ok()?;
    (promised.len() == length).then_some((computing, promised))
}

fn members(list: &str) -> impl Iterator<Item = (String, &str)> {
    let members = list.split(',').filter_map(|member| member.split_once('='));
    members.map(|(algorithm, value)| (algorithm.trim().to_ascii_lowercase(), value.trim()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Digests;

    fn promised(name: &'static str, value: &str) -> Option<Digests> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(value).unwrap();
        headers.insert(HeaderName::from_static(name), value);
        Digests::promised(&headers).ok()
    }

    #[test]
    fn every_way_to_promise_is_judged() {
        let md5 = "kAFQmDzST7DWlj99KOF/cg==";
        let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        for (name, value) in [
            ("content-md5", md5.to_owned()),
            ("digest", format!("unixsum=1, SHA-256={sha256},md5={md5}")),
            ("content-digest", format!("sha-256=:{sha256}:")),
            ("repr-digest", format!("crc=:AA==:, sha-256=:{sha256}:")),
        ] {
            let mut digests = promised(name, &value).unwrap();
            assert!(!digests.is_empty(), "{name}");
            digests.add(b"ab");
            assert!(!digests.fit(), "{name}");
            digests.add(b"c");
            assert!(digests.fit(), "{name}");
        }
    }

    #[test]
    fn what_is_no_digest_is_refused_and_what_is_unknown_ignored() {
        for (name, value) in [
            ("content-md5", "abc"),
            ("digest", "sha-256=AA=="),
            (
                "repr-digest",
                "sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            ),
        ] {
            assert!(promised(name, value).is_none(), "{name}");
        }
        assert!(promised("digest", "crc32c=AAAA").unwrap().is_empty());
    }
}
