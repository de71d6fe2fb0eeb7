//! Tokens against forged requests, given and asked for as the approuter does it: `x-csrf-token:
//! fetch` on GET or HEAD answers the session's token, every other method must bring it.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::text;

pub(super) const TOKEN: &str = "x-csrf-token";

/// What the token of a request says about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passes,
    /// It asks for the token.
    Fetches,
    /// It would change something and does not bring the session's token.
    Forged,
}

pub(super) fn judge(method: &Method, headers: &HeaderMap, token: &str) -> Verdict {
    let brought = text(headers, TOKEN);
    if [Method::GET, Method::HEAD].contains(method) {
        return match brought {
            Some(word) if word.eq_ignore_ascii_case("fetch") => Verdict::Fetches,
            _ => Verdict::Passes,
        };
    }
    if brought == Some(token) {
        Verdict::Passes
    } else {
        Verdict::Forged
    }
}

pub(super) fn refused() -> Response {
    let advice = "Forbidden: GET with x-csrf-token: fetch answers the token that \
                  this request must bring.\n";
    (StatusCode::FORBIDDEN, [(TOKEN, "Required")], advice).into_response()
}

/// Hands the token out with an answer.
pub(super) fn handed(mut response: Response, token: &str) -> Response {
    if let Ok(token) = HeaderValue::from_str(token) {
        response.headers_mut().insert(TOKEN, token);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_goes_without_a_token() {
        let judged = |method: Method, token: Option<&str>| {
            let headers = token.map(|token| (TOKEN.parse().unwrap(), token.parse().unwrap()));
            judge(&method, &HeaderMap::from_iter(headers), "right")
        };
        assert_eq!(judged(Method::GET, None), Verdict::Passes);
        assert_eq!(judged(Method::HEAD, Some("Fetch")), Verdict::Fetches);
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            assert_eq!(judged(method.clone(), Some("right")), Verdict::Passes);
            for wrong in [None, Some("wrong"), Some("fetch"), Some("")] {
                assert_eq!(
                    judged(method.clone(), wrong),
                    Verdict::Forged,
                    "{method} {wrong:?}"
                );
            }
        }
    }
}
