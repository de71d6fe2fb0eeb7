//! Which of several bindings is meant.

use time::OffsetDateTime;

use super::super::vcap::RawBinding;
use super::super::{Env, Problem};

/// The binding of this label that the operator means; `None` if there is none.
pub(super) fn by_label<'a>(
    env: &Env,
    all: &'a [RawBinding],
    label: &str,
) -> Result<Option<&'a RawBinding>, Problem> {
    let candidates: Vec<&RawBinding> = all.iter().filter(|b| b.label == label).collect();
    let variable = format!("CATALOG_{}_SERVICE", label.to_ascii_uppercase());
    let meant: Vec<&RawBinding> = match env.get(&variable) {
        None => candidates.clone(),
        Some(name) => {
            let called: Vec<_> = candidates
                .iter()
                .copied()
                .filter(|b| b.is_called(name))
                .collect();
            if called.is_empty() {
                return Err(Problem::new(
                    format!("no binding with label \"{label}\" is called \"{name}\""),
                    env.origin(&variable),
                    format!("name one of: {}", names(&candidates)),
                ));
            }
            called
        }
    };
    let several = meant
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.instance() != b.instance()));
    if several {
        return Err(Problem::new(
            format!("several bindings have the label \"{label}\""),
            names(&meant),
            format!("name the one to use in {variable}"),
        ));
    }
    Ok(newest(&meant))
}

/// During a rotation one instance is bound twice: the certificate that lasts longest wins.
fn newest<'a>(bindings: &[&'a RawBinding]) -> Option<&'a RawBinding> {
    // max_by_key takes the last of equals, and the platform adds new bindings at the end
    bindings.iter().copied().max_by_key(|b| not_after(b))
}

/// Unix time at which the binding's certificate ends; the beginning of time without one.
fn not_after(binding: &RawBinding) -> i64 {
    let end = || {
        let pem = binding.credentials.get("certificate")?.as_str()?;
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
        let certificate = block.parse_x509().ok()?;
        Some(certificate.validity().not_after.timestamp())
    };
    end().unwrap_or(OffsetDateTime::UNIX_EPOCH.unix_timestamp())
}

fn names(bindings: &[&RawBinding]) -> String {
    if bindings.is_empty() {
        return "(none is bound)".to_owned();
    }
    let quoted: Vec<String> = bindings.iter().map(|b| format!("\"{}\"", b.name)).collect();
    quoted.join(", ")
}
