//! Expired and not yet valid certificates.

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use time::OffsetDateTime;

use super::super::{KeyStoreError, open};
use super::support::{Authority, certificate_block, key_block, leaf, now};

fn valid(from: u64, until: u64) -> CertificateParams {
    let second = |offset: u64| OffsetDateTime::from(now() + Duration::from_secs(offset));
    let mut params = leaf("Leaf");
    (params.not_before, params.not_after) = (second(from), second(until));
    params
}

fn at(offset: u64) -> SystemTime {
    now() + Duration::from_secs(offset)
}

#[test]
fn a_certificate_counts_from_its_first_second_to_its_last() {
    let key = KeyPair::generate().unwrap();
    let certificate = Authority::root("Root").issue(&valid(100, 200), &key);
    let pem = format!("{}{}", key_block(&key), certificate_block(&certificate));
    for fine in [100, 150, 200] {
        assert!(open(pem.as_bytes(), None, at(fine)).is_ok(), "{fine}");
    }
    let early = open(pem.as_bytes(), None, at(99)).unwrap_err();
    assert_eq!(
        early.to_string(),
        "its certificate \"CN=Leaf\" is not valid before 2027-01-15T08:01:40Z: check the clock, or wait"
    );
    let late = open(pem.as_bytes(), None, at(201)).unwrap_err();
    assert_eq!(
        late.to_string(),
        "its certificate \"CN=Leaf\" expired on 2027-01-15T08:03:20Z: renew it"
    );
}

#[test]
fn of_several_certificates_of_one_key_the_one_that_is_valid_now_wins() {
    let key = KeyPair::generate().unwrap();
    let root = Authority::root("Root");
    let old = root.issue(&valid(0, 100), &key);
    let coming = root.issue(&valid(80, 200), &key);
    let pem = |first: &[u8], second: &[u8]| {
        [
            key_block(&key),
            certificate_block(first),
            certificate_block(second),
        ]
        .concat()
    };
    for (moment, expected) in [(10, &old), (90, &coming), (150, &coming)] {
        for pem in [pem(&old, &coming), pem(&coming, &old)] {
            let store = open(pem.as_bytes(), None, at(moment)).unwrap();
            assert_eq!(&store.leaf.der, expected, "{moment}");
        }
    }
    let all_over = open(pem(&old, &coming).as_bytes(), None, at(300)).unwrap_err();
    assert!(
        matches!(all_over, KeyStoreError::Expired { .. }),
        "{all_over}"
    );
}
