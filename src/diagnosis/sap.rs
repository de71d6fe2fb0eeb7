//! The SAP side: bindings, settings, and what proves to AWS who we are.

use secrecy::ExposeSecret;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::aws::Proof;
use super::walk::{Found, Words};
use super::{Located, Ready, remedy};
use crate::aws::broker::Broker;
use crate::btp::http::HttpClients;
use crate::btp::identity::header_and_claims;
use crate::btp::keystore::Certificate;
use crate::clock::Clock;
use crate::settings::{
    Application, Bindings, ClientAuthentication, ClientCertificate, Connection,
    CredentialStoreAuthentication, Env, RolesAnywhere, Settings, StoredKey, Strategy, Unusable,
    is_endpoint,
};
use crate::telemetry::explain;

/// Days before the end of a certificate from which on it is a warning.
const SOON: i64 = 7;
/// Seconds between a fresh token and our clock that are no coincidence.
const SUSPICIOUS_SKEW: i64 = 120;
/// Signatures of identity providers that AWS verifies (IAM user guide); IAS signs with RS256.
const ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

pub(super) fn bindings(env: &Env, clock: &Clock) -> Result<Found<Bindings>, Words> {
    let bindings = Bindings::load(env).map_err(|it| problems(&it))?;
    let application = remedy::application(Application::read(env).as_ref());
    let named = named(&bindings);
    if named.is_empty() {
        return Err(Words::new(
            "no binding was found in VCAP_SERVICES_FILE_PATH, VCAP_SERVICES or SERVICE_BINDING_ROOT",
        )
        .remedy("bind the service instances and restage the application; outside of Cloud Foundry set one of these variables, or on your own machine start in a folder with a default-env.json")
        .command(format!("cf bind-service {application} <instance>")));
    }
    let list: Vec<String> = named
        .iter()
        .map(|(it, at)| format!("{it} \"{at}\""))
        .collect();
    let mut words = Words::new(format!("found {}", list.join(", ")));
    words
        .facts
        .extend(named.iter().map(|(it, at)| (*it, (*at).to_owned())));
    let now = OffsetDateTime::from(clock.now());
    let mut ends_soon = false;
    for (label, instance, shown) in certificates(&bindings) {
        let Some(certificate) = Certificate::first_of(&shown.certificate) else {
            let fault =
                format!("the certificate in the binding of {label} \"{instance}\" can't be read");
            return Err(remedy::rebind(Words::new(fault), &application, instance));
        };
        let (days, end) = (certificate.days_left(now), text(certificate.not_after));
        if now > certificate.not_after {
            let fault =
                format!("the certificate in the binding of {label} \"{instance}\" ended on {end}");
            return Err(remedy::rebind(Words::new(fault), &application, instance));
        }
        if days < SOON {
            let told =
                format!("; the certificate in the binding of {label} \"{instance}\" ends on {end}");
            words.seen.push_str(&told);
            words = remedy::rebind(words, &application, instance);
            ends_soon = true;
        }
    }
    Ok(if ends_soon {
        Found::warning(bindings, words)
    } else {
        Found::new(bindings, words)
    })
}

/// Kind and name of each bound instance that can be told by name.
fn named(bindings: &Bindings) -> Vec<(&'static str, &str)> {
    let Bindings {
        destination,
        identity,
        xsuaa,
        private_link,
        credential_store,
    } = bindings;
    let all = [
        (
            "destination",
            destination.as_ref().map(|it| it.name.as_str()),
        ),
        ("identity", identity.as_ref().map(|it| it.name.as_str())),
        ("xsuaa", xsuaa.as_ref().map(|it| it.app_name.as_str())),
        (
            "privatelink",
            private_link.as_ref().map(|it| it.name.as_str()),
        ),
        (
            "credstore",
            credential_store.as_ref().map(|it| it.name.as_str()),
        ),
    ];
    all.into_iter()
        .filter_map(|(kind, name)| Some((kind, name?)))
        .collect()
}

/// The certificates that bindings carry, which live 30 days at most.
fn certificates(bindings: &Bindings) -> Vec<(&'static str, &str, &ClientCertificate)> {
    let mut found = Vec::new();
    if let Some(it) = &bindings.destination
        && let ClientAuthentication::Certificate(shown) = &it.authentication
    {
        found.push(("destination", it.name.as_str(), shown));
    }
    if let Some(it) = &bindings.identity
        && let Some(ClientAuthentication::Certificate(shown)) = &it.authentication
    {
        found.push(("identity", it.name.as_str(), shown));
    }
    if let Some(it) = &bindings.credential_store
        && let CredentialStoreAuthentication::Mtls(shown)
        | CredentialStoreAuthentication::OauthMtls {
            certificate: shown, ..
        } = &it.authentication
    {
        found.push(("credstore", it.name.as_str(), shown));
    }
    found
}

fn problems(unusable: &Unusable) -> Words {
    match unusable.problems.as_slice() {
        [one] => Words::new(format!("{} (from {})", one.what, one.origin)).remedy(&one.remedy),
        _ => Words::new(unusable.to_string()),
    }
}

/// Settings, and the connection unless a step of its own has to look for it.
pub(super) fn settings(
    env: &Env,
    bindings: Bindings,
    clock: &Clock,
) -> Result<Found<(Ready, Option<Located>)>, Words> {
    let settings = Settings::load(env.clone()).map_err(|it| problems(&it))?;
    let unusable_roots = |error: &(dyn std::error::Error + 'static)| {
        Words::new(explain(error))
            .remedy("correct ca_bundle or the files below CF_SYSTEM_CERT_PATH")
    };
    let http = HttpClients::new(&settings.ca_bundle).map_err(|e| unusable_roots(&e))?;
    let broker = Broker::new(settings.clone(), http.clone(), clock.clone());
    let broker = broker.map_err(|e| unusable_roots(&e))?;
    let warnings = settings.warnings.join("; ");
    let ready = Ready {
        settings,
        bindings,
        broker,
        http,
        clock: clock.clone(),
    };
    let (words, located) = if let Some(name) = &ready.settings.destination {
        let seen = format!("settings are sound; the rest stands in the destination \"{name}\"");
        (Words::new(seen), None)
    } else {
        let connection = ready.broker.connection(&ready.bindings, None);
        let connection = connection.map_err(|e| remedy::session_error(&e, &ready))?;
        let words = connected(Words::default(), &connection);
        // the Destination service gets a step of its own where it is needed
        let is_elsewhere = matches!(connection.strategy, Strategy::RolesAnywhere(_));
        let located = (!is_elsewhere).then_some(Located {
            destination: None,
            connection,
        });
        (words, located)
    };
    Ok(if warnings.is_empty() {
        Found::new((ready, located), words)
    } else {
        let seen = format!("{}; {warnings}", words.seen);
        Found::warning((ready, located), Words { seen, ..words })
    })
}

fn connected(words: Words, connection: &Connection) -> Words {
    let (source, role) = (super::source(&connection.strategy), &connection.role_arn);
    let (region, endpoint) = (&connection.region, &connection.s3_endpoint);
    let seen = format!("{source} takes {role} in {region}; S3 is at {endpoint}");
    Words { seen, ..words }
        .fact("credentialSource", source)
        .fact("roleArn", role)
        .fact("region", region)
        .fact("endpoint", endpoint)
}

/// A token of the Destination service, and the destination if one is named.
pub(super) async fn destination(ready: &Ready) -> Result<Found<Located>, Words> {
    let told = |e| remedy::session_error(&e, ready);
    let destination = ready
        .broker
        .destination(&ready.bindings)
        .await
        .map_err(told)?;
    if destination.is_none() {
        let token = ready.broker.destination_token(&ready.bindings).await;
        token.map_err(told)?;
    }
    let connection = ready
        .broker
        .connection(&ready.bindings, destination.as_ref());
    let connection = connection.map_err(told)?;
    let binding = ready.bindings.destination.as_ref();
    let (instance, uri) = binding.map_or(("", ""), |it| (it.name.as_str(), it.uri.as_str()));
    let words = match &ready.settings.destination {
        Some(name) => {
            let words = connected(Words::default(), &connection);
            let seen = format!("read the destination \"{name}\": {}", words.seen);
            Words { seen, ..words }.fact("destination", name)
        }
        None => Words::new(format!("got a token for the instance \"{instance}\"")),
    };
    let located = Located {
        destination,
        connection,
    };
    Ok(Found::new(
        located,
        words.fact("instance", instance).fact("uri", uri),
    ))
}

/// The key store, its certificate, and whether IAM Roles Anywhere can take it.
pub(super) async fn certificate(
    ready: &Ready,
    located: &Located,
    spec: &RolesAnywhere,
) -> Result<Found<Proof>, Words> {
    let keystore = ready
        .broker
        .keystore(&ready.bindings, spec, located.destination.as_ref())
        .await;
    let keystore = keystore.map_err(|e| remedy::session_error(&e, ready))?;
    let leaf = &keystore.leaf;
    let days = leaf.days_left(OffsetDateTime::from(ready.clock.now()));
    let words = Words::new(format!(
        "\"{}\" of \"{}\", valid until {} ({days} days left), its key fits, intermediate certificates: {}",
        leaf.subject,
        leaf.issuer,
        text(leaf.not_after),
        keystore.intermediates.len()
    ))
    .fact("subject", &leaf.subject)
    .fact("issuer", &leaf.issuer)
    .fact("serial", &leaf.serial)
    .fact("notBefore", text(leaf.not_before))
    .fact("notAfter", text(leaf.not_after))
    .fact("daysLeft", days.to_string())
    .fact("intermediates", keystore.intermediates.len().to_string());
    if let Some(flaw) = leaf.unfit() {
        let seen = format!(
            "IAM Roles Anywhere takes no certificate like \"{}\": {flaw}",
            leaf.subject
        );
        return Err(Words { seen, ..words }.remedy(
            "have a certificate issued for an end entity: version 3, digitalSignature in its key usage, no CA, signed with SHA-256 or better",
        ));
    }
    let proof = Proof::Certificate(Box::new(leaf.clone()));
    if days < SOON {
        let renewed = words.remedy("renew it and upload the new one under the same name; the service picks it up without a restart");
        return Ok(Found::warning(proof, renewed));
    }
    Ok(Found::new(proof, words))
}

/// The application's own token, and whether AWS can take its issuer for an identity provider.
pub(super) async fn identity(ready: &Ready) -> Result<Found<Proof>, Words> {
    let issued = ready.broker.identity_token(&ready.bindings).await;
    let issued = issued.map_err(|e| remedy::session_error(&e, ready))?;
    let Some((header, claims)) = header_and_claims(&issued.token) else {
        return Err(Words::new("the identity service issued a token that is no JWT").remedy(
            "let the identity instance issue JWTs: \"access-token-format\": \"jwt\" in oauth2-configuration, \"token-policy\"",
        ));
    };
    let said = |name: &str| match claims.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "absent".to_owned(),
    };
    let [iss, aud, azp, sub] = ["iss", "aud", "azp", "sub"].map(said);
    let algorithm = header
        .get("alg")
        .and_then(Value::as_str)
        .unwrap_or("none")
        .to_owned();
    let words = Words::new(format!(
        "got a token of {iss} for the application: aud {aud}, azp {azp}, sub {sub}, signed with {algorithm}"
    ))
    .fact("iss", &iss)
    .fact("aud", aud)
    .fact("azp", azp)
    .fact("sub", sub)
    .fact("alg", &algorithm);
    let algorithm = algorithm.as_str();
    let fault = not_taken(ready, &claims, &iss, algorithm, issued.discovered_issuer);
    if let Some((seen, remedy)) = fault {
        return Err(Words { seen, ..words }.remedy(remedy));
    }
    Ok(Found::new(Proof::Token(claims), words))
}

/// Why AWS does not take a token like this one, and what mends it.
fn not_taken(
    ready: &Ready,
    claims: &Value,
    iss: &str,
    algorithm: &str,
    discovered: Option<String>,
) -> Option<(String, &'static str)> {
    if !is_endpoint(iss) {
        return Some((
            format!(
                "the tenant calls itself \"{iss}\", without https://: AWS takes no such issuer for an identity provider"
            ),
            "choose the issuer with https:// in the administration console of Cloud Identity Services: Applications & Resources, Tenant Settings, OpenID Connect Configuration",
        ));
    }
    if let Some(other) = discovered.filter(|it| it != iss) {
        return Some((
            format!(
                "the token names the issuer {iss}, but the tenant's discovery document names {other}; AWS asks the document"
            ),
            "use the tenant's URL that is its issuer: bind the identity instance again after the issuer was changed",
        ));
    }
    if !ALGORITHMS.contains(&algorithm) {
        return Some((
            format!("the token is signed with {algorithm}, which AWS does not verify"),
            "let the tenant sign with RS256",
        ));
    }
    let issued_at = claims.get("iat").and_then(Value::as_i64)?;
    let skew = OffsetDateTime::from(ready.clock.now()).unix_timestamp() - issued_at;
    (skew.abs() > SUSPICIOUS_SKEW).then(|| {
        (
            format!("this machine's clock is {skew} s off the identity service's"),
            "set the clock",
        )
    })
}

/// The key in the Credential Store, as far as it can be judged by its looks.
pub(super) async fn stored_key(ready: &Ready, spec: &StoredKey) -> Result<Found<Proof>, Words> {
    let key = ready.broker.stored_key(&ready.bindings, spec).await;
    let key = key.map_err(|e| remedy::session_error(&e, ready))?;
    let id = key.id.expose_secret();
    let (namespace, id_name) = (&spec.namespace, &spec.access_key_id_name);
    // long-term keys of IAM users begin with AKIA (IAM user guide, "Unique identifiers")
    let is_key_id = id.len() >= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_key_id || key.secret.expose_secret().len() < 16 {
        return Err(Words::new(format!(
            "the passwords \"{id_name}\" and \"{}\" in namespace \"{namespace}\" hold no AWS access key",
            spec.secret_access_key_name
        ))
        .remedy("store the access key id and the secret access key of an IAM user, each as a password of its own"));
    }
    let words = Words::new(format!("read the access key in namespace \"{namespace}\""))
        .fact("namespace", namespace)
        .fact("accessKeyIdName", id_name)
        .fact("secretAccessKeyName", &spec.secret_access_key_name);
    if id.starts_with("ASIA") {
        return Err(words.remedy(
            "store the long-term key of an IAM user: keys that begin with ASIA end by themselves",
        ));
    }
    Ok(Found::new(Proof::Key, words))
}

fn text(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}
