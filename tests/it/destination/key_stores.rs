//! Point 2: key stores as people upload them, and what is said of those that are no good.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use pkcs8::pkcs5::pbes2;
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use sandbox::Sandbox;
use sandbox::destination::Level;
use sandbox::pki::{Authority, Issued, Key, Leaf};
use time::Duration;

use super::{by_name, own_destination, started};
use crate::support::{Service, sandbox, sessions, start};

const PASSWORD: &str = "correct horse battery staple";

/// Below the trust anchor over two intermediates, so that the order of the chain matters.
fn issued(sandbox: &Sandbox, key: Key) -> Issued {
    let above = sandbox
        .aws
        .authority
        .intermediates(2, Key::P256)
        .unwrap()
        .unwrap();
    let issued = above
        .issue(&Leaf::new(&sandbox.core.clock, "store").key(key))
        .unwrap();
    sandbox.core.ledger.secret(&issued.key_pem);
    issued
}

/// Few iterations, because tests are not optimised.
fn encrypted_pem(issued: &Issued) -> String {
    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1000, &[7; 16], [9; 16]).unwrap();
    let key = PrivateKeyInfoRef::try_from(issued.key_der.as_slice()).unwrap();
    let encrypted = key.encrypt_with_params(parameters, PASSWORD).unwrap();
    encrypted
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .unwrap()
        .to_string()
}

fn pkcs12(issued: &Issued) -> Vec<u8> {
    let ders = std::iter::once(&issued.certificate_der).chain(&issued.chain_der);
    let certificates: Vec<Certificate> = ders
        .map(|der| Certificate::from_der(der).unwrap())
        .collect();
    let key = PrivateKey::from_der(&issued.key_der).unwrap();
    let chain = PrivateKeyChain::new([1_u8].as_slice(), key, certificates);
    let mut store = KeyStore::new();
    store.add_entry("workload", KeyStoreEntry::PrivateKeyChain(chain));
    let writer = store
        .writer(PASSWORD)
        .encryption_iterations(1000)
        .mac_iterations(1000);
    writer.write().unwrap()
}

/// Uploads a key store and starts a service that uses it.
async fn uploaded<'a>(sandbox: &'a Sandbox, file: &[u8], password: Option<&str>) -> Service<'a> {
    sandbox
        .destination
        .put_certificate(Level::Subaccount, "store", file);
    let bindings = by_name(sandbox, "store");
    let bindings = match password {
        Some(password) => bindings.set("certificate_password", password),
        None => bindings,
    };
    start(sandbox, &bindings).await
}

/// The leaf is the certificate that fits the key, wherever it stands.
#[tokio::test]
async fn pem_blocks_may_come_in_any_order_with_anything_in_between() {
    let sandbox = sandbox().await;
    let issued = issued(&sandbox, Key::P256);
    let (key, leaf) = (&issued.key_pem, &issued.certificate_pem);
    let marker = "-----BEGIN CERTIFICATE-----";
    let above: Vec<String> = issued
        .chain_pem
        .split(marker)
        .skip(1)
        .map(|rest| format!("{marker}{rest}"))
        .collect();
    let root = sandbox.aws.authority.certificate_pem();
    for file in [
        format!("{key}{leaf}{}{}", above[0], above[1]),
        format!("{}{}{leaf}{key}", above[1], above[0]),
        format!("{root}{}{key}{}{leaf}", above[0], above[1]),
        format!("{leaf}{key}{}{leaf}{}{root}", above[1], above[0]),
        format!("{key}{leaf}{}{}", above[0], above[1]).replace('\n', "\r\n"),
        format!(
            "\u{feff}Bag Attributes\n  friendlyName: x\n{leaf}# chain\n{}{}\n\n{key}",
            above[0], above[1]
        ),
    ] {
        let service = uploaded(&sandbox, file.as_bytes(), None).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{file}");
    }
}

/// A `.p12` from a certificate authority, or an encrypted PEM: what the name says is no matter.
#[tokio::test]
async fn protected_key_stores_open_with_their_password_only() {
    let sandbox = sandbox().await;
    for key in [Key::Rsa2048, Key::P256] {
        let issued = issued(&sandbox, key);
        let pem = format!(
            "{}{}",
            encrypted_pem(&issued),
            issued.certificate_and_chain_pem()
        );
        for file in [pem.into_bytes(), pkcs12(&issued)] {
            uploaded(&sandbox, &file, Some(PASSWORD))
                .await
                .until_ready()
                .await;
            let service = uploaded(&sandbox, &file, Some("wrong horse")).await;
            service
                .until_told(&[
                    "key store \"store\"",
                    "password is wrong",
                    "certificate_password",
                ])
                .await;
            service.refuses().await;
            let service = uploaded(&sandbox, &file, None).await;
            service
                .until_told(&["\"store\"", "protected by a password", "KeyStorePassword"])
                .await;
        }
    }
    assert_eq!(sessions(&sandbox).len(), 4);
}

/// The destination that names the key store may hold its password as well.
#[tokio::test]
async fn the_password_of_a_destination_opens_its_key_store() {
    let sandbox = sandbox().await;
    let file = pkcs12(&issued(&sandbox, Key::P384));
    sandbox
        .destination
        .put_certificate(Level::Subaccount, "store.p12", &file);
    let named = [
        ("KeyStoreLocation", "store.p12"),
        ("KeyStorePassword", PASSWORD),
    ];
    own_destination(&sandbox, &named);
    started(&sandbox).await.until_ready().await;
    own_destination(&sandbox, &[named[0], ("KeyStorePassword", "not this one")]);
    started(&sandbox)
        .await
        .until_told(&["\"store.p12\"", "password is wrong"])
        .await;
}

/// Each fault of a key store has its own sentence, with what mends it.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn every_fault_of_a_key_store_is_told_apart() {
    let sandbox = sandbox().await;
    let clock = &sandbox.core.clock;
    let now = clock.utc();
    let issue = |leaf: &Leaf| {
        let issued = sandbox.aws.authority.issue(leaf).unwrap();
        (issued.key_pem.clone(), issued.certificate_and_chain_pem())
    };
    let leaf = Leaf::new(clock, "faulty");
    let (key, certificate) = issue(&leaf);
    let (other_key, _) = issue(&leaf);
    let (old_key, old) = issue(
        &leaf
            .clone()
            .valid(now - Duration::days(9), now - Duration::days(2)),
    );
    let (new_key, new) = issue(
        &leaf
            .clone()
            .valid(now + Duration::days(2), now + Duration::days(9)),
    );
    let day = |days: i64| (now + Duration::days(days)).date().to_string();
    let broken = certificate.replacen("MI", "!!", 1);
    for (file, parts) in [
        (key.clone(), vec!["contains no certificate", "in one file"]),
        (
            certificate.clone(),
            vec!["contains no private key", "in one file"],
        ),
        (
            format!("{other_key}{certificate}"),
            vec!["fits none of its certificates", "CN=faulty"],
        ),
        (
            format!("{old_key}{old}"),
            vec!["CN=faulty", "expired on", &day(-2), "renew"],
        ),
        (
            format!("{new_key}{new}"),
            vec!["CN=faulty", "not valid before", &day(2), "clock"],
        ),
        (
            format!("{key}{broken}"),
            vec!["PEM can't be read", "not base64"],
        ),
        (
            key.trim_end().trim_end_matches('-').to_owned() + "\n",
            vec!["contains no certificate"],
        ),
        (
            "hello".to_owned(),
            vec!["format is not recognised", "PEM, PKCS#12 or JKS"],
        ),
        (String::new(), vec!["format is not recognised"]),
    ] {
        let service = uploaded(&sandbox, file.as_bytes(), None).await;
        let parts = [
            &parts[..],
            &["no AWS session", "the key store \"store\" can't be used"],
        ]
        .concat();
        service.until_told(&parts).await;
        service.refuses().await;
    }
    assert_eq!(sessions(&sandbox), Vec::<String>::new());
    assert_eq!(
        sandbox.core.ledger.count("roles-anywhere", "POST"),
        0,
        "AWS was never bothered"
    );
}

/// A renewed certificate for the same key may stand beside the old one.
#[tokio::test]
async fn of_two_certificates_for_one_key_the_one_that_lasts_longer_is_used() {
    let sandbox = sandbox().await;
    let clock = &sandbox.core.clock;
    // two RSA leaves share their key
    let leaf = |name: &str| Leaf::new(clock, name).key(Key::Rsa2048);
    let now = clock.utc();
    let old = leaf("old").valid(now - Duration::days(9), now - Duration::days(1));
    let old = sandbox.aws.authority.issue(&old).unwrap();
    let new = sandbox.aws.authority.issue(&leaf("new")).unwrap();
    assert_eq!(old.key_pem, new.key_pem);
    let file = format!(
        "{}{}{}",
        old.certificate_pem, new.certificate_pem, new.key_pem
    );
    uploaded(&sandbox, file.as_bytes(), None)
        .await
        .until_ready()
        .await;
    assert!(sessions(&sandbox)[0].contains("source-identity=CN=new "));
}

/// Certificates of strangers in the same file are no part of the chain.
#[tokio::test]
async fn certificates_that_do_not_belong_to_the_chain_are_left_out() {
    let sandbox = sandbox().await;
    let issued = issued(&sandbox, Key::P256);
    let stranger = Authority::root("Stranger CA", Key::P256, &sandbox.core.clock).unwrap();
    let strange = stranger
        .intermediate("Strange Intermediate", Key::P256)
        .unwrap();
    let file = format!(
        "{}{}{}{}",
        strange.certificate_pem(),
        issued.certificate_and_chain_pem(),
        stranger.certificate_pem(),
        issued.key_pem
    );
    uploaded(&sandbox, file.as_bytes(), None)
        .await
        .until_ready()
        .await;
}
