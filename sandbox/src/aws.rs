//! The AWS half of a sandbox, started and wired: one account in one region, one role that the
//! three strategies may take, and every endpoint both plain and with TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;

use crate::Core;
use crate::iam::{Account, OidcProvider, Role, Trust, UserKey};
use crate::outbound::Outbound;
use crate::pki::{Authority, Key};
use crate::roles_anywhere::{self, Profile, RolesAnywhere, TrustAnchor};
use crate::s3::{self, S3};
use crate::serve::{Listening, serve};
use crate::sessions::{Details, Grant, Session, Source};
use crate::{random, sts};

/// Twelve hours: no session that AWS would give is refused for its length.
const LONGEST_SESSION: Duration = Duration::from_hours(12);

/// What AWS workloads ask their tokens for when they mean to call the catalogue.
pub const WORKLOAD_AUDIENCE: &str = "s3-catalog";

/// Role of the account's workload.
const WORKLOAD_ROLE: &str = "nightly-job";

/// Where the AWS half lives and what it starts with.
#[derive(Debug, Clone)]
pub struct Options {
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// Keeps buckets and objects; `None`: a temporary folder that goes with the sandbox.
    pub data: Option<PathBuf>,
    /// Whether an empty data folder gets the demo buckets.
    pub demo_buckets: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            region: "eu-central-1".to_owned(),
            account: "111122223333".to_owned(),
            data: None,
            demo_buckets: false,
        }
    }
}

/// One stand-in under two addresses.
#[derive(Debug)]
pub struct Endpoint {
    /// `http://127.0.0.1:port`.
    pub http: String,
    /// `https://127.0.0.1:port`, with a certificate below the sandbox's root.
    pub https: String,
    _listening: [Listening; 2],
}

impl Endpoint {
    async fn start(core: &Core, name: &'static str, router: Router) -> io::Result<Self> {
        let plain = serve(core, name, router.clone(), None).await?;
        let secure = serve(core, name, router, Some(core.pki.server()?)).await?;
        Ok(Self {
            http: plain.url.clone(),
            https: secure.url.clone(),
            _listening: [plain, secure],
        })
    }
}

/// The AWS half; dropping it ends its stand-ins.
#[derive(Debug)]
pub struct Aws {
    /// Roles, users, providers, sessions.
    pub account: Account,
    /// Trust anchors and profiles.
    pub registry: RolesAnywhere,
    /// Buckets and objects.
    pub storage: S3,
    pub roles_anywhere: Endpoint,
    pub sts: Endpoint,
    pub s3: Endpoint,
    /// The account's issuer of tokens for others.
    pub outbound: Outbound,
    /// The role that every strategy takes, see [`Aws::start`].
    pub role_arn: String,
    pub trust_anchor_arn: String,
    pub profile_arn: String,
    /// The CA behind the trust anchor.
    pub authority: Authority,
    /// The user whose key lies in the Credential Store.
    pub user: UserKey,
    /// What that user must send with `AssumeRole`.
    pub external_id: String,
    _folder: Folder,
}

impl Aws {
    /// Starts Roles Anywhere, STS with its issuer, and S3.
    ///
    /// The role trusts the trust anchor and the user from the start, and an OIDC provider once
    /// [`Aws::trust_identity_provider`] was called.
    pub async fn start(core: &Core, options: &Options) -> io::Result<Self> {
        let account = Account::new(core, &options.account, &options.region);
        let registry = RolesAnywhere::default();
        let folder = Folder::open(options.data.as_deref())?;
        let storage = S3::open(&account, &folder.path)?;
        if options.demo_buckets {
            storage.seed().await?;
        }
        let workload = account.role_arn(WORKLOAD_ROLE);
        let outbound = Outbound::start(&account, &workload).await?;
        let resource = |kind: &str| {
            let Options {
                region, account, ..
            } = options;
            format!(
                "arn:aws:rolesanywhere:{region}:{account}:{kind}/{}",
                random::uuid()
            )
        };
        let aws = Self {
            roles_anywhere: Endpoint::start(
                core,
                roles_anywhere::NAME,
                roles_anywhere::router(&account, &registry),
            )
            .await?,
            sts: Endpoint::start(core, sts::NAME, sts::router(&account, &outbound)?).await?,
            s3: Endpoint::start(core, s3::NAME, storage.router()).await?,
            role_arn: account.role_arn("s3-catalog"),
            trust_anchor_arn: resource("trust-anchor"),
            profile_arn: resource("profile"),
            authority: Authority::root("Sandbox Workload CA", Key::P256, &core.clock)?,
            user: account.add_user("s3-catalog-bridge"),
            external_id: format!("btp-{}", random::uuid()),
            outbound,
            account,
            registry,
            storage,
            _folder: folder,
        };
        aws.put_defaults();
        Ok(aws)
    }

    fn put_defaults(&self) {
        self.registry.put_trust_anchor(TrustAnchor {
            arn: self.trust_anchor_arn.clone(),
            alias: Some(self.alias("trust-anchor/btp")),
            certificates: vec![self.authority.certificate_der().to_vec()],
            enabled: true,
            revoked: Vec::new(),
        });
        self.registry.put_profile(Profile {
            arn: self.profile_arn.clone(),
            alias: Some(self.alias("profile/s3-catalog")),
            roles: vec![self.role_arn.clone()],
            duration: LONGEST_SESSION,
            accepts_role_session_name: true,
            enabled: true,
        });
        self.account.iam.put_role(self.role(Vec::new()));
    }

    /// Alias ARN of the trust anchor (`trust-anchor/btp`) or profile (`profile/s3-catalog`).
    pub fn alias(&self, name: &str) -> String {
        let Account { region, id, .. } = &self.account;
        format!("arn:aws:rolesanywhere:{region}:{id}:alias/{name}")
    }

    /// A session as a Lambda function or an instance of the account has it.
    pub fn workload_session(&self) -> Session {
        let role = Role::new(&self.account.role_arn(WORKLOAD_ROLE), Vec::new());
        self.account.sessions.issue(Grant {
            source: Source::AssumeRole,
            role: &role,
            session_name: "i-0sandbox",
            duration: LONGEST_SESSION,
            details: Details::default(),
        })
    }

    /// Lets the role be taken with this client's own tokens (audience and subject) of this issuer.
    pub fn trust_identity_provider(&self, issuer: &str, client_id: &str) {
        self.account.iam.put_provider(OidcProvider {
            issuer: issuer.to_owned(),
            client_ids: vec![client_id.to_owned()],
            reachable_at: None,
        });
        self.account
            .iam
            .put_role(self.role(vec![Trust::WebIdentity {
                issuer: issuer.to_owned(),
                audiences: vec![client_id.to_owned()],
                // Users of the same application get tokens for the same audience.
                subjects: vec![client_id.to_owned()],
                may_tag: true,
                may_set_source_identity: true,
            }]));
    }

    fn role(&self, more: Vec<Trust>) -> Role {
        let mut trust = vec![
            Trust::RolesAnywhere {
                source_arn: Some(self.trust_anchor_arn.clone()),
                common_name: None,
            },
            Trust::User {
                arn: self.user.user_arn.clone(),
                external_id: Some(self.external_id.clone()),
                may_tag: true,
                may_set_source_identity: true,
            },
        ];
        trust.extend(more);
        Role::new(&self.role_arn, trust).max_session(LONGEST_SESSION)
    }
}

/// A data folder, and whether it must go.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn open(chosen: Option<&Path>) -> io::Result<Self> {
        let (path, temporary) = match chosen {
            Some(path) => (path.to_owned(), false),
            None => (
                std::env::temp_dir().join(format!("sandbox-{}", random::uuid())),
                true,
            ),
        };
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "temporary folder stays");
        }
    }
}
