//! Serial numbers as the signature's credential writes them: decimal, however long.

use rcgen::{KeyPair, SerialNumber};

use super::support::{Authority, armour, certificate_block, fixture_text, key_block, leaf, opened};

fn decimal(serial: &[u8]) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = leaf("Leaf");
    params.serial_number = Some(SerialNumber::from_slice(serial));
    let certificate = Authority::root("Root").issue(&params, &key);
    opened(format!(
        "{}{}",
        key_block(&key),
        certificate_block(&certificate)
    ))
    .leaf
    .serial
}

/// The expected texts are what `int(hex, 16)` of Python prints.
#[test]
fn serial_numbers_are_decimal() {
    let counting: Vec<u8> = (1..=20).collect();
    for (serial, expected) in [
        (&[1][..], "1"),
        (&[0x7f], "127"),
        (&[0x80], "128"),
        (&[0xff; 8], "18446744073709551615"),
        (&[0x80, 0, 0, 0, 0, 0, 0, 0], "9223372036854775808"),
        (&counting, "5753854965885600108575829560559299546819203860"),
        (
            &[0x7f; 20],
            "727885129180488904360266563744972327436484050815",
        ),
        (
            &[0xff; 20],
            "1461501637330902918203684832716283019655932542975",
        ),
    ] {
        assert_eq!(decimal(serial), expected, "{serial:02x?}");
    }
}

/// Some CAs forget the zero before a set top bit, which makes the number negative in DER.
#[test]
fn a_serial_number_without_its_leading_zero_is_still_positive() {
    let key = KeyPair::generate().unwrap();
    let mut params = leaf("Leaf");
    params.serial_number = Some(SerialNumber::from_slice(&[0x01, 0x02, 0x03, 0x04]));
    let mut certificate = Authority::root("Root").issue(&params, &key);
    let at = certificate
        .windows(6)
        .position(|w| w == [2, 4, 1, 2, 3, 4])
        .unwrap();
    certificate[at + 2] = 0xf1;
    let pem = format!("{}{}", key_block(&key), certificate_block(&certificate));
    assert_eq!(opened(pem).leaf.serial, 0xf102_0304_u32.to_string());
}

#[test]
fn openssls_serial_number_is_the_one_that_openssl_prints() {
    let key = armour("EC PRIVATE KEY", &fixture_text("sec1-P-256.b64"));
    let store = opened(key + &fixture_text("P-256.pem"));
    assert_eq!(
        store.leaf.serial,
        "726505962154588851769208454203887940242930297179"
    );
}
