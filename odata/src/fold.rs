//! Letters whatever their case: Unicode's mappings, character by character,
//! so that a part of a text folds to a part of the folded text.

/// Texts that differ in case only fold to the same: upper case first, so that
/// `ß` and `SS` or `ς` and `σ` are the same, then lower case.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let upper = text.chars().flat_map(char::to_uppercase);
    upper.flat_map(lower).collect()
}

/// The lower case of a character; Turkish `İ` loses its dot, as it would
/// otherwise be two characters that nobody types.
fn lower(character: char) -> impl Iterator<Item = char> {
    let dotted = character == 'İ';
    character.to_lowercase().take(if dotted { 1 } else { 3 })
}

/// Lower case without regard to neighbours: a final sigma stays a sigma, so
/// that `contains(tolower(…),tolower(…))` finds parts of words.
pub(crate) fn to_lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether the folded `text` contains `folded`, which is folded already.
pub(crate) fn contains(text: &str, folded: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(folded);
    }
    let (text, folded) = (text.as_bytes(), folded.as_bytes());
    let Some(first) = folded.first() else {
        return true;
    };
    let other = first.to_ascii_uppercase();
    text.windows(folded.len()).any(|window| {
        window.first().is_some_and(|it| it == first || *it == other)
            && window.eq_ignore_ascii_case(folded)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        for (text, part) in [
            ("Bucket-01", "bUCKET"),
            ("Straße", "STRASSE"),
            ("STRASSE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("οδος", "ΟΔΟΣ"),
            ("οδοσα", "ΟΔΟΣ"),
            ("Üml-äut", "üML"),
            ("İstanbul", "istanbul"),
            ("ISPARTA", "ısparta"),
            ("Привет", "ПРИВЕТ"),
            ("日本", "日本"),
            ("x", ""),
        ] {
            assert!(contains(text, &fold(part)), "{text} {part}");
        }
        for (text, part) in [("abc", "abcd"), ("", "a"), ("müde", "mude"), ("aab", "ba")] {
            assert!(!contains(text, &fold(part)), "{text} {part}");
        }
    }

    #[test]
    fn lower_case_of_a_part_is_a_part_of_the_lower_case() {
        assert!(to_lower("ΟΔΟΣΑ").contains(&to_lower("ΟΔΟΣ")));
        assert_eq!(to_lower("ÜMLAUT"), "ümlaut");
    }
}
