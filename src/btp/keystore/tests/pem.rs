//! PEM as people assemble it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;

use super::super::KeyStoreError;
use super::support::{
    Authority, armour, block, certificate_block, fixture_text, key_block, leaf, opened, refused,
    simple,
};

#[test]
fn blocks_may_stand_in_any_order() {
    let simple = simple();
    let blocks = simple.blocks();
    let mut orders = 0;
    for first in 0..4 {
        for second in (0..4).filter(|i| *i != first) {
            for third in (0..4).filter(|i| ![first, second].contains(i)) {
                let fourth = 6 - first - second - third;
                let pem = [first, second, third, fourth].map(|i| blocks[i].as_str());
                simple.assert_is(&opened(pem.concat()));
                orders += 1;
            }
        }
    }
    assert_eq!(orders, 24);
}

#[test]
fn line_ends_comments_and_byte_order_marks_do_not_matter() {
    let simple = simple();
    let pem = simple.blocks().concat();
    let attributes = "Bag Attributes\n    friendlyName: leaf\nsubject=CN = Leaf\n\n";
    for variant in [
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        pem.replace('\n', " \t\n"),
        pem.replace('\n', " "),
        format!("\u{feff}{pem}"),
        format!(
            "# renewed on Monday\n{}",
            pem.replace("-----BEGIN", "\n; next\n-----BEGIN")
        ),
        pem.replace("-----BEGIN", &format!("{attributes}-----BEGIN")),
        pem.replace("\n-----END", "\n\n\n-----END"),
        pem.trim_end().to_owned(),
        pem.replace(" CERTIFICATE-----", " X509 CERTIFICATE-----"),
        format!("{}{pem}", block("DH PARAMETERS", b"whatever")),
    ] {
        simple.assert_is(&opened(&variant));
    }
}

#[test]
fn base64_around_the_file_is_taken_off() {
    let simple = simple();
    let once = STANDARD.encode(simple.blocks().concat());
    let twice = STANDARD.encode(&once);
    let wrapped: String = once
        .chars()
        .enumerate()
        .fold(String::new(), |mut text, (at, c)| {
            text.push(c);
            if at % 76 == 75 {
                text.push_str("\r\n");
            }
            text
        });
    for variant in [once, twice, wrapped] {
        simple.assert_is(&opened(variant));
    }
}

#[test]
fn a_missing_key_or_certificate_is_named() {
    let simple = simple();
    let [key, leaf, ..] = simple.blocks();
    assert!(matches!(refused(&key), KeyStoreError::NoCertificate));
    assert!(matches!(refused(&leaf), KeyStoreError::NoPrivateKey));
    assert!(matches!(refused(&simple.leaf), KeyStoreError::NoPrivateKey));
    let bare = simple.key.serialized_der();
    assert!(matches!(refused(bare), KeyStoreError::NoCertificate));
    let parameters = block("DH PARAMETERS", b"whatever");
    assert!(matches!(refused(parameters), KeyStoreError::NoPrivateKey));
}

#[test]
fn a_key_of_somebody_else_is_told_with_the_certificates_that_are_there() {
    let simple = simple();
    let [_, leaf, intermediate, _] = simple.blocks();
    let other = key_block(&KeyPair::generate().unwrap());
    let error = refused(format!("{other}{leaf}{intermediate}"));
    assert_eq!(
        error.to_string(),
        "its private key fits none of its certificates (CN=Leaf; CN=Intermediate): \
         upload the key that belongs to the certificate"
    );
}

#[test]
fn the_key_that_fits_is_found_among_others() {
    let simple = simple();
    let stranger = key_block(&KeyPair::generate().unwrap());
    let unusable = block("EC PRIVATE KEY", b"no key at all");
    let pem = format!("{unusable}{stranger}{}", simple.blocks().concat());
    simple.assert_is(&opened(pem));
}

#[test]
fn of_a_renewed_pair_and_the_old_one_the_renewed_one_is_taken() {
    let root = Authority::root("Root");
    let (old_key, new_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let old = root.issue(&leaf("Leaf"), &old_key);
    let mut renewed = leaf("Leaf");
    renewed.not_after = rcgen::date_time_ymd(2057, 1, 1);
    let renewed = root.issue(&renewed, &new_key);
    let mut blocks = [
        key_block(&old_key),
        key_block(&new_key),
        certificate_block(&old),
        certificate_block(&renewed),
    ];
    assert_eq!(opened(blocks.concat()).leaf.der, renewed);
    blocks.reverse();
    assert_eq!(opened(blocks.concat()).leaf.der, renewed);
}

#[test]
fn the_encryption_of_long_ago_is_named_with_the_command_that_ends_it() {
    let key = armour("RSA PRIVATE KEY", &fixture_text("proc-type-rsa.b64"));
    let error = refused(format!("{key}{}", fixture_text("rsa.pem")));
    assert!(matches!(error, KeyStoreError::LegacyEncryption), "{error}");
    assert!(
        error.to_string().contains("openssl pkcs8 -topk8"),
        "{error}"
    );
}

#[test]
fn broken_blocks_are_named() {
    let simple = simple();
    let [key, leaf, ..] = simple.blocks();
    let end = leaf.find("-----END").unwrap();
    let garbled = leaf.replacen('M', "!", 1);
    for (pem, expected) in [
        (leaf[..end].to_owned(), "the block CERTIFICATE has no end"),
        (
            format!("{}{key}", &leaf[..end]),
            "the block CERTIFICATE has no end",
        ),
        (garbled, "the block CERTIFICATE is not base64"),
        (
            "-----BEGIN CERT".to_owned(),
            "a block has no complete first line",
        ),
        (
            block("CERTIFICATE", b"no certificate"),
            "no X.509 structure",
        ),
        (
            block("CERTIFICATE", &[&simple.leaf[..], b"x"].concat()),
            "bytes after its end",
        ),
    ] {
        let error = refused(&pem);
        assert!(matches!(error, KeyStoreError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn what_is_no_key_store_is_not_guessed_at() {
    for content in [
        &b""[..],
        b" \n",
        b"hello",
        b"aGVsbG8=",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        &[0; 40],
    ] {
        let error = refused(content);
        assert!(
            matches!(error, KeyStoreError::UnknownFormat),
            "{content:?}: {error}"
        );
    }
    let sequence_of_nothing = [0x30, 0x03, 0x02, 0x01, 0x03];
    assert!(matches!(
        refused(sequence_of_nothing),
        KeyStoreError::Malformed { .. }
    ));
}
