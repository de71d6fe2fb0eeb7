//! The Security Token Service of one region: `AssumeRoleWithWebIdentity`, `AssumeRole`,
//! `GetWebIdentityToken` and `GetCallerIdentity`, in the Query protocol (form in, XML out).
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::iam::Account;
use crate::outbound::Outbound;
use crate::sessions::Session;

mod answer;
mod assume_role;
mod caller;
mod form;
mod oidc;
mod policy;
mod web_identity;
mod web_identity_token;

use answer::{Answer, Refusal};
use form::Form;
use oidc::Oidc;

/// Name in ledger and faults.
pub const NAME: &str = "sts";

/// The only version there is.
const VERSION: &str = "2011-06-15";

/// A web identity token may have 20,000 characters, a policy 2,048.
const LARGEST_BODY: usize = 128 * 1024;

/// The stand-in's routes.
pub fn router(account: &Account, outbound: &Outbound) -> io::Result<Router> {
    let oidc = Oidc::new(&account.core)?;
    let desk = Arc::new(Desk {
        account: account.clone(),
        outbound: outbound.clone(),
        oidc,
    });
    Ok(Router::new().route("/", post(answer)).with_state(desk))
}

struct Desk {
    account: Account,
    outbound: Outbound,
    oidc: Oidc,
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST_BODY).await {
        Ok(body) => desk.dispatch(&parts, &body).await,
        Err(_) => Err(Refusal::validation("The request body can't be read.")),
    };
    match answer {
        Ok(answer) => answer.into_response(),
        Err(refusal) => {
            desk.account
                .core
                .ledger
                .record(NAME, format!("refused: {refusal}"));
            refusal.into_response()
        }
    }
}

impl Desk {
    async fn dispatch(&self, parts: &Parts, body: &Bytes) -> Result<Answer, Refusal> {
        let form = Form::read(parts, body)?;
        let action = form.optional("Action").unwrap_or_default();
        self.account
            .core
            .ledger
            .record(NAME, format!("asked for {action}"));
        if form.optional("Version") != Some(VERSION) {
            let version = form.optional("Version").unwrap_or_default();
            let message = format!("Could not find operation {action} for version {version}");
            return Err(Refusal::bad_request("InvalidAction", message));
        }
        match action {
            "AssumeRoleWithWebIdentity" => web_identity::assume_role(self, parts, &form).await,
            "AssumeRole" => {
                let caller = caller::verify(&self.account, parts, body)?;
                assume_role::assume_role(&self.account, &caller, &form)
            }
            "GetWebIdentityToken" => {
                let caller = caller::verify(&self.account, parts, body)?;
                web_identity_token::issue(&self.account, &self.outbound, &caller, &form)
            }
            "GetCallerIdentity" => {
                let caller = caller::verify(&self.account, parts, body)?;
                Ok(caller_identity(&self.account, &caller))
            }
            other => {
                let message = format!("Could not find operation {other} for version {VERSION}");
                Err(Refusal::bad_request("InvalidAction", message))
            }
        }
    }
}

fn caller_identity(account: &Account, caller: &caller::Caller) -> Answer {
    let mut answer = Answer::new("GetCallerIdentity");
    answer.text("Arn", caller.arn());
    answer.text("UserId", caller.id());
    answer.text("Account", &account.id);
    answer
}

/// The part of an answer that both kinds of `AssumeRole` share.
fn session_answer(action: &'static str, session: &Session, packed_policy_size: usize) -> Answer {
    let mut answer = Answer::new(action);
    answer.group("Credentials", |credentials| {
        credentials.text("AccessKeyId", &session.access_key_id);
        credentials.text("SecretAccessKey", &session.secret_access_key);
        credentials.text("SessionToken", &session.session_token);
        credentials.time("Expiration", session.expires);
    });
    answer.group("AssumedRoleUser", |user| {
        user.text("AssumedRoleId", &session.assumed_role_id);
        user.text("Arn", &session.assumed_role_arn);
    });
    answer.text("PackedPolicySize", &packed_policy_size.to_string());
    if let Some(source_identity) = &session.details.source_identity {
        answer.text("SourceIdentity", source_identity);
    }
    answer
}
