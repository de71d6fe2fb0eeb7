//! How a token may come in: header values, scheme, length, parts, base64url.

use super::support::Scene;
use super::verdict;

type Values = Vec<Vec<u8>>;

/// What is made of a good token, and the verdict on it.
type Case = (&'static str, fn(&str) -> Values, &'static str);

fn one(value: impl AsRef<[u8]>) -> Values {
    vec![value.as_ref().to_vec()]
}

/// The token with one of its parts replaced.
fn with_part(token: &str, index: usize, part: &str) -> Values {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[index] = part;
    one(format!("Bearer {}", parts.join(".")))
}

/// The part with the unused bits of its last character set.
fn with_stray_bits(token: &str, index: usize) -> Values {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let part = token.split('.').nth(index).unwrap();
    assert_ne!(part.len() % 4, 0, "the part has no unused bits");
    let (rest, last) = part.split_at(part.len() - 1);
    let place = ALPHABET
        .iter()
        .position(|c| *c == last.as_bytes()[0])
        .unwrap();
    with_part(
        token,
        index,
        &format!("{rest}{}", ALPHABET[place + 1] as char),
    )
}

const CASES: &[Case] = &[
    (
        "as it should be",
        |t| one(format!("Bearer {t}")),
        "accepted",
    ),
    (
        "scheme in lower case",
        |t| one(format!("bearer {t}")),
        "accepted",
    ),
    (
        "scheme in upper case",
        |t| one(format!("BEARER {t}")),
        "accepted",
    ),
    ("no header", |_| vec![], "no token"),
    ("an empty header", |_| one(""), "no token"),
    ("scheme Basic", |t| one(format!("Basic {t}")), "no token"),
    ("scheme DPoP", |t| one(format!("DPoP {t}")), "no token"),
    (
        "scheme Bearerx",
        |t| one(format!("Bearerx {t}")),
        "no token",
    ),
    ("no scheme", |t| one(t), "no token"),
    ("scheme alone", |_| one("Bearer"), "token_characters"),
    ("scheme and a blank", |_| one("Bearer "), "token_characters"),
    (
        "two blanks",
        |t| one(format!("Bearer  {t}")),
        "token_characters",
    ),
    ("a tab", |t| one(format!("Bearer\t{t}")), "no token"),
    (
        "a blank before",
        |t| one(format!(" Bearer {t}")),
        "no token",
    ),
    (
        "a blank behind",
        |t| one(format!("Bearer {t} ")),
        "token_characters",
    ),
    (
        "quoted",
        |t| one(format!("Bearer \"{t}\"")),
        "token_characters",
    ),
    (
        "token68 named",
        |t| one(format!("Bearer token={t}")),
        "token_characters",
    ),
    (
        "two in one value",
        |t| one(format!("Bearer {t}, Bearer {t}")),
        "token_characters",
    ),
    (
        "two headers",
        |t| [one(format!("Bearer {t}")), one(format!("Bearer {t}"))].concat(),
        "several_authorization_headers",
    ),
    (
        "a second, empty header",
        |t| [one(format!("Bearer {t}")), one("")].concat(),
        "several_authorization_headers",
    ),
    (
        "Basic beside it",
        |t| [one("Basic eDp5"), one(format!("Bearer {t}"))].concat(),
        "several_authorization_headers",
    ),
    (
        "bytes that are no text",
        |t| one([b"Bearer \xff\xfe", t.as_bytes()].concat()),
        "token_characters",
    ),
    (
        "a NUL inside",
        |t| one(format!("Bearer {}\0{}", &t[..9], &t[9..])),
        "token_characters",
    ),
    (
        "a line break inside",
        |t| one(format!("Bearer {}\r\n{}", &t[..9], &t[9..])),
        "token_characters",
    ),
    (
        "one byte beyond 12 KB",
        |_| one(format!("Bearer {}", "a".repeat(12 * 1024 + 1))),
        "token_too_long",
    ),
    (
        "a megabyte",
        |t| one(format!("Bearer {t}{}", "A".repeat(1 << 20))),
        "token_too_long",
    ),
    (
        "12 KB of nothing",
        |_| one(format!("Bearer {}", "a".repeat(12 * 1024))),
        "token_parts",
    ),
    ("only dots", |_| one("Bearer .."), "token_parts"),
    (
        "two parts",
        |t| one(format!("Bearer {}", t.rsplit_once('.').unwrap().0)),
        "token_parts",
    ),
    (
        "four parts",
        |t| one(format!("Bearer {t}.e30")),
        "token_parts",
    ),
    (
        "a dot behind",
        |t| one(format!("Bearer {t}.")),
        "token_parts",
    ),
    (
        "a dot before",
        |t| one(format!("Bearer .{t}")),
        "token_parts",
    ),
    (
        "five parts, a JWE",
        |_| {
            one(
                "Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ",
            )
        },
        "token_parts",
    ),
    ("no header part", |t| with_part(t, 0, ""), "token_parts"),
    ("no payload part", |t| with_part(t, 1, ""), "token_parts"),
    ("no signature part", |t| with_part(t, 2, ""), "token_parts"),
    (
        "padding behind the signature",
        |t| one(format!("Bearer {t}==")),
        "token_characters",
    ),
    (
        "the plain base64 alphabet",
        |t| one(format!("Bearer {t}+/")),
        "token_characters",
    ),
    (
        "percent signs",
        |t| one(format!("Bearer {}", t.replace('.', "%2e"))),
        "token_characters",
    ),
    (
        "a header of impossible length",
        |t| with_part(t, 0, "eyJhb"),
        "header_encoding",
    ),
    (
        "a payload of impossible length",
        |t| with_part(t, 1, "eyJhb"),
        "payload_encoding",
    ),
    (
        "a signature of impossible length",
        |t| with_part(t, 2, "AAAAA"),
        "signature_encoding",
    ),
    (
        "stray bits in the signature",
        |t| with_stray_bits(t, 2),
        "signature_encoding",
    ),
    (
        "a short signature",
        |t| with_part(t, 2, "AAAA"),
        "signature",
    ),
    (
        // 340 characters are 255 bytes, with no bit left over.
        "the signature cut by its last byte",
        |t| one(format!("Bearer {}", &t[..t.len() - 2])),
        "signature",
    ),
    (
        "a signature of noughts",
        |t| with_part(t, 2, &"A".repeat(342)),
        "signature",
    ),
    (
        "a header that is no JSON",
        |t| with_part(t, 0, "bm8ganNvbg"),
        "header_json",
    ),
    (
        "a payload that is no JSON",
        |t| with_part(t, 1, "bm8ganNvbg"),
        "payload_json",
    ),
    (
        "a header that is an array",
        |t| with_part(t, 0, "W10"),
        "header_json",
    ),
    (
        "a payload that is a string",
        |t| with_part(t, 1, "IngI"),
        "payload_json",
    ),
    (
        "an empty payload object",
        |t| with_part(t, 1, "e30"),
        "missing_iss",
    ),
    (
        "an empty header object",
        |t| with_part(t, 0, "e30"),
        "missing_alg",
    ),
];

#[tokio::test]
async fn a_token_comes_in_one_spelling_only() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    for (name, change, expected) in CASES {
        let values = change(&token);
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let result = scene.verifier.verify(&values, &[]).await;
        assert_eq!(verdict(result), *expected, "{name}");
    }
}

#[tokio::test]
async fn a_good_token_may_be_as_long_as_12_kb() {
    let scene = Scene::new();
    let token = scene.token(|draft| {
        let short = draft.token().len();
        // Three bytes of a claim are four characters of a token.
        draft.claim("padding", "x".repeat((12 * 1024 - short) / 4 * 3 - 16));
    });
    assert!(
        (12_200..=12 * 1024).contains(&token.len()),
        "{}",
        token.len()
    );
    assert_eq!(verdict(scene.verify(&token).await), "accepted");
}
