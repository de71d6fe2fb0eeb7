//! A small identity provider on loopback that counts what it is asked, a clock that stands still
//! until it is told to move, and a builder of tokens.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::{Map, Value, json};

use crate::caller::ias::Groups;
use crate::caller::ias::IdentityRules;
use crate::caller::keys::KeyRing;
use crate::caller::{Caller, Rejection, Trust, Verifier};
use crate::clock::Clock;

/// The moment at which every test begins.
pub(super) const NOW: u64 = 1_795_300_000;
pub(super) const CLIENT: &str = "1aa234ca-faed-4fb2-966e-7c86262ba93c";
pub(super) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const USER: &str = "7d3cb1a4-0000-4444-8888-a1b2c3d4e5f6";

/// The provider's key.
pub(super) static TRUSTED: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
/// A key of somebody else.
pub(super) static FOREIGN: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The modulus of a 2,048-bit key; in its DER form it stands between fixed bytes.
pub(super) fn modulus(key: &KeyPair) -> Vec<u8> {
    let der = key.public_key().as_ref();
    assert_eq!(der.len(), 270, "not a 2,048-bit key with exponent 65537");
    der[9..265].to_vec()
}

/// A key as it stands in a key set.
pub(super) fn jwk(kid: &str, key: &KeyPair) -> Value {
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
           "n": base64url(modulus(key)), "e": "AQAB"})
}

pub(super) fn sign(key: &KeyPair, scheme: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(scheme, &SystemRandom::new(), message, &mut signature)
        .unwrap();
    signature
}

/// Turns the signed part of a token into its signature.
type Signer = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A token that is good until something is changed.
pub(super) struct Draft {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// Takes the place of the header as JSON.
    pub(super) raw_header: Option<Vec<u8>>,
    /// Takes the place of the claims as JSON.
    pub(super) raw_claims: Option<Vec<u8>>,
    pub(super) signer: Signer,
}

impl Draft {
    pub(super) fn header(&mut self, name: &str, value: impl Into<Value>) {
        self.header.insert(name.to_owned(), value.into());
    }

    pub(super) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.insert(name.to_owned(), value.into());
    }

    /// Puts JSON text before the closing brace of the claims.
    pub(super) fn add_to_claims(&mut self, text: &str) {
        let claims = serde_json::to_string(&self.claims).unwrap();
        let open = claims.strip_suffix('}').unwrap();
        self.raw_claims = Some(format!("{open},{text}}}").into_bytes());
    }

    /// Puts JSON text before the closing brace of the header.
    pub(super) fn add_to_header(&mut self, text: &str) {
        let header = serde_json::to_string(&self.header).unwrap();
        let open = header.strip_suffix('}').unwrap();
        self.raw_header = Some(format!("{open},{text}}}").into_bytes());
    }

    /// Writes a claim as JSON text that a builder of JSON would not write.
    pub(super) fn raw_claim(&mut self, name: &str, text: &str) {
        self.claims.remove(name);
        self.add_to_claims(&format!("\"{name}\":{text}"));
    }

    pub(super) fn token(&self) -> String {
        let json = |raw: &Option<Vec<u8>>, members: &Map<String, Value>| {
            let written = || serde_json::to_vec(members).unwrap();
            base64url(raw.clone().unwrap_or_else(written))
        };
        let header = json(&self.raw_header, &self.header);
        let message = format!("{header}.{}", json(&self.raw_claims, &self.claims));
        let signature = (self.signer)(message.as_bytes());
        format!("{message}.{}", base64url(signature))
    }
}

/// What the provider was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
}

/// How the provider answers a path: status, extra header lines, body.
#[derive(Debug, Clone)]
pub(super) struct Reply(pub(super) u16, pub(super) String, pub(super) Vec<u8>);

impl Reply {
    pub(super) fn json(value: &Value) -> Self {
        Self(200, String::new(), value.to_string().into_bytes())
    }

    /// Accepts the connection and says nothing.
    pub(super) fn silence() -> Self {
        Self::status(0)
    }

    pub(super) fn status(status: u16) -> Self {
        Self(status, String::new(), b"{}".to_vec())
    }
}

#[derive(Debug, Default)]
struct Desk {
    replies: HashMap<String, Reply>,
    asked: Vec<Asked>,
    refused: Option<String>,
}

/// Knows no host, and remembers which ones were looked for.
#[derive(Debug, Clone, Default)]
struct Directory(Arc<Mutex<Vec<String>>>);

impl Resolve for Directory {
    fn resolve(&self, name: Name) -> Resolving {
        self.0.lock().unwrap().push(name.as_str().to_owned());
        Box::pin(async { Err("no such host".into()) })
    }
}

/// Identity provider, verifier and clock of one test.
pub(super) struct Scene {
    pub(super) url: String,
    pub(super) verifier: Arc<Verifier>,
    /// Another memory of keys, for what can't be reached through a verifier on loopback.
    pub(super) keys: Arc<KeyRing>,
    desk: Arc<Mutex<Desk>>,
    directory: Directory,
    time: Arc<AtomicU64>,
}

pub(super) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(super) const CERTS: &str = "/oauth2/certs";

impl Scene {
    /// A provider with one key, and an application bound to it.
    pub(super) fn new() -> Self {
        Self::bound(Some(TENANT))
    }

    /// The same with another tenant, or none, in the binding.
    pub(super) fn bound(tenant: Option<&str>) -> Self {
        Self::reading(tenant, "S3CatalogReader")
    }

    /// An application that every user may read.
    pub(super) fn open_to_users() -> Self {
        Self::reading(Some(TENANT), "*")
    }

    fn reading(tenant: Option<&str>, readers: &str) -> Self {
        let domains = ["accounts.ondemand.com".to_owned(), "sap.invalid".to_owned()];
        let groups = Groups {
            read: vec![readers.to_owned()],
            write: vec!["S3CatalogWriter".to_owned()],
            admin: vec!["S3CatalogAdmin".to_owned()],
        };
        let rules = |url: &str| IdentityRules::new(CLIENT, url, &domains, tenant, groups).unwrap();
        Self::trusting(|url| Trust {
            identity: Some(rules(url)),
            ..Trust::default()
        })
    }

    /// A provider, and an application that is not bound to it.
    pub(super) fn unbound() -> Self {
        Self::trusting(|_| Trust::default())
    }

    /// A provider, and an application with the rules that are made for its URL.
    pub(super) fn trusting(trust: impl FnOnce(&str) -> Trust) -> Self {
        let (url, desk) = provider();
        let trust = trust(&url);
        let time = Arc::new(AtomicU64::new(NOW));
        let hand = Arc::clone(&time);
        let clock =
            Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(hand.load(Ordering::SeqCst)));
        let directory = Directory::default();
        let http = client(&directory);
        Self {
            url,
            keys: Arc::new(KeyRing::new(http.clone(), clock.clone())),
            verifier: Arc::new(Verifier::new(trust, http, clock)),
            desk,
            directory,
            time,
        }
    }

    /// A good token of a user who may read.
    pub(super) fn draft(&self) -> Draft {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": "JWT"});
        let claims = json!({
            "iss": self.url, "aud": CLIENT, "azp": CLIENT, "app_tid": TENANT, "sub": USER,
            "sap_id_type": "user", "groups": ["S3CatalogReader"], "jti": "308ba894",
            "iat": NOW, "exp": NOW + 3600
        });
        Draft {
            header: header.as_object().unwrap().clone(),
            claims: claims.as_object().unwrap().clone(),
            raw_header: None,
            raw_claims: None,
            signer: Box::new(|message| sign(&TRUSTED, &RSA_PKCS1_SHA256, message)),
        }
    }

    /// A good token with one thing changed.
    pub(super) fn token(&self, change: impl FnOnce(&mut Draft)) -> String {
        let mut draft = self.draft();
        change(&mut draft);
        draft.token()
    }

    pub(super) async fn verify(&self, token: &str) -> Result<Arc<Caller>, Rejection> {
        let value = format!("Bearer {token}");
        self.verifier.verify(&[value.as_bytes()], &[]).await
    }

    /// The verdict on a good token with one thing changed.
    pub(super) async fn verdict(&self, change: impl FnOnce(&mut Draft)) -> String {
        super::verdict(self.verify(&self.token(change)).await)
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn answer(&self, path: &str, reply: Reply) {
        let mut desk = self.desk.lock().unwrap();
        desk.replies.insert(path.to_owned(), reply);
    }

    /// Answers 400 when keys are asked for on behalf of this application.
    pub(super) fn refuse(&self, party: &str) {
        self.desk.lock().unwrap().refused = Some(party.to_owned());
    }

    pub(super) fn publish(&self, keys: &[Value]) {
        self.answer(CERTS, Reply::json(&json!({ "keys": keys })));
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.desk.lock().unwrap().asked.clone()
    }

    /// Hosts that were looked for by name.
    pub(super) fn looked_for(&self) -> Vec<String> {
        self.directory.0.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(super) fn fetches(&self, path: &str) -> usize {
        self.asked()
            .iter()
            .filter(|asked| asked.path == path)
            .count()
    }
}

fn client(directory: &Directory) -> reqwest::Client {
    reqwest::Client::builder()
        .dns_resolver(Arc::new(directory.clone()))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// Starts a provider; its thread waits for connections until the test process ends.
fn provider() -> (String, Arc<Mutex<Desk>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let desk = Arc::new(Mutex::new(Desk::default()));
    let document = json!({"issuer": url, "jwks_uri": format!("{url}{CERTS}")});
    let keys = json!({"keys": [jwk("k1", &TRUSTED)]});
    desk.lock().unwrap().replies = HashMap::from([
        (DISCOVERY.to_owned(), Reply::json(&document)),
        (CERTS.to_owned(), Reply::json(&keys)),
    ]);
    let shared = Arc::clone(&desk);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming().flatten() {
            if serve(&stream, &shared) == 0 {
                silent.push(stream);
            }
        }
    });
    (url, desk)
}

/// Answers one request, unless with silence; returns the status.
fn serve(mut stream: &TcpStream, desk: &Mutex<Desk>) -> u16 {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(start) = lines.next() else {
        return 400;
    };
    let headers: HashMap<String, String> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let path = start.split(' ').nth(1).unwrap_or_default().to_owned();
    let reply = {
        let mut desk = desk.lock().unwrap();
        let mut reply = desk.replies.get(&path).cloned();
        if headers.contains_key("x-azp") && headers.get("x-azp") == desk.refused.as_ref() {
            reply = Some(Reply::status(400));
        }
        desk.asked.push(Asked { path, headers });
        reply.unwrap_or_else(|| Reply::status(404))
    };
    let Reply(status, extra, body) = reply;
    if status == 0 {
        return status;
    }
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{extra}\r\n");
    // Whoever hangs up early has seen enough.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
    status
}
