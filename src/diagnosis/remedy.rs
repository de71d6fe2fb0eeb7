//! What mends a failure: a sentence, and commands where some do.

use super::Ready;
use super::walk::Words;
use crate::aws::SessionError;
use crate::btp::BtpError;
use crate::btp::keystore::KeyStoreError;
use crate::settings::{Application, Bindings};
use crate::shell::word;
use crate::telemetry::explain;

/// What the cf command line calls this application; its usual name where the platform tells none.
pub(super) fn application(told: Option<&Application>) -> String {
    let name = told.and_then(Application::name);
    word(name.unwrap_or("btp-s3-catalog"))
}

/// Bind again: certificates and secrets of bindings are made anew then.
pub(super) fn rebind(words: Words, application: &str, instance: &str) -> Words {
    let instance = word(instance);
    words
        .remedy("bind the instance again and restage; keep the parameters of the binding (manifest.yml, mta.yaml)")
        .command(format!("cf unbind-service {application} {instance}"))
        .command(format!("cf bind-service {application} {instance}"))
        .command(format!("cf restage {application}"))
}

/// Why there is no session, told so that somebody can act.
pub(super) fn session_error(error: &SessionError, ready: &Ready) -> Words {
    match error {
        SessionError::Settings(unusable) => match unusable.problems.as_slice() {
            [one] => Words::new(format!("{} (from {})", one.what, one.origin)).remedy(&one.remedy),
            _ => Words::new(unusable.to_string()),
        },
        SessionError::Btp(error) => service_error(error, ready),
        SessionError::KeyStore { name, source } => key_store_error(name, source),
        SessionError::Refused {
            service,
            code,
            message,
            hint,
            ..
        } => {
            let words = Words::new(format!("{service} refused with {code}: {message}"));
            match hint {
                Some(hint) => words.remedy(hint),
                None => words.remedy("look the code up in the manual of this AWS service; the role, its permissions and the region are the usual suspects"),
            }
        }
        SessionError::Unreachable { endpoint, .. } => unreachable(error, endpoint),
        SessionError::Unreadable { .. } => Words::new(explain(error))
            .remedy("see what answers at this endpoint: a proxy, or a wrong roles_anywhere_endpoint or sts_endpoint"),
        SessionError::Signing { .. } | SessionError::Pending => Words::new(explain(error)),
    }
}

fn service_error(error: &BtpError, ready: &Ready) -> Words {
    let words = Words::new(explain(error));
    match error {
        BtpError::Unreachable { url, .. } => unreachable(error, url),
        BtpError::Missing {
            service,
            what,
            remedy,
        } => Words::new(format!("{what} does not exist in {service}")).remedy(remedy),
        // RFC 6749, 5.2: invalid_client comes as 400 or 401
        BtpError::Refused {
            status: 400 | 401,
            service,
            ..
        }
        | BtpError::ClientCertificate { service, .. } => match instance(service, &ready.bindings) {
            Some(instance) => rebind(
                words,
                &application(ready.settings.application.as_ref()),
                instance,
            ),
            None => words.remedy("bind the service instance again and restage"),
        },
        BtpError::Refused { status: 403, .. } => {
            words.remedy("give this binding the right to read what the line names")
        }
        BtpError::Refused { .. } => words
            .remedy("the service has trouble of its own: try again, then look at its status page"),
        // payloads of the Credential Store tell when they were made
        BtpError::Unreadable { detail, .. } if detail.contains("clock") => {
            words.remedy("set the clock")
        }
        BtpError::Unreadable { .. } => {
            words.remedy("see what answers at this address: a proxy, or a binding with a wrong URL")
        }
    }
}

/// The bound instance of a service that errors name.
fn instance<'a>(service: &str, bindings: &'a Bindings) -> Option<&'a str> {
    let Bindings {
        destination,
        identity,
        credential_store,
        ..
    } = bindings;
    if service.contains("Destination") {
        destination.as_ref().map(|it| it.name.as_str())
    } else if service.contains("Credential Store") {
        credential_store.as_ref().map(|it| it.name.as_str())
    } else {
        identity.as_ref().map(|it| it.name.as_str())
    }
}

pub(super) fn unreachable(error: &(dyn std::error::Error + 'static), url: &str) -> Words {
    let seen = explain(error);
    let lower = seen.to_ascii_lowercase();
    let remedy = if lower.contains("certificate") {
        "its certificate is not trusted here: add the issuer's certificate with ca_bundle, or see who answers in its place"
    } else if lower.contains("dns") || lower.contains("lookup") {
        "its name does not resolve: look for a misspelt endpoint or region"
    } else {
        "connections to it must be allowed to go out on its port; look for a wrong endpoint, too"
    };
    Words::new(seen).remedy(remedy).command(format!(
        "curl -sS -o /dev/null -w '%{{http_code}}\\n' {}",
        word(url)
    ))
}

fn key_store_error(name: &str, error: &KeyStoreError) -> Words {
    // every text of these errors is a fact, a colon, and what mends it
    let text = explain(error);
    let (fact, remedy) = text.split_once(": ").unwrap_or((&text, "upload it again"));
    let words =
        Words::new(format!("the key store \"{name}\" can't be used: {fact}")).remedy(remedy);
    let look = format!("openssl pkcs12 -in {} -nokeys -info", word(name));
    match error {
        KeyStoreError::WrongPassword | KeyStoreError::PasswordNeeded => words.command(look),
        KeyStoreError::LegacyEncryption => words.command(format!(
            "openssl pkcs8 -topk8 -in {} -out key.pem", word(name)
        )),
        KeyStoreError::KeyFitsNoCertificate { .. }
        | KeyStoreError::NoPrivateKey
        | KeyStoreError::NoCertificate => words.command(format!(
            "cat key.pem certificate.pem chain.pem > {}   # then upload it to the Destination service", word(name)
        )),
        KeyStoreError::Expired { .. }
        | KeyStoreError::NotYetValid { .. }
        | KeyStoreError::UnknownFormat
        | KeyStoreError::Malformed { .. }
        | KeyStoreError::UnsupportedEncryption
        | KeyStoreError::UnsupportedKey
        | KeyStoreError::ChainTooLong => words,
    }
}
