//! Addresses that a browser may be sent to after signing in or out, as the application's
//! `oauth2-configuration` lists them. A `*` stands for a run of letters, digits, dots and hyphens,
//! so it never reaches into another part of the address.

/// Patterns of `redirect-uris` or `post-logout-redirect-uris`.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<String>);

impl Addresses {
    pub(super) fn new(patterns: impl IntoIterator<Item = String>) -> Self {
        Self(patterns.into_iter().collect())
    }

    pub(super) fn add(&mut self, pattern: &str) {
        self.0.push(pattern.to_owned());
    }

    pub(super) fn allow(&self, address: &str) -> bool {
        self.0
            .iter()
            .any(|pattern| fits(pattern.as_bytes(), address.as_bytes()))
    }
}

fn fits(pattern: &[u8], address: &[u8]) -> bool {
    match (pattern.split_first(), address.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if fits(rest, address) => true,
        (Some((b'*', _)), Some((byte, rest))) => {
            (byte.is_ascii_alphanumeric() || b".-".contains(byte)) && fits(pattern, rest)
        }
        (Some((wanted, pattern)), Some((seen, rest))) => wanted == seen && fits(pattern, rest),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_does_not_leave_its_part_of_the_address() {
        let patterns = [
            "http://127.0.0.1:*/login/callback",
            "https://*.example.com/done.html",
        ];
        let addresses = Addresses::new(patterns.map(str::to_owned));
        for right in [
            "http://127.0.0.1:5000/login/callback",
            "https://a.b-c.example.com/done.html",
        ] {
            assert!(addresses.allow(right), "{right}");
        }
        for wrong in [
            "http://127.0.0.1:5000/login/callback?x=1",
            "http://127.0.0.1:5000/login/callback/",
            "http://127.0.0.1:1@evil.io/login/callback",
            "http://127.0.0.1:1/evil/login/callback",
            "http://127.0.0.1:evil.io/x?/login/callback",
            "https://evil.io/.example.com/done.html",
            "https://evil.io#.example.com/done.html",
            "https://.example.com.evil.io/done.html",
            "",
        ] {
            assert!(!addresses.allow(wrong), "{wrong}");
        }
    }
}
