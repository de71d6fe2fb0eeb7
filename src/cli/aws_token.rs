//! `aws-token`: a token of AWS with which a Lambda function, a container or an instance calls the
//! catalogue; the other half of the setting `aws_callers`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use secrecy::ExposeSecret as _;
use serde_json::{Value as Json, json};

use super::{CommandFailed, Help};
use crate::aws::outbound::{NoToken, Wanted, web_identity_token};

const HELP: Help = "\
Prints a token of AWS (IAM outbound identity federation) for calling the catalogue

Usage: btp-s3-catalog aws-token --audience AUDIENCE [options]

Runs in an AWS workload and asks AWS STS (GetWebIdentityToken) with the default credential
chain. The catalogue accepts the token if its setting aws_callers lets the workload in.

Options:
      --audience A     whom the token is for; may be given up to ten times
      --algorithm ALG  ES384 (default) or RS256
      --duration S     life in seconds, 60 to 3600 (default 300)
      --region R       region whose STS is asked (default: as the AWS SDKs find it)
      --decode         print what the token says instead of the token
  -h, --help           this text
";

/// What was asked for on the command line.
#[derive(Debug)]
enum Asked {
    Help,
    Token { wanted: Wanted, decode: bool },
}

/// Runs the command; the text is for stdout.
///
/// # Errors
/// Wrong arguments, no credentials, or what STS refuses.
pub async fn aws_token(arguments: Vec<String>) -> Result<String, CommandFailed> {
    let asked = parsed(arguments).map_err(|e| {
        CommandFailed::Usage(format!("{e}; btp-s3-catalog aws-token --help tells more"))
    })?;
    let (wanted, decode) = match asked {
        Asked::Help => return Ok(HELP.to_owned()),
        Asked::Token { wanted, decode } => (wanted, decode),
    };
    let failed = |e: NoToken| CommandFailed::Failed(e.to_string());
    let token = web_identity_token(&wanted).await.map_err(failed)?;
    let token = token.expose_secret();
    if !decode {
        return Ok(format!("{token}\n"));
    }
    let told = decoded(token).ok_or_else(|| {
        CommandFailed::Failed("STS answered with something that is no token".to_owned())
    })?;
    Ok(format!("{told:#}\n"))
}

fn parsed(arguments: Vec<String>) -> Result<Asked, lexopt::Error> {
    let mut wanted = Wanted {
        audience: Vec::new(),
        algorithm: "ES384".to_owned(),
        seconds: 300,
        region: None,
    };
    let mut decode = false;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("audience") => wanted.audience.push(parser.value()?.string()?),
            Long("algorithm") => {
                let algorithm = parser.value()?.string()?;
                if !["ES384", "RS256"].contains(&algorithm.as_str()) {
                    return Err("--algorithm is ES384 or RS256".into());
                }
                wanted.algorithm = algorithm;
            }
            Long("duration") => {
                wanted.seconds = parser.value()?.parse()?;
                if !(60..=3600).contains(&wanted.seconds) {
                    return Err("--duration is 60 to 3600 seconds".into());
                }
            }
            Long("region") => wanted.region = Some(parser.value()?.string()?),
            Long("decode") => decode = true,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected()),
        }
    }
    if wanted.audience.is_empty() {
        return Err("--audience is missing: write what the catalogue's aws_callers says".into());
    }
    Ok(Asked::Token { wanted, decode })
}

/// Header and claims of a token; nothing is verified.
fn decoded(token: &str) -> Option<Json> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Json>(&bytes).ok()
    });
    Some(json!({"header": parts.next()??, "claims": parts.next()??}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, String> {
        let arguments = line.split_whitespace().map(str::to_owned).collect();
        parsed(arguments).map_err(|e| e.to_string())
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let Ok(Asked::Token { wanted, decode }) = asked("--audience a --audience=b") else {
            panic!("refused")
        };
        assert_eq!(wanted.audience, ["a", "b"]);
        assert_eq!((wanted.algorithm.as_str(), wanted.seconds), ("ES384", 300));
        assert!(!decode && wanted.region.is_none());
        assert!(matches!(asked("--audience a -h"), Ok(Asked::Help)));
    }

    #[test]
    fn what_sts_would_refuse_is_told_before_it_is_asked() {
        for (line, told) in [
            ("", "--audience is missing"),
            ("--audience", "missing argument"),
            ("--audience a --algorithm HS256", "ES384 or RS256"),
            ("--audience a --duration 59", "60 to 3600"),
            ("--audience a --duration 3601", "60 to 3600"),
            ("--audience a --duration soon", "cannot parse argument"),
            ("--audience a --nonsense", "invalid option '--nonsense'"),
            ("--audience a more", "unexpected argument"),
        ] {
            let said = asked(line).expect_err(line);
            assert!(said.contains(told), "{line}: {said}");
        }
    }
}
