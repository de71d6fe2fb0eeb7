use super::*;
use proptest::prelude::*;

/// What stands for a certificate: only its bytes are hashed.
const DER: &[u8] = b"the client's certificate \xff\xfe\xfd";

fn expected() -> Thumbprint {
    digest(&SHA256, DER).as_ref().try_into().unwrap()
}

fn hex(thumbprint: Thumbprint) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in thumbprint {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn pem(line_end: &str) -> String {
    format!(
        "{BEGIN}{line_end}{}{line_end}{END}{line_end}",
        STANDARD.encode(DER)
    )
}

fn url_encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn read(text: &str) -> Option<Thumbprint> {
    thumbprint(text.as_bytes())
}

#[test]
fn every_form_that_routers_write_is_read() {
    let (raw, hash) = (STANDARD.encode(DER), hex(expected()));
    let encoded = url_encoded(&pem("\n"));
    let other = format!("Hash={};Subject=\"CN=far\"", "0".repeat(64));
    for header in [
        raw.clone(),
        format!(" {raw} "),
        pem("\n"),
        pem("\\n"),
        pem("\\r\\n"),
        pem(" "),
        format!("{}{}", pem("\n"), pem("\n")), // a chain: the leaf comes first
        format!("Hash={hash}"),
        format!("Hash={}", hash.to_uppercase()),
        format!("hash={hash};cert=\"{encoded}\""),
        format!("Cert=\"{encoded}\""),
        format!("By=spiffe://a;Hash={hash};Subject=\"CN=a;Hash=b,c\";URI=x"),
        format!("Hash={hash};Subject=\"CN=\\\"quoted\\\", O=x\""),
        format!("Hash={hash};Subject=\"CN=a\\\",b;Hash={}\"", "0".repeat(64)),
        format!("{other},Hash={hash};Cert=\"{encoded}\""),
    ] {
        assert_eq!(read(&header), Some(expected()), "{header}");
    }
}

#[test]
fn a_chain_may_be_as_long_as_a_header_should_be() {
    let padded = |length: usize| {
        let leaf = pem("\n");
        format!("{leaf}{}", "x".repeat(length - leaf.len()))
    };
    assert_eq!(read(&padded(LONGEST)), Some(expected()));
    assert_eq!(read(&padded(LONGEST + 1)), None);
    assert_eq!(LONGEST, 32_768);
}

#[test]
fn what_is_ambiguous_or_broken_is_no_certificate() {
    let (raw, hash) = (STANDARD.encode(DER), hex(expected()));
    let zeros = "0".repeat(64);
    let encoded = url_encoded(&pem("\n"));
    for header in [
        String::new(),
        "AAA".to_owned(),
        format!("{raw}!"),
        format!("x{}", pem("\n")),
        format!("{BEGIN}{raw}"),
        format!("Hash={}", &hash[1..]),
        format!("Hash={hash}0"),
        format!("Hash={}g", &hash[1..]),
        format!("Hash={hash};Hash={zeros}"),
        format!("Hash={zeros};Cert=\"{encoded}\""),
        format!("Hash={hash};Cert=\"{encoded}"),
        format!("Hash={hash};Cert=\"x\"y"),
        format!("Hash={hash};Cert=x\"y\""),
        format!("Hash={hash};nonsense"),
        format!("Hash={hash},"),
        format!("Hash={hash},Subject=\"CN=near\""),
        "Hash=".to_owned(),
        "Cert=\"%ff\"".to_owned(),
        "A".repeat(LONGEST + 4),
    ] {
        assert_eq!(read(&header), None, "{header}");
    }
    assert_eq!(thumbprint(b"\xff\xff"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = thumbprint(&bytes);
    }

    #[test]
    fn any_text_of_envoys_characters_is_read_or_refused(text in "[A-Za-z0-9=;,\"\\\\%+/ -]{0,200}") {
        let _ = read(&format!("Hash={text}"));
    }

    /// Whatever stands in other elements and values, the nearest client's hash is found.
    #[test]
    fn nothing_before_the_nearest_client_counts(far in "[A-Za-z0-9=;, ]{0,60}") {
        let header = format!("Subject=\"{far}\",Subject=\"{far}\";Hash={}", hex(expected()));
        prop_assert_eq!(read(&header), Some(expected()));
    }
}
