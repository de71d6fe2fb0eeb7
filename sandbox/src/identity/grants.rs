//! What the tenant remembers of people who signed in: browsers, codes that wait to be redeemed,
//! refresh tokens. Each code and each refresh token is good for one use; a code that comes twice
//! was stolen, so everything that the first use gave ends with it (RFC 6749 §4.1.2).

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::people::Person;
use crate::random;

/// Seconds between signing in and redeeming the code.
const CODE_LIFE: i64 = 60;
/// The service's default for `refresh-validity`, in seconds.
const REFRESH_LIFE: i64 = 43_200;

/// One person's sign-in in one browser.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) person: &'static Person,
    /// Claim `sid`.
    pub(super) id: String,
    /// Claim `auth_time`, in seconds since 1970.
    pub(super) since: i64,
}

/// What a client asked for with the browser's help, and what it must show to get it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<Challenge>,
}

/// What the code verifier must fit (RFC 7636).
#[derive(Debug, Clone)]
pub(super) enum Challenge {
    Plain(String),
    Sha256(String),
}

impl Challenge {
    /// Whether this is the verifier; its form is checked too (RFC 7636 §4.1).
    fn is_met_by(&self, verifier: &str) -> bool {
        let well_formed = (43..=128).contains(&verifier.len())
            && verifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        well_formed
            && match self {
                Self::Plain(expected) => expected == verifier,
                Self::Sha256(expected) => {
                    *expected == BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
                }
            }
    }
}

/// Everything that was given and not taken back.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// By the value of the browser's cookie.
    browsers: HashMap<String, SignIn>,
    codes: HashMap<String, (Asked, SignIn, i64)>,
    spent_codes: HashMap<String, String>,
    /// Client, sign-in and end, in seconds since 1970.
    refresh_tokens: HashMap<String, (String, SignIn, i64)>,
    /// Ids of sign-ins whose tokens were taken back.
    revoked: HashSet<String>,
}

/// Why a code or a refresh token gives nothing; the error is `invalid_grant`.
pub(super) type Invalid = &'static str;

impl Grants {
    pub(super) fn browser(&self, cookie: &str) -> Option<&SignIn> {
        self.browsers.get(cookie)
    }

    /// Remembers the browser; the value of its cookie.
    pub(super) fn sign_in(&mut self, sign_in: SignIn) -> String {
        let cookie = random::text(24);
        self.browsers.insert(cookie.clone(), sign_in);
        cookie
    }

    pub(super) fn sign_out(&mut self, cookie: &str) {
        self.browsers.remove(cookie);
    }

    pub(super) fn code(&mut self, asked: Asked, sign_in: SignIn, now: i64) -> String {
        let code = random::text(24);
        let entry = (asked, sign_in, now + CODE_LIFE);
        self.codes.insert(code.clone(), entry);
        code
    }

    /// Takes a code; it is spent whether or not the rest fits.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now: i64,
    ) -> Result<(Asked, SignIn), Invalid> {
        if let Some(given) = self.spent_codes.get(code) {
            self.revoked.insert(given.clone());
            return Err("the code was used before; what it gave is taken back");
        }
        let (asked, sign_in, end) = self.codes.remove(code).ok_or("there is no such code")?;
        self.spent_codes.insert(code.to_owned(), sign_in.id.clone());
        if asked.client_id != client_id {
            return Err("the code was given to another client");
        }
        if redirect_uri != Some(asked.redirect_uri.as_str()) {
            return Err("redirect_uri is not the one that the code was asked for with");
        }
        if end <= now {
            return Err("the code is too old");
        }
        match (&asked.challenge, verifier) {
            (None, None) => {}
            (None, Some(_)) => return Err("code_verifier without a code_challenge before"),
            (Some(_), None) => return Err("code_verifier is missing"),
            (Some(challenge), Some(verifier)) if !challenge.is_met_by(verifier) => {
                return Err("code_verifier does not fit the code_challenge");
            }
            (Some(_), Some(_)) => {}
        }
        Ok((asked, sign_in))
    }

    pub(super) fn refresh_token(&mut self, client_id: &str, sign_in: SignIn, now: i64) -> String {
        let token = random::text(32);
        let entry = (client_id.to_owned(), sign_in, now + REFRESH_LIFE);
        self.refresh_tokens.insert(token.clone(), entry);
        token
    }

    /// Takes a refresh token; another one comes with the answer.
    pub(super) fn refresh(
        &mut self,
        token: &str,
        client_id: &str,
        now: i64,
    ) -> Result<SignIn, Invalid> {
        let found = self.refresh_tokens.remove(token);
        let (owner, sign_in, end) = found.ok_or("there is no such refresh token")?;
        if owner != client_id {
            return Err("the refresh token belongs to another client");
        }
        if self.revoked.contains(&sign_in.id) {
            return Err("the refresh token was taken back");
        }
        if end <= now {
            return Err("the refresh token is too old");
        }
        Ok(sign_in)
    }
}
