//! Which of the user-provided services holds our settings.

use crate::settings::vcap::RawBinding;
use crate::settings::{Env, Problem};

const TAG: &str = "s3-catalog";
const SERVICE_NAME: &str = "s3-catalog-config";

/// The user-provided service that holds our settings.
pub(super) fn own_service<'a>(
    env: &Env,
    bindings: &'a [RawBinding],
) -> Result<Option<&'a RawBinding>, Problem> {
    let provided: Vec<&RawBinding> = bindings
        .iter()
        .filter(|b| b.label == "user-provided")
        .collect();
    if let Some(name) = env.get("CATALOG_CONFIG_SERVICE") {
        let named = provided.iter().find(|b| b.is_called(name));
        return named.map(|b| Some(*b)).ok_or_else(|| {
            let bound = names(bindings).unwrap_or_else(|| "(none is bound)".to_owned());
            Problem::new(
                format!("no user-provided service is called \"{name}\""),
                env.origin("CATALOG_CONFIG_SERVICE"),
                format!("bind it, or name one of: {bound}"),
            )
        });
    }
    let tagged: Vec<&RawBinding> = provided
        .iter()
        .copied()
        .filter(|b| b.tags.iter().any(|t| t == TAG))
        .collect();
    match tagged.as_slice() {
        [] => Ok(provided.into_iter().find(|b| b.is_called(SERVICE_NAME))),
        [one] => Ok(Some(one)),
        [first, rest @ ..] if rest.iter().all(|b| b.instance() == first.instance()) => {
            Ok(rest.last().copied())
        }
        several => {
            let names: Vec<String> = several.iter().map(|b| format!("\"{}\"", b.name)).collect();
            Err(Problem::new(
                format!("several user-provided services have the tag \"{TAG}\""),
                names.join(", "),
                "name the one to use in CATALOG_CONFIG_SERVICE",
            ))
        }
    }
}

/// Services that are bound but not ours are the likely mistake.
pub(super) fn no_service(bindings: &[RawBinding]) -> String {
    names(bindings).map_or_else(
        || "no user-provided service".to_owned(),
        |names| {
            format!(
                "no user-provided service that is tagged {TAG} or called {SERVICE_NAME}: there is {names}"
            )
        },
    )
}

/// The user-provided services that are bound, if any.
fn names(bindings: &[RawBinding]) -> Option<String> {
    let provided = bindings.iter().filter(|b| b.label == "user-provided");
    let names: Vec<String> = provided.map(|b| format!("\"{}\"", b.name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
