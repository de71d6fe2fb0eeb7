//! What makes a token of AWS (IAM outbound identity federation, STS `GetWebIdentityToken`) a
//! caller: its account's issuer, an audience of ours, an account, organisation and role that an
//! operator let in. Pure: it looks at claims and asks nobody.
//!
//! Source: IAM User Guide, "Understand token claims" of outbound identity federation. Tags of the
//! request (`request_tags`) are the workload's own words and are never looked at.

use std::time::{Duration, SystemTime};

use super::Kind;
use super::claims::{Claimed, check_life, time_left};
use super::keys::{Asker, Place};
use super::refusal::{Reason, Refusal};
use super::strict_json::Object;
use crate::settings::AwsCaller;

/// Claim that holds what only AWS says; no other issuer has it.
pub(super) const OWN_CLAIM: &str = "https://sts.amazonaws.com/";

/// Longest life that `GetWebIdentityToken` gives a token.
const LONGEST_LIFE: Duration = Duration::from_hours(1);

/// Longest ARN of a role: path and name take up to 576 characters.
const LONGEST_ARN: usize = 640;

/// Partitions that AWS has.
const PARTITIONS: [&str; 4] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"];

/// The setting `aws_callers` as rules for tokens.
#[derive(Debug)]
pub(crate) struct AwsRules(Vec<AwsCaller>);

impl AwsRules {
    /// The rules of the setting; `None` when nobody is listed.
    pub(super) fn new(callers: &[AwsCaller]) -> Option<Self> {
        (!callers.is_empty()).then(|| Self(callers.to_vec()))
    }

    /// Checks everything that can be checked without a key.
    ///
    /// A principal that AWS vouches for but no entry lets in becomes a caller without any right:
    /// it is known who that is, and the log tells it.
    pub(super) fn check(&self, claims: &Object, now: SystemTime) -> Result<Claimed, Refusal> {
        let issuer = claims.required_text("iss")?;
        let entries: Vec<&AwsCaller> = self.0.iter().filter(|it| it.issuer == issuer).collect();
        if entries.is_empty() {
            return Err(Refusal::seeing(Reason::Issuer, issuer));
        }
        let audience = claims.texts("aud")?;
        if !claims.has("aud") {
            return Err(Reason::Missing("aud").into());
        }
        let meant: Vec<&AwsCaller> = entries
            .into_iter()
            .filter(|it| audience.contains(&it.audience.as_str()))
            .collect();
        if meant.is_empty() {
            return Err(Reason::Audience.into());
        }
        let left = time_left(claims, now)?;
        check_life(claims, LONGEST_LIFE)?;
        let workload = Workload::of(claims)?;
        let granted = meant.into_iter().filter(|it| workload.is_let_in_by(it));
        // where several entries let it in, the highest right wins
        let scope = granted.map(|it| it.scope).max();
        Ok(Claimed {
            asker: Asker {
                place: Place::Discovered(issuer.to_owned()),
                own: true,
                party: None,
            },
            issuer_names: [issuer.to_owned(), issuer.to_owned()],
            id: workload.arn,
            kind: Kind::Technical,
            scope,
            left,
        })
    }
}

/// Who the token was issued to.
struct Workload {
    arn: String,
    account: String,
    org_id: Option<String>,
    is_user: bool,
}

impl Workload {
    fn of(claims: &Object) -> Result<Self, Refusal> {
        let arn = claims.required_text("sub")?;
        let shown = arn.bytes().all(|byte| byte.is_ascii_graphic());
        if arn.len() > LONGEST_ARN || !shown {
            return Err(Reason::Unusable("sub").into());
        }
        let own = claims
            .object(OWN_CLAIM)?
            .ok_or(Reason::Missing("aws_account"))?;
        let account = own.required_text("aws_account")?;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", owner, resource] = parts.as_slice() else {
            return Err(Refusal::seeing(Reason::Principal, arn));
        };
        if *owner != account {
            return Err(Refusal::seeing(Reason::Account, arn));
        }
        let is_user = resource.starts_with("user/");
        let is_known = is_user || resource.starts_with("role/");
        if !PARTITIONS.contains(partition) || !is_known {
            return Err(Refusal::seeing(Reason::Principal, arn));
        }
        Ok(Self {
            arn: arn.to_owned(),
            account: account.to_owned(),
            org_id: own.text("org_id")?.map(str::to_owned),
            is_user,
        })
    }

    fn is_let_in_by(&self, entry: &AwsCaller) -> bool {
        let org_fits = entry
            .org_id
            .as_deref()
            .is_none_or(|id| self.org_id.as_deref() == Some(id));
        entry.accounts.contains(&self.account)
            && org_fits
            && (entry.users || !self.is_user)
            && entry.subjects.allow(&self.arn)
    }
}
