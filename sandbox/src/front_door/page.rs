//! The page: the built UI5 application in `webapp/dist`, or the plain page where nothing was
//! built. Files are read when somebody asks for them, so that a new build shows at once; headers
//! are those that the approuter sends, from its own `xs-app.json`.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::{Hall, session, text};

/// The plain page, which needs no build.
const PLAIN: [&str; 3] = ["simple.html", "simple.js", "simple.css"];

/// Where the page is, and what is said about it in headers.
#[derive(Debug, Clone)]
pub struct Page {
    built: PathBuf,
    plain: PathBuf,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Page {
    /// The page of the repository in this folder.
    ///
    /// # Errors
    ///
    /// `approuter/xs-app.json` can't be read, or has headers that are none.
    pub fn of(repository: &Path) -> io::Result<Self> {
        let plain = repository.join("webapp");
        Ok(Self {
            built: plain.join("dist"),
            plain,
            headers: response_headers(&repository.join("approuter/xs-app.json"))?,
        })
    }

    /// Whether the UI5 application was built; if not, the plain page stands in.
    pub fn is_built(&self) -> bool {
        let index = self.built.join("index.html");
        index.is_file() || packed(&index).is_file()
    }

    /// The file that a path of the URL names, if it is one of the page's.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let name = percent_decode_str(path.trim_start_matches('/'))
            .decode_utf8()
            .ok()?;
        let name = match name.as_ref() {
            "" | "index.html" if !self.is_built() => "simple.html",
            "" => "index.html",
            name => name,
        };
        // No hidden files, no way up; a backslash or a colon means something on other systems.
        let plain = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
        };
        if !name.split('/').all(plain) {
            return None;
        }
        let in_folder = |folder: &Path| {
            let file = folder.join(name);
            let forms = [file.canonicalize(), packed(&file).canonicalize()];
            let found = forms.into_iter().find_map(Result::ok)?;
            // What a link inside the folder points to must be inside as well.
            let inside = found.starts_with(folder.canonicalize().ok()?);
            (inside && found.is_file()).then_some(file)
        };
        let plain = PLAIN.contains(&name).then_some(&self.plain);
        in_folder(&self.built).or_else(|| in_folder(plain?))
    }
}

/// Reads the headers that the approuter adds to every answer.
fn response_headers(file: &Path) -> io::Result<Vec<(HeaderName, HeaderValue)>> {
    let wrong = |what: String| io::Error::other(format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let config: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let entries = config.get("responseHeaders").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| wrong("no responseHeaders".to_owned()))?;
    let header = |entry: &Value| {
        let part = |key: &str| entry.get(key).and_then(Value::as_str);
        let name = HeaderName::try_from(part("name")?).ok()?;
        Some((name, HeaderValue::try_from(part("value")?).ok()?))
    };
    entries
        .iter()
        .map(|entry| header(entry).ok_or_else(|| wrong(format!("no header: {entry}"))))
        .collect()
}

/// Answers a file of the page; who is not signed in is led to the login page instead of a page.
pub(super) async fn file(hall: &Hall, asked: &Parts) -> Response {
    if ![Method::GET, Method::HEAD].contains(&asked.method) {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    let Some(file) = hall.page.file(asked.uri.path()) else {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    };
    let is_page = file.extension() == Some(OsStr::new("html"));
    if is_page && session::guest(hall, &asked.headers).is_none() {
        return to_login(&asked.uri);
    }
    match answer(&file, &asked.headers).await {
        Ok(response) => response,
        Err(error) => {
            let text = format!("The page's file can't be read: {error}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

/// Leads a browser to the login page, and back to where it was.
pub(super) fn to_login(uri: &Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let next = utf8_percent_encode(path, NON_ALPHANUMERIC);
    Redirect::to(&format!("/login?next={next}")).into_response()
}

async fn answer(file: &Path, headers: &HeaderMap) -> io::Result<Response> {
    let packed = tokio::fs::read(packed(file)).await.ok();
    let is_packed = packed.is_some() && takes_gzip(headers);
    let content = match packed {
        Some(packed) if is_packed => packed,
        // A clone has the packed form only (docs/decisions/0013-the-built-page.md).
        Some(packed) if !file.is_file() => unpacked(&packed)?,
        _ => tokio::fs::read(file).await?,
    };
    // Of the bytes that are sent, so that the two encodings have a tag each (RFC 9110 §8.8.3).
    let tag = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &content));
    let tag = format!("\"{tag}\"");
    let known = text(headers, header::IF_NONE_MATCH.as_str()).is_some_and(|known| {
        let mut tags = known
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"));
        tags.any(|one| one == tag || one == "*")
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type(file))], content).into_response()
    };
    let answered = response.headers_mut();
    answered.insert(
        header::ETAG,
        HeaderValue::try_from(tag).map_err(io::Error::other)?,
    );
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if is_packed {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Where the packed form of a file is.
fn packed(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut content)?;
    Ok(content)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = text(headers, header::ACCEPT_ENCODING.as_str()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip")
            && weight.is_none_or(|it| it.is_ok_and(|it| it > 0.0))
    })
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(OsStr::to_str).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "xml" => "application/xml; charset=utf-8",
        "properties" | "txt" | "md" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// Adds the approuter's headers to what comes from the front door itself.
pub(super) async fn guarded(
    Shared(hall): Shared<Arc<Hall>>,
    request: Request,
    next: Next,
) -> Response {
    with_headers(&hall, next.run(request).await)
}

pub(super) fn with_headers(hall: &Hall, mut response: Response) -> Response {
    for (name, value) in &hall.page.headers {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    let uncached = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(uncached);
    response
}
