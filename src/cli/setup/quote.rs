//! Texts between quotes: whatever is in them, they end where they should.
//!
//! Names are checked before they come here; this is the second wall, and it takes any text.

/// Double-quoted, as YAML 1.1 and 1.2 read it: everything beyond printable ASCII is escaped.
pub(super) fn yaml(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A string literal of HCL in which nothing is interpolated.
pub(super) fn hcl(text: &str) -> String {
    format!("\"{}\"", hcl_part(text))
}

/// The inside of a string literal of HCL.
///
/// HCL's own escape of `${`, which is `$${`, can't be told apart from a dollar before it: an escaped
/// character can't begin a template, whatever stands around it.
pub(super) fn hcl_part(text: &str) -> String {
    escaped(text)
        .replace("${", "\\u0024{")
        .replace("%{", "\\u0025{")
}

/// Both YAML and HCL know these escapes.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        ' '..='~' => c.to_string(),
        _ if u32::from(c) <= 0xffff => format!("\\u{:04x}", u32::from(c)),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads what stands between double quotes; `None` if they end early or an escape is unknown.
    fn read(quoted: &str) -> Option<String> {
        let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?.chars();
        let mut text = String::new();
        while let Some(c) = rest.next() {
            let digits = match (c, if c == '\\' { rest.next() } else { None }) {
                ('"', _) => return None,
                ('\\', Some(same @ ('"' | '\\'))) => {
                    text.push(same);
                    continue;
                }
                ('\\', Some('u')) => 4,
                ('\\', Some('U')) => 8,
                ('\\', _) => return None,
                (plain, _) => {
                    text.push(plain);
                    continue;
                }
            };
            let code: String = rest.by_ref().take(digits).collect();
            text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
        }
        Some(text)
    }

    proptest! {
        #[test]
        fn what_is_quoted_for_yaml_is_ascii_and_reads_the_same(text in any::<String>()) {
            let quoted = yaml(&text);
            prop_assert!(quoted.bytes().all(|b| (b' '..=b'~').contains(&b)), "{}", quoted);
            prop_assert_eq!(read(&quoted), Some(text));
        }

        #[test]
        fn what_is_quoted_for_hcl_is_never_a_template(text in r#"[ -~]*([$%]+\{[a-z}"]*)*\PC*"#) {
            let quoted = hcl(&text);
            prop_assert!(!quoted.contains("${") && !quoted.contains("%{"), "{}", quoted);
            prop_assert_eq!(read(&quoted), Some(text));
        }
    }
}
