//! Who is at the door: choosing a demo user, the cookie that remembers the choice, and the
//! approuter's `/user-api/currentUser`.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, Query, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::forgery::{self, Verdict};
use super::{Hall, NAME, text};
use crate::people::{PEOPLE, Person, named};
use crate::random;

#[derive(Debug, Deserialize)]
pub(super) struct Onward {
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    user: String,
    next: Option<String>,
}

/// A person who is signed in, and the token that this session's changes must bring.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    pub(super) person: &'static Person,
    pub(super) csrf: String,
}

/// Who is signed in.
pub(super) fn guest(hall: &Hall, headers: &HeaderMap) -> Option<Guest> {
    hall.guests().sessions.get(cookie(hall, headers)?).cloned()
}

fn cookie<'a>(hall: &Hall, headers: &'a HeaderMap) -> Option<&'a str> {
    let pairs = text(headers, header::COOKIE.as_str())?.split(';');
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == hall.cookie)
        .map(|(_, value)| value)
}

pub(super) async fn choose(Query(onward): Query<Onward>) -> Html<String> {
    let next = escaped(local(onward.next.as_deref()));
    let mut cards = String::new();
    for person in PEOPLE {
        // Writing into a String can't fail.
        let _ = write!(
            cards,
            r#"<li><button name="user" value="{id}"><strong>{name}</strong><span>{role}: {may}</span></button></li>"#,
            id = person.id,
            role = person.role,
            name = person.full_name(),
            may = person.may,
        );
    }
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in – S3 Catalogue (sandbox)</title>
<link rel="stylesheet" href="/simple.css">
</head>
<body>
<main class="narrow">
<h1>Who are you?</h1>
<p>This is the sandbox: choose a demo user, there is no password. In production people sign in
with SAP Cloud Identity Services.</p>
<!-- no action: the form goes to this very address, whose #place redirects keep -->
<form method="post">
<input type="hidden" name="next" value="{next}">
<ul class="people">{cards}</ul>
</form>
</main>
</body>
</html>
"#
    ))
}

pub(super) async fn enter(Shared(hall): Shared<Arc<Hall>>, Form(choice): Form<Choice>) -> Response {
    let Some(person) = named(&choice.user) else {
        return (StatusCode::BAD_REQUEST, "There is no such demo user.\n").into_response();
    };
    let session = random::text(24);
    hall.core.ledger.secret(&session);
    hall.core
        .ledger
        .record(NAME, format!("{} signed in", person.id));
    let cookie = format!(
        "{}={session}; Path=/; HttpOnly; SameSite=Strict",
        hall.cookie
    );
    let csrf = random::text(24);
    hall.core.ledger.secret(&csrf);
    let guest = Guest { person, csrf };
    hall.guests().sessions.insert(session, guest);
    let next = local(choice.next.as_deref()).to_owned();
    ([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response()
}

/// Signs out as at the approuter: GET with `x-csrf-token: fetch` answers a token, POST with it
/// ends the session and answers where to go next.
pub(super) async fn leave(
    Shared(hall): Shared<Arc<Hall>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(guest) = guest(&hall, &headers) else {
        return Redirect::to("/login").into_response();
    };
    match forgery::judge(&method, &headers, &guest.csrf) {
        Verdict::Fetches => return forgery::handed(StatusCode::OK.into_response(), &guest.csrf),
        Verdict::Forged => return forgery::refused(),
        Verdict::Passes if method != Method::POST => {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response();
        }
        Verdict::Passes => {}
    }
    if let Some(session) = cookie(&hall, &headers) {
        hall.guests().sessions.remove(session);
    }
    let gone = format!(
        "{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
        hall.cookie
    );
    ([(header::SET_COOKIE, gone)], "/login").into_response()
}

/// Fields and names as the approuter's user API answers them.
pub(super) async fn current_user(Shared(hall): Shared<Arc<Hall>>, headers: HeaderMap) -> Response {
    let Some(Guest { person, .. }) = guest(&hall, &headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    Json(json!({
        "firstname": person.given_name,
        "lastname": person.family_name,
        "email": person.email,
        "name": person.scim_id,
        "displayName": format!("{} ({})", person.full_name(), person.scim_id),
    }))
    .into_response()
}

/// A path of this site, and nothing that a browser would take for another one.
fn local(next: Option<&str>) -> &str {
    let plain = |path: &&str| {
        let second = path.as_bytes().get(1);
        path.starts_with('/')
            && !matches!(second, Some(b'/' | b'\\'))
            && path.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(plain).unwrap_or("/")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_site_are_gone_to_after_signing_in() {
        assert_eq!(
            local(Some("/catalog/Buckets?$top=1")),
            "/catalog/Buckets?$top=1"
        );
        for elsewhere in [
            "//evil.io",
            "/\\evil.io",
            "https://evil.io",
            "",
            "/a\r\nb",
            "/\t/evil.io",
        ] {
            assert_eq!(local(Some(elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(local(None), "/");
    }
}
