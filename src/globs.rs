//! Name patterns with `*` and `?`, for the settings `buckets` and `aws_callers`.

/// A list of patterns; an empty one allows every name.
#[derive(Debug, Clone)]
pub(crate) struct Globs(Vec<String>);

impl Globs {
    /// `*` stands for any text, `?` for one byte.
    pub(crate) fn new(patterns: &[String]) -> Self {
        Self(patterns.to_vec())
    }

    /// Whether a pattern covers the whole name, or there is none.
    pub(crate) fn allow(&self, name: &str) -> bool {
        self.0.is_empty()
            || self
                .0
                .iter()
                .any(|p| matches(p.as_bytes(), name.as_bytes()))
    }
}

/// Linear in practice and never exponential: only the last `*` is ever taken up again.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || name.get(n) == Some(&c) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::Globs;

    #[test]
    fn patterns_select_buckets_by_name() {
        let cases = [
            ("*", "anything", true),
            ("team-*", "team-invoices", true),
            ("team-*", "steam-invoices", false),
            ("*-prod", "a-prod-prod", true),
            ("*-prod", "a-prod-dev", false),
            ("log-????", "log-2026", true),
            ("log-????", "log-20261", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("a*b*c", "a-b-b-c", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                Globs::new(&[pattern.to_owned()]).allow(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Globs::new(&[]).allow("everything"));
    }
}
