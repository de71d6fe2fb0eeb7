//! What a request costs, part by part: signing, the token check, reading and writing lists.
//!
//! `cargo bench` prints the figures; compare ratios within one run, machines differ.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run shall say where"
)]

use std::collections::BTreeMap;
use std::hint::black_box;

use btp_s3_catalog::probes::{
    TokenCheck, bucket_list_xml, read_bucket_list, render, sign_list_request,
};
use btp_s3_catalog::{Env, Settings};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use sandbox::people::PEOPLE;

fn signing(criterion: &mut Criterion) {
    assert!(sign_list_request() > 3);
    criterion.bench_function("sign a list request (SigV4)", |bencher| {
        bencher.iter(sign_list_request);
    });
}

fn lists(criterion: &mut Criterion) {
    for count in [1, 100, 10_000] {
        let xml = bucket_list_xml(count);
        let rows = read_bucket_list(&xml).unwrap();
        let all = render("/catalog/Buckets", &rows);
        assert!(all > count * 60, "every bucket is written");
        criterion.bench_function(&format!("read {count} buckets from XML"), |bencher| {
            bencher.iter(|| read_bucket_list(black_box(&xml)));
        });
        criterion.bench_function(&format!("write {count} buckets as JSON"), |bencher| {
            bencher.iter(|| render(black_box("/catalog/Buckets"), &rows));
        });
        let query = "/catalog/Buckets?$filter=contains(name,'7')&$orderby=created%20desc,id&$top=20&$select=id&$count=true";
        criterion.bench_function(
            &format!("filter, sort and cut {count} buckets"),
            |bencher| {
                bencher.iter(|| render(black_box(query), &rows));
            },
        );
    }
}

fn tokens(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime
        .block_on(Sandbox::start(&Options::default()))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let variables: BTreeMap<String, String> = bindings
        .environment(Delivery::Variable, folder.path(), 0)
        .unwrap();
    let check = TokenCheck::new(&Settings::load(Env::new(variables)).unwrap()).unwrap();
    let person = PEOPLE.first().unwrap();
    let known = sandbox.identity.user_token(person);
    assert!(runtime.block_on(check.accepts(&known)));
    criterion.bench_function("check a token that is known", |bencher| {
        bencher.iter(|| assert!(runtime.block_on(check.accepts(&known))));
    });
    criterion.bench_function("check a token for the first time (RS256)", |bencher| {
        bencher.iter_batched(
            || sandbox.identity.user_token(person),
            |token| assert!(runtime.block_on(check.accepts(&token))),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(paths, signing, lists, tokens);
criterion_main!(paths);
