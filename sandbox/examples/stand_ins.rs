//! Starts the stand-ins without the service, writes down where they are and what it takes to be
//! let in, and runs a command against them: `cargo run -p sandbox --example stand_ins -- COMMAND`.
//! The command finds the facts in the JSON file that `SANDBOX_FACTS` names; its exit code is ours.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use sandbox::pki::{Authority, Issued, Key, Leaf};
use sandbox::s3::Bucket;
use serde_json::{Map, Value, json};
use time::Duration;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let command = words
        .next()
        .ok_or_else(|| io::Error::other("which command?"))?;
    let options = Options {
        demo_buckets: true,
        ..Options::default()
    };
    let sandbox = Sandbox::start(&options).await?;
    let folder = Folder::new()?;
    let facts = folder.0.join("facts.json");
    std::fs::write(&facts, write_facts(&sandbox, &folder.0)?.to_string())?;
    let mut child = tokio::process::Command::new(command);
    let status = child
        .args(words)
        .env("SANDBOX_FACTS", &facts)
        .status()
        .await?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Keys and certificates for the command; goes when the command has ended.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("stand-ins-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in a temporary folder is nobody's loss.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn write_facts(sandbox: &Sandbox, folder: &Path) -> io::Result<Value> {
    let (aws, identity) = (&sandbox.aws, &sandbox.identity);
    let ca = folder.join("root.pem");
    std::fs::write(&ca, sandbox.core.pki.root_pem())?;
    let buckets = aws.storage.buckets().all();
    let buckets: Vec<Value> = buckets.iter().map(bucket).collect();
    Ok(json!({
        "region": aws.account.region,
        "ca": ca,
        "roles_anywhere": aws.roles_anywhere.https,
        "sts": aws.sts.https,
        "s3": aws.s3.https,
        "role_arn": aws.role_arn,
        "profile_arn": aws.profile_arn,
        "trust_anchor_arn": aws.trust_anchor_arn,
        "certificates": certificates(sandbox, folder)?,
        "user": {
            "access_key_id": aws.user.access_key_id,
            "secret_access_key": aws.user.secret_access_key,
            "external_id": aws.external_id,
        },
        "tokens": {
            "good": token(sandbox, identity.client_id(), 600),
            "expired": token(sandbox, identity.client_id(), -1),
            "for_another_audience": token(sandbox, "another-client", 600),
        },
        "buckets": buckets,
        "environments": environments(sandbox, folder)?,
    }))
}

/// By credential source, the variables of an application that is bound to the stand-ins.
fn environments(sandbox: &Sandbox, folder: &Path) -> io::Result<Value> {
    let mut environments = Map::new();
    for source in CredentialSource::ALL {
        let bindings = Bindings::new(sandbox, source);
        let variables = bindings.environment(Delivery::Variable, folder, 0)?;
        environments.insert(source.to_string(), json!(variables));
    }
    Ok(Value::Object(environments))
}

fn bucket(bucket: &Bucket) -> Value {
    json!({"name": bucket.name, "region": bucket.region, "created": bucket.created.unix_timestamp()})
}

fn token(sandbox: &Sandbox, audience: &str, life: i64) -> String {
    let now = sandbox.core.clock.unix();
    sandbox.identity.sign(&json!({
        "iss": sandbox.identity.issuer(),
        "aud": audience,
        "sub": sandbox.identity.client_id(),
        "iat": now - 60,
        "exp": now + life,
    }))
}

/// Files of certificates by name: good ones, and such that must be refused.
fn certificates(sandbox: &Sandbox, folder: &Path) -> io::Result<Value> {
    let clock = &sandbox.core.clock;
    let root = &sandbox.aws.authority;
    let leaf = Leaf::new(clock, "peer");
    let chained = root.intermediates(2, Key::P256)?;
    let chained = chained.as_ref().unwrap_or(root);
    let foreign = Authority::root("Sandbox Workload CA", Key::P256, clock)?;
    let past = clock.utc() - Duration::days(2);
    let old = leaf.clone().valid(past, past + Duration::days(1));
    let plain = root.issue(&leaf)?;
    let other_key = Issued {
        key_pem: root.issue(&leaf)?.key_pem,
        ..plain.clone()
    };
    let all = [
        ("rsa-2048", root.issue(&leaf.clone().key(Key::Rsa2048))?),
        ("rsa-4096", root.issue(&leaf.clone().key(Key::Rsa4096))?),
        ("p256", plain),
        ("chain", chained.issue(&leaf.clone().key(Key::Rsa2048))?),
        (
            "long-serial",
            root.issue(&leaf.clone().serial(&[0x7f; 20]))?,
        ),
        ("other-key", other_key),
        ("expired", root.issue(&old)?),
        ("foreign", foreign.issue(&leaf)?),
    ];
    let mut named = Map::new();
    for (name, issued) in all {
        named.insert(name.to_owned(), write(folder, name, &issued)?);
    }
    Ok(Value::Object(named))
}

fn write(folder: &Path, name: &str, issued: &Issued) -> io::Result<Value> {
    let path = |part: &str| folder.join(format!("{name}-{part}.pem"));
    std::fs::write(path("certificate"), &issued.certificate_pem)?;
    std::fs::write(path("key"), &issued.key_pem)?;
    let (certificate, key) = (path("certificate"), path("key"));
    if issued.chain_pem.is_empty() {
        return Ok(json!({"certificate": certificate, "key": key}));
    }
    std::fs::write(path("chain"), &issued.chain_pem)?;
    Ok(json!({"certificate": certificate, "key": key, "chain": path("chain")}))
}
