//! What may stand in a token's header, and whose key may have signed it.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
};
use serde_json::{Value, json};

use super::support::{Draft, FOREIGN, Scene, TRUSTED, jwk, modulus, sign};

/// One change of a good token, and the verdict on it.
type Case = (&'static str, fn(&mut Draft), &'static str);

fn hmac_signed(draft: &mut Draft, secret: Vec<u8>) {
    draft.header("alg", "HS256");
    draft.signer = Box::new(move |message| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        hmac::sign(&key, message).as_ref().to_vec()
    });
}

/// An unsigned token: the signature is a byte, because none at all is refused earlier.
fn unsigned(draft: &mut Draft, alg: impl Into<Value>) {
    draft.header("alg", alg);
    draft.signer = Box::new(|_| vec![0]);
}

const CASES: &[Case] = &[
    (
        "no typ",
        |d| {
            d.header.remove("typ");
        },
        "accepted",
    ),
    ("typ at+jwt", |d| d.header("typ", "at+jwt"), "accepted"),
    ("typ in lower case", |d| d.header("typ", "jwt"), "accepted"),
    (
        "an x5t and a made-up parameter",
        |d| {
            d.header("x5t", "AAAA");
            d.header("x", json!({"y": [1]}));
        },
        "accepted",
    ),
    (
        "a jku, which is not read",
        |d| d.header("jku", "https://evil.invalid/keys"),
        "accepted",
    ),
    ("alg none", |d| unsigned(d, "none"), "algorithm"),
    ("alg None", |d| unsigned(d, "None"), "algorithm"),
    ("alg NONE", |d| unsigned(d, "NONE"), "algorithm"),
    ("alg nOnE", |d| unsigned(d, "nOnE"), "algorithm"),
    ("alg empty", |d| unsigned(d, ""), "algorithm"),
    ("alg null", |d| unsigned(d, Value::Null), "wrong_type_alg"),
    ("alg a number", |d| unsigned(d, 256), "wrong_type_alg"),
    (
        "alg an array",
        |d| unsigned(d, json!(["RS256"])),
        "wrong_type_alg",
    ),
    (
        "no alg",
        |d| {
            d.header.remove("alg");
        },
        "missing_alg",
    ),
    (
        "alg in lower case",
        |d| d.header("alg", "rs256"),
        "algorithm",
    ),
    (
        "alg with a blank",
        |d| d.header("alg", "RS256 "),
        "algorithm",
    ),
    (
        "HS256 with the modulus as secret",
        |d| hmac_signed(d, modulus(&TRUSTED)),
        "algorithm",
    ),
    (
        "HS256 with the DER key as secret",
        |d| hmac_signed(d, TRUSTED.public_key().as_ref().to_vec()),
        "algorithm",
    ),
    (
        "HS256 with the JWK as secret",
        |d| hmac_signed(d, jwk("k1", &TRUSTED).to_string().into_bytes()),
        "algorithm",
    ),
    (
        "HS256 with no secret",
        |d| hmac_signed(d, Vec::new()),
        "algorithm",
    ),
    ("HS384", |d| d.header("alg", "HS384"), "algorithm"),
    ("HS512", |d| d.header("alg", "HS512"), "algorithm"),
    (
        "RS384 with the right key",
        |d| {
            d.header("alg", "RS384");
            d.signer = Box::new(|m| sign(&TRUSTED, &RSA_PKCS1_SHA384, m));
        },
        "algorithm",
    ),
    (
        "RS512 with the right key",
        |d| {
            d.header("alg", "RS512");
            d.signer = Box::new(|m| sign(&TRUSTED, &RSA_PKCS1_SHA512, m));
        },
        "algorithm",
    ),
    (
        "PS256 with the right key",
        |d| {
            d.header("alg", "PS256");
            d.signer = Box::new(|m| sign(&TRUSTED, &RSA_PSS_SHA256, m));
        },
        "algorithm",
    ),
    (
        "RS256 said, PS256 done",
        |d| d.signer = Box::new(|m| sign(&TRUSTED, &RSA_PSS_SHA256, m)),
        "signature",
    ),
    (
        "RS256 said, RS384 done",
        |d| d.signer = Box::new(|m| sign(&TRUSTED, &RSA_PKCS1_SHA384, m)),
        "signature",
    ),
    (
        "ES256",
        |d| {
            d.header("alg", "ES256");
            d.signer = Box::new(|_| vec![0; 64]);
        },
        "algorithm",
    ),
    ("EdDSA", |d| d.header("alg", "EdDSA"), "algorithm"),
    ("RSA1_5", |d| d.header("alg", "RSA1_5"), "algorithm"),
    (
        "dir with enc",
        |d| {
            d.header("alg", "dir");
            d.header("enc", "A256GCM");
        },
        "header_enc",
    ),
    (
        "PBES2 with a huge count",
        |d| {
            d.header("alg", "PBES2-HS256+A128KW");
            d.header("p2c", 2_147_483_647);
        },
        "algorithm",
    ),
    (
        "somebody else's key",
        |d| d.signer = Box::new(|m| sign(&FOREIGN, &RSA_PKCS1_SHA256, m)),
        "signature",
    ),
    (
        "somebody else's key in jwk",
        |d| {
            d.header("jwk", jwk("k1", &FOREIGN));
            d.signer = Box::new(|m| sign(&FOREIGN, &RSA_PKCS1_SHA256, m));
        },
        "signature",
    ),
    (
        "somebody else's key in jku",
        |d| {
            d.header("jku", "http://127.0.0.1:9/keys");
            d.signer = Box::new(|m| sign(&FOREIGN, &RSA_PKCS1_SHA256, m));
        },
        "signature",
    ),
    (
        "somebody else's key in x5u",
        |d| {
            d.header("x5u", "http://127.0.0.1:9/keys");
            d.signer = Box::new(|m| sign(&FOREIGN, &RSA_PKCS1_SHA256, m));
        },
        "signature",
    ),
    (
        "somebody else's key in x5c",
        |d| {
            d.header("x5c", json!(["MIID"]));
            d.signer = Box::new(|m| sign(&FOREIGN, &RSA_PKCS1_SHA256, m));
        },
        "signature",
    ),
    (
        "the signature of another message",
        |d| d.signer = Box::new(|_| sign(&TRUSTED, &RSA_PKCS1_SHA256, b"x.y")),
        "signature",
    ),
    (
        "no kid",
        |d| {
            d.header.remove("kid");
        },
        "missing_kid",
    ),
    (
        "kid null",
        |d| d.header("kid", Value::Null),
        "wrong_type_kid",
    ),
    ("kid a number", |d| d.header("kid", 1), "wrong_type_kid"),
    (
        "kid an array",
        |d| d.header("kid", json!(["k1"])),
        "wrong_type_kid",
    ),
    ("kid empty", |d| d.header("kid", ""), "unusable_kid"),
    (
        "kid very long",
        |d| d.header("kid", "k".repeat(257)),
        "unusable_kid",
    ),
    (
        "kid in upper case",
        |d| d.header("kid", "K1"),
        "unknown_key",
    ),
    (
        "kid with a blank",
        |d| d.header("kid", "k1 "),
        "unknown_key",
    ),
    ("kid cut", |d| d.header("kid", "k"), "unknown_key"),
    (
        "kid a path",
        |d| d.header("kid", "../../dev/null"),
        "unknown_key",
    ),
    (
        "kid SQL",
        |d| d.header("kid", "k1' OR '1'='1"),
        "unknown_key",
    ),
    (
        "kid in the wrong header case",
        |d| {
            d.header.remove("kid");
            d.header("KID", "k1");
        },
        "missing_kid",
    ),
    ("crit empty", |d| d.header("crit", json!([])), "header_crit"),
    (
        "crit of something unknown",
        |d| {
            d.header("crit", json!(["x"]));
            d.header("x", true);
        },
        "header_crit",
    ),
    (
        "crit exp",
        |d| d.header("crit", json!(["exp"])),
        "header_crit",
    ),
    (
        "crit null",
        |d| d.header("crit", Value::Null),
        "header_crit",
    ),
    ("b64 false", |d| d.header("b64", false), "header_b64"),
    ("b64 true", |d| d.header("b64", true), "header_b64"),
    ("zip", |d| d.header("zip", "DEF"), "header_zip"),
    (
        "typ of a logout token",
        |d| d.header("typ", "logout+jwt"),
        "type",
    ),
    ("typ of a proof", |d| d.header("typ", "dpop+jwt"), "type"),
    (
        "typ of an event",
        |d| d.header("typ", "secevent+jwt"),
        "type",
    ),
    ("typ JWE", |d| d.header("typ", "JWE"), "type"),
    ("typ empty", |d| d.header("typ", ""), "type"),
    ("typ a media type", |d| d.header("typ", "text/html"), "type"),
    ("typ a number", |d| d.header("typ", 1), "wrong_type_typ"),
    (
        "typ an array",
        |d| d.header("typ", json!(["JWT"])),
        "wrong_type_typ",
    ),
    (
        "typ null",
        |d| d.header("typ", Value::Null),
        "wrong_type_typ",
    ),
    ("cty JWT", |d| d.header("cty", "JWT"), "nested_token"),
    (
        "cty jwt as a media type",
        |d| d.header("cty", "application/jwt"),
        "nested_token",
    ),
    ("cty a number", |d| d.header("cty", 7), "wrong_type_cty"),
    (
        "alg twice",
        |d| d.add_to_header(r#""alg":"RS256""#),
        "header_json",
    ),
    (
        "kid twice",
        |d| d.add_to_header(r#""kid":"k1""#),
        "header_json",
    ),
    (
        "kid twice, once escaped",
        |d| d.add_to_header(r#""\u006bid":"k1""#),
        "header_json",
    ),
    (
        "a parameter of no meaning twice",
        |d| d.add_to_header(r#""x":1,"x":1"#),
        "header_json",
    ),
    (
        "a name twice further in",
        |d| d.add_to_header(r#""x":{"y":1,"y":2}"#),
        "header_json",
    ),
    ("a comma too many", |d| d.add_to_header(""), "header_json"),
    (
        "something behind the header",
        |d| d.raw_header = Some(br#"{"alg":"RS256","kid":"k1"}{}"#.to_vec()),
        "header_json",
    ),
    (
        "a byte order mark",
        |d| d.raw_header = Some(b"\xef\xbb\xbf{\"alg\":\"RS256\",\"kid\":\"k1\"}".to_vec()),
        "header_json",
    ),
    (
        "a comment",
        |d| d.raw_header = Some(br#"{"alg":"RS256","kid":"k1"/**/}"#.to_vec()),
        "header_json",
    ),
    (
        "a header that is no UTF-8",
        |d| d.raw_header = Some(b"{\"alg\":\"RS256\",\"kid\":\"k1\",\"x\":\"\xff\"}".to_vec()),
        "header_json",
    ),
    (
        "a surrogate without its other half",
        |d| d.add_to_header(r#""x":"\ud800""#),
        "header_json",
    ),
    (
        "nested a thousand deep",
        |d| d.add_to_header(&format!("\"x\":{}{}", "[".repeat(1000), "]".repeat(1000))),
        "header_json",
    ),
];

#[tokio::test]
async fn the_header_cannot_choose_key_algorithm_or_meaning() {
    let scene = Scene::new();
    for (name, change, expected) in CASES {
        assert_eq!(scene.verdict(*change).await, *expected, "{name}");
    }
    let paths: Vec<String> = scene.asked().into_iter().map(|asked| asked.path).collect();
    // the first fetch, and one search for the unknown names among the cases
    let fetched = [
        "/.well-known/openid-configuration",
        "/oauth2/certs",
        "/oauth2/certs",
    ];
    assert_eq!(paths, fetched);
}

#[tokio::test]
async fn a_key_name_may_have_256_characters() {
    let scene = Scene::new();
    let named = |length: usize| move |d: &mut Draft| d.header("kid", "k".repeat(length));
    assert_eq!(scene.verdict(named(256)).await, "unknown_key");
    assert_eq!(scene.verdict(named(257)).await, "unusable_kid");
}
