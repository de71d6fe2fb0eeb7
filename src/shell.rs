//! Words of a POSIX shell, for commands that people paste.

/// The text in single quotes, as one word whatever is in it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same, without quotes where none are needed.
pub(crate) fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._/:-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::{quoted, word};

    #[test]
    fn names_are_quoted_where_they_need_it() {
        for (name, expected) in [
            ("catalog-destination", "catalog-destination"),
            ("my dest; id", "'my dest; id'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(word(name), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn what_is_quoted_is_one_word(text in r#"[^\x00]*[$'"\\`!;&|\n]*[^\x00]*"#) {
            let line = format!("printf '%s|' {} {} end", quoted(&text), word(&text));
            let output = Command::new("bash").args(["-c", &line]).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(printed, format!("{text}|{text}|end|"));
        }
    }
}
