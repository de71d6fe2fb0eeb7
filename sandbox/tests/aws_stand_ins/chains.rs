//! From the certificate to the trust anchor.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::pki::{Authority, Key, Leaf};
use time::Duration;

use crate::create_session::CreateSession;
use crate::{aws, reason};

/// Expects `Untrusted Signing Certificate` and gives the ledger's reason.
async fn untrusted(core: &Core, aws: &Aws, request: &CreateSession) -> String {
    let answer = request.send(aws).await;
    assert_eq!(
        (answer.status, answer.error.as_str()),
        (403, "AccessDeniedException")
    );
    assert_eq!(answer.message(), "Untrusted Signing Certificate");
    reason(core, "roles-anywhere")
}

/// A request with a certificate below `count` intermediates.
fn below(core: &Core, aws: &Aws, count: usize, key: Key) -> CreateSession {
    let last = aws.authority.intermediates(count, key).unwrap();
    let authority = last.as_ref().unwrap_or(&aws.authority);
    let issued = authority
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    CreateSession::new(core, aws, Key::P256, &issued)
}

fn reorder(request: &mut CreateSession, change: impl FnOnce(&mut Vec<String>)) {
    let mut chain: Vec<String> = request
        .chain
        .iter()
        .flat_map(|chain| chain.split(','))
        .map(str::to_owned)
        .collect();
    change(&mut chain);
    request.chain = Some(chain.join(","));
}

#[tokio::test]
async fn chains_of_up_to_five_intermediates_are_climbed() {
    let (core, aws) = aws().await;
    for (count, key) in [
        (0, Key::P256),
        (1, Key::Rsa2048),
        (3, Key::P384),
        (5, Key::P521),
    ] {
        let answer = below(&core, &aws, count, key).send(&aws).await;
        assert_eq!(
            answer.status,
            201,
            "{count}: {}",
            reason(&core, "roles-anywhere")
        );
    }
    let why = untrusted(&core, &aws, &below(&core, &aws, 6, Key::P256)).await;
    assert_eq!(why, "chain of 6 certificates");
}

#[tokio::test]
async fn an_intermediate_may_be_the_anchor() {
    let (core, aws) = aws().await;
    let intermediate = aws
        .authority
        .intermediate("Intermediate", Key::P256)
        .unwrap();
    let mut anchor = aws.registry.trust_anchor(&aws.trust_anchor_arn).unwrap();
    anchor.certificates = vec![intermediate.certificate_der().to_vec()];
    aws.registry.put_trust_anchor(anchor);
    let issued = intermediate
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    // With the anchor itself in the chain, as a client sends it that knows no anchors.
    let answer = CreateSession::new(&core, &aws, Key::P256, &issued)
        .send(&aws)
        .await;
    assert_eq!(answer.status, 201, "{}", reason(&core, "roles-anywhere"));
}

#[tokio::test]
async fn a_chain_out_of_order_is_refused() {
    let (core, aws) = aws().await;
    let mut request = below(&core, &aws, 3, Key::P256);
    reorder(&mut request, |chain| chain.reverse());
    assert!(
        untrusted(&core, &aws, &request)
            .await
            .starts_with("chain is not in order")
    );
}

#[tokio::test]
async fn a_chain_with_a_gap_is_refused() {
    let (core, aws) = aws().await;
    let mut request = below(&core, &aws, 3, Key::P256);
    reorder(&mut request, |chain| drop(chain.remove(1)));
    assert!(
        untrusted(&core, &aws, &request)
            .await
            .starts_with("chain is not in order")
    );
    request = below(&core, &aws, 1, Key::P256);
    request.chain = None;
    assert_eq!(
        untrusted(&core, &aws, &request).await,
        "no trust anchor has issued it"
    );
}

#[tokio::test]
async fn a_chain_that_repeats_a_certificate_or_the_leaf_is_refused() {
    let (core, aws) = aws().await;
    let mut request = below(&core, &aws, 2, Key::P256);
    reorder(&mut request, |chain| chain.push(chain[0].clone()));
    assert_eq!(
        untrusted(&core, &aws, &request).await,
        "chain repeats a certificate"
    );
    request = below(&core, &aws, 1, Key::P256);
    let leaf = request.certificate.clone();
    reorder(&mut request, |chain| chain.insert(0, leaf));
    assert_eq!(
        untrusted(&core, &aws, &request).await,
        "chain repeats a certificate"
    );
}

#[tokio::test]
async fn a_chain_with_the_root_in_it_is_refused() {
    let (core, aws) = aws().await;
    let mut request = below(&core, &aws, 1, Key::P256);
    reorder(&mut request, |chain| {
        chain.push(STANDARD.encode(aws.authority.certificate_der()));
    });
    assert_eq!(
        untrusted(&core, &aws, &request).await,
        "chain holds a self-signed certificate"
    );
}

#[tokio::test]
async fn a_foreign_authority_is_refused_even_under_the_same_name() {
    let (core, aws) = aws().await;
    let foreign = Authority::root("Sandbox Workload CA", Key::P256, &core.clock).unwrap();
    let issued = foreign.issue(&Leaf::new(&core.clock, "workload")).unwrap();
    let request = CreateSession::new(&core, &aws, Key::P256, &issued);
    assert!(
        untrusted(&core, &aws, &request)
            .await
            .contains("did not sign")
    );
}

#[tokio::test]
async fn an_intermediate_that_the_anchor_did_not_issue_is_refused() {
    let (core, aws) = aws().await;
    let foreign = Authority::root("Sandbox Workload CA", Key::P256, &core.clock).unwrap();
    let intermediate = foreign.intermediate("Intermediate", Key::P256).unwrap();
    let issued = intermediate
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    let request = CreateSession::new(&core, &aws, Key::P256, &issued);
    assert!(
        untrusted(&core, &aws, &request)
            .await
            .contains("did not sign")
    );
}

#[tokio::test]
async fn a_certificate_before_or_after_its_time_is_refused() {
    let (core, aws) = aws().await;
    let now = core.clock.utc();
    let hour = Duration::hours(1);
    for (not_before, not_after, why) in [
        (now - 2 * hour, now - hour, "has expired"),
        (now + hour, now + 2 * hour, "is not valid yet"),
    ] {
        let leaf = Leaf::new(&core.clock, "workload").valid(not_before, not_after);
        let issued = aws.authority.issue(&leaf).unwrap();
        let request = CreateSession::new(&core, &aws, Key::P256, &issued);
        assert!(untrusted(&core, &aws, &request).await.ends_with(why));
    }
}

#[tokio::test]
async fn an_end_entity_must_be_allowed_to_sign_and_be_no_ca() {
    let (core, aws) = aws().await;
    let plain = Leaf::new(&core.clock, "workload");
    let silent = Leaf {
        digital_signature: false,
        ..plain.clone()
    };
    let authority = Leaf {
        ca: true,
        ..plain.clone()
    };
    let nameless = Leaf {
        subject: Vec::new(),
        ..plain
    };
    for (leaf, why) in [
        (silent, "certificate's keyUsage lacks digitalSignature"),
        (authority, "certificate is a CA"),
        (nameless, "certificate's subject is empty"),
    ] {
        let issued = aws.authority.issue(&leaf).unwrap();
        let request = CreateSession::new(&core, &aws, Key::P256, &issued);
        assert_eq!(untrusted(&core, &aws, &request).await, why);
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let (core, aws) = aws().await;
    let issued = aws
        .authority
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    let mut anchor = aws.registry.trust_anchor(&aws.trust_anchor_arn).unwrap();
    anchor.revoked.push(issued.serial.clone());
    aws.registry.put_trust_anchor(anchor);
    let answer = CreateSession::new(&core, &aws, Key::P256, &issued)
        .send(&aws)
        .await;
    assert_eq!(
        (answer.status, answer.message()),
        (403, "Certificate revoked")
    );
}

#[tokio::test]
async fn a_certificate_as_pem_or_base64url_is_refused() {
    let (core, aws) = aws().await;
    let issued = aws
        .authority
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    let mut request = CreateSession::new(&core, &aws, Key::P256, &issued);
    request.certificate = STANDARD.encode(&issued.certificate_pem);
    assert!(
        untrusted(&core, &aws, &request)
            .await
            .starts_with("certificate does not parse")
    );
    request.certificate = format!("-{}", STANDARD.encode(&issued.certificate_der));
    assert_eq!(
        untrusted(&core, &aws, &request).await,
        "certificate is not standard base64"
    );
}
