//! `AssumeRoleWithWebIdentity`: a token of a known OIDC provider instead of a signature.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use axum::http::request::Parts;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::{Answer, Refusal};
use super::form::Form;
use super::oidc::Claims;
use super::{Desk, policy, session_answer};
use crate::iam::{OidcProvider, Role, Trust};
use crate::sessions::{Details, Grant, Source, is_session_name};

/// How far a provider's clock may be ahead of ours.
const LEEWAY_SECONDS: i64 = 300;

pub(super) async fn assume_role(
    desk: &Desk,
    parts: &Parts,
    form: &Form,
) -> Result<Answer, Refusal> {
    let role_arn = form.role_arn()?;
    let session_name = form.session_name()?;
    let token = form.required("WebIdentityToken", "webIdentityToken", 4, 20_000)?;
    // Seen in the field: STS then takes the token for a legacy OAuth one (aws-sdk-php issue 1725).
    if parts.headers.contains_key("x-amz-security-token") {
        return Err(Refusal::invalid_token(
            "Couldn't retrieve verification key from your identity provider,  \
             please reference AssumeRoleWithWebIdentity documentation for requirements",
        )
        .because("X-Amz-Security-Token was sent"));
    }
    let (provider, claims) = verified(desk, token).await?;
    let audience = check_claims(&claims, &provider, desk.account.core.clock.utc())?;
    let mut details = details(&claims)?;
    policy::read(form, &mut details)?;
    // With azp in the token, the condition key `<provider>:aud` holds azp.
    let authorized = text(&claims, "azp").unwrap_or(&audience);
    let asked = Asked {
        role_arn,
        issuer: &provider.issuer,
        authorized,
        subject: text(&claims, "sub").unwrap_or_default(),
    };
    let role = trusting_role(desk, &asked, &details)?;
    let duration = form.duration(&role)?;
    let packed = policy::packed_size(&details)?;
    let grant = Grant {
        source: Source::WebIdentity,
        role: &role,
        session_name,
        duration,
        details,
    };
    let session = desk.account.sessions.issue(grant);
    let mut answer = session_answer("AssumeRoleWithWebIdentity", &session, packed);
    answer.text(
        "SubjectFromWebIdentityToken",
        text(&claims, "sub").unwrap_or_default(),
    );
    answer.text("Provider", &provider.issuer);
    answer.text("Audience", &audience);
    Ok(answer)
}

async fn verified(desk: &Desk, token: &str) -> Result<(OidcProvider, Claims), Refusal> {
    let malformed = |error: jsonwebtoken::errors::Error| {
        Refusal::invalid_token("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
            .because(error.to_string())
    };
    let header = jsonwebtoken::decode_header(token).map_err(malformed)?;
    let unverified: Claims = jsonwebtoken::dangerous::insecure_decode(token)
        .map_err(malformed)?
        .claims;
    let issuer = text(&unverified, "iss")
        .ok_or_else(|| Refusal::invalid_token("Missing a required claim: iss"))?;
    if issuer == desk.outbound.issuer() {
        let message = "Tokens of AWS STS can't be used to assume a role";
        return Err(Refusal::invalid_token(message));
    }
    let provider = desk.account.iam.provider(issuer).ok_or_else(|| {
        Refusal::invalid_token(format!(
            "No OpenIDConnect provider found in your account for {issuer}"
        ))
    })?;
    let claims = desk.oidc.verify(token, &header, &provider).await?;
    Ok((provider, claims))
}

/// Times and audience; gives the audience that fits.
fn check_claims(
    claims: &Claims,
    provider: &OidcProvider,
    now: OffsetDateTime,
) -> Result<String, Refusal> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let missing = |name: &str| Refusal::invalid_token(format!("Missing a required claim: {name}"));
    let expires = seconds("exp").ok_or_else(|| missing("exp"))?;
    let issued = seconds("iat").ok_or_else(|| missing("iat"))?;
    text(claims, "sub").ok_or_else(|| missing("sub"))?;
    if now.unix_timestamp() >= expires {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            date(now.unix_timestamp()),
            date(expires),
        );
        return Err(Refusal::bad_request("ExpiredTokenException", message));
    }
    let begins = seconds("nbf").unwrap_or(issued).max(issued);
    if begins > now.unix_timestamp() + LEEWAY_SECONDS {
        let message = format!("Token must not be accepted before {}", date(begins));
        return Err(Refusal::bad_request("ExpiredTokenException", message));
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Err(missing("aud")),
    };
    let known = audiences
        .iter()
        .find(|audience| provider.client_ids.iter().any(|id| id == *audience));
    let refusal = || {
        Refusal::invalid_token("Incorrect token audience")
            .because(format!("aud {}", audiences.join(", ")))
    };
    known
        .map(|&audience| audience.to_owned())
        .ok_or_else(refusal)
}

fn date(unix: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix)
        .ok()
        .and_then(|date| date.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Session tags and source identity come only from claims.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
fn details(claims: &Claims) -> Result<Details, Refusal> {
    const TAGS: &str = "https://aws.amazon.com/tags";
    let nested = claims.get(TAGS).and_then(Value::as_object);
    let flat = format!("{TAGS}/principal_tags/");
    let nested_tags = nested
        .and_then(|tags| tags.get("principal_tags")?.as_object())
        .into_iter()
        .flatten();
    let flat_tags = claims
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(&flat)?, value)));
    let mut tags = Vec::new();
    for (key, value) in nested_tags
        .map(|(key, value)| (key.as_str(), value))
        .chain(flat_tags)
    {
        let Some([Value::String(value)]) = value.as_array().map(Vec::as_slice) else {
            return Err(Refusal::invalid_token(format!(
                "Principal tag {key} is not an array of one string"
            )));
        };
        tags.push((key.to_owned(), value.clone()));
    }
    let transitive = nested
        .and_then(|tags| tags.get("transitive_tag_keys"))
        .or_else(|| claims.get(&format!("{TAGS}/transitive_tag_keys")))
        .and_then(Value::as_array);
    let keys = transitive.into_iter().flatten().filter_map(Value::as_str);
    let source_identity = text(claims, "https://aws.amazon.com/source_identity");
    if source_identity.is_some_and(|identity| !is_session_name(identity)) {
        return Err(Refusal::invalid_token(
            "Source identity of the token is malformed",
        ));
    }
    Ok(Details {
        source_identity: source_identity.map(str::to_owned),
        tags,
        transitive_tag_keys: keys.map(str::to_owned).collect(),
        ..Details::default()
    })
}

/// What a trust policy is asked about.
struct Asked<'a> {
    role_arn: &'a str,
    issuer: &'a str,
    authorized: &'a str,
    subject: &'a str,
}

fn trusting_role(desk: &Desk, asked: &Asked<'_>, details: &Details) -> Result<Role, Refusal> {
    let denied = |reason: &str| {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        Refusal::forbidden("AccessDenied", message).because(reason)
    };
    let role = desk
        .account
        .iam
        .role(asked.role_arn)
        .ok_or_else(|| denied("no such role"))?;
    let mut why = denied("trust policy does not name the provider");
    for trust in &role.trust {
        let Trust::WebIdentity {
            issuer,
            audiences,
            subjects,
            may_tag,
            may_set_source_identity,
        } = trust
        else {
            continue;
        };
        if issuer != asked.issuer {
            continue;
        }
        if !audiences.iter().any(|known| known == asked.authorized) {
            why = denied("condition on aud");
        } else if !subjects.is_empty() && !subjects.iter().any(|known| known == asked.subject) {
            why = denied("condition on sub");
        } else if !details.tags.is_empty() && !may_tag {
            why = denied("trust policy lacks sts:TagSession");
        } else if details.source_identity.is_some() && !may_set_source_identity {
            why = denied("trust policy lacks sts:SetSourceIdentity");
        } else {
            return Ok(role);
        }
    }
    Err(why)
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
