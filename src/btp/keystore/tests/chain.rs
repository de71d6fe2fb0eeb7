//! Which certificates go along, and in which order.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::subsequence;
use rcgen::KeyPair;

use super::super::{Certificate, KeyStoreError, chain as walk};
use super::support::{
    Authority, armour, certificate_block, ders, fixture_text, key_block, leaf, now, opened,
    refused, simple,
};

/// A root, so many intermediates below it, and a leaf at the end.
fn line(intermediates: usize) -> (KeyPair, Vec<u8>, Vec<Authority>) {
    let mut authorities = vec![Authority::root("Root")];
    for number in 1..=intermediates {
        let next = authorities.last().unwrap().below(&format!("CA {number}"));
        authorities.push(next);
    }
    let key = KeyPair::generate().unwrap();
    let leaf = authorities.last().unwrap().issue(&leaf("Leaf"), &key);
    (key, leaf, authorities)
}

fn pem(key: &KeyPair, certificates: &[&[u8]]) -> String {
    let blocks: Vec<String> = certificates
        .iter()
        .map(|der| certificate_block(der))
        .collect();
    format!("{}{}", key_block(key), blocks.concat())
}

#[test]
fn five_intermediates_are_taken_and_a_sixth_is_refused() {
    for (count, fits) in [(0, true), (1, true), (5, true), (6, false)] {
        let (key, leaf, authorities) = line(count);
        let mut all: Vec<&[u8]> = authorities.iter().map(|a| a.der.as_slice()).collect();
        all.push(&leaf);
        if fits {
            let store = opened(pem(&key, &all));
            let expected: Vec<&[u8]> = all[1..=count].iter().rev().copied().collect();
            assert_eq!(ders(&store), expected, "the leaf's issuer first, no root");
        } else {
            let error = refused(pem(&key, &all));
            assert!(matches!(error, KeyStoreError::ChainTooLong), "{error}");
        }
    }
}

#[test]
fn repeated_and_unrelated_certificates_are_left_out() {
    let simple = simple();
    let stranger = Authority::root("Stranger").below("Stranger's");
    let namesake = Authority::root("Intermediate");
    let mut blocks = simple.blocks().to_vec();
    blocks.extend(simple.blocks()[1..].iter().cloned());
    blocks.extend([&stranger, &namesake].map(|a| certificate_block(&a.der)));
    simple.assert_is(&opened(blocks.concat()));
}

#[test]
fn an_intermediate_of_the_same_name_but_another_key_is_not_the_issuer() {
    let simple = simple();
    let namesake = simple.root.below("Intermediate");
    let blocks = simple.blocks().concat() + &certificate_block(&namesake.der);
    simple.assert_is(&opened(blocks));
}

#[test]
fn a_chain_with_a_gap_ends_before_the_gap() {
    let (key, leaf, authorities) = line(3);
    let store = opened(pem(
        &key,
        &[&leaf, &authorities[3].der, &authorities[1].der],
    ));
    assert_eq!(ders(&store), [authorities[3].der.as_slice()]);
}

#[test]
fn a_self_signed_certificate_has_no_chain() {
    let key = KeyPair::generate().unwrap();
    let own = leaf("Own").self_signed(&key).unwrap();
    assert!(opened(pem(&key, &[own.der()])).intermediates.is_empty());
}

#[test]
fn authorities_that_signed_each_other_end_the_walk() {
    let (one, two) = (Authority::root("One"), Authority::root("Two"));
    let (one_by_two, two_by_one) = (one.cross_signed_by(&two), two.cross_signed_by(&one));
    let key = KeyPair::generate().unwrap();
    let leaf = one.issue(&leaf("Leaf"), &key);
    let store = opened(pem(&key, &[&leaf, &two_by_one, &one_by_two]));
    assert_eq!(ders(&store), [one_by_two.as_slice(), &two_by_one]);
}

#[test]
fn openssls_chain_comes_out_ordered_and_without_its_root() {
    let key = armour("EC PRIVATE KEY", &fixture_text("sec1-P-256.b64"));
    let files = ["inter1.pem", "root.pem", "P-256.pem", "inter2.pem"].map(fixture_text);
    let store = opened(key + &files.concat());
    let subjects: Vec<&str> = store
        .intermediates
        .iter()
        .map(|c| c.subject.as_str())
        .collect();
    assert_eq!(
        subjects,
        [
            "C=DE, O=Example Test, CN=inter2",
            "C=DE, O=Example Test, CN=inter1"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_chain_does_not_depend_on_the_order_of_blocks(
        order in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
        // leaving some out must not make the others change places
        kept in subsequence((0..9).collect::<Vec<usize>>(), 0..=9),
    ) {
        let (leaf, now) = (&PARTS[0], now().into());
        let sorted: Vec<_> = kept.iter().map(|i| PARTS[*i].clone()).collect();
        let shuffled: Vec<_> =
            order.iter().filter(|i| kept.contains(i)).map(|i| PARTS[*i].clone()).collect();
        let expected = walk(leaf, &sorted, now).unwrap();
        prop_assert_eq!(walk(leaf, &shuffled, now).unwrap(), expected);
    }
}

static PARTS: LazyLock<Vec<Certificate>> = LazyLock::new(parts);

/// A leaf, two lines of issuers that cross-sign each other, with equal dates throughout.
fn parts() -> Vec<Certificate> {
    let (one, two) = (Authority::root("Root 1"), Authority::root("Root 2"));
    let (left, right) = (one.below("Left"), two.below("Right"));
    let issuer = left.below("Issuer");
    let leaf = issuer.issue(&leaf("Leaf"), &KeyPair::generate().unwrap());
    let ders = [
        leaf,
        issuer.cross_signed_by(&right),
        issuer.cross_signed_by(&left),
        left.cross_signed_by(&right),
        right.cross_signed_by(&left),
        left.der,
        right.der,
        one.der,
        two.der,
    ];
    let read = |der: Vec<u8>| Certificate::read(&der).unwrap();
    ders.into_iter().map(read).collect()
}
