//! The AWS side as a whole: what CloudFormation and Terraform both write down.

use super::document::{Piece, Reference, Text};
use super::names::Checked;
use super::options::Mode;

/// `key` and value of a tag, or of a pin.
pub(super) type Pair = (Checked, Checked);

/// Everything that is to exist in AWS.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) name: Checked,
    pub(super) source: Source,
    pub(super) mode: Mode,
    pub(super) buckets: Vec<Checked>,
    /// Whether the stack makes the buckets, or finds them.
    pub(super) buckets_are_new: bool,
    pub(super) tags: Vec<Pair>,
    pub(super) vpc_endpoint: Option<Checked>,
}

/// The credential source, with what its trust policy must know.
#[derive(Debug)]
pub(super) enum Source {
    RolesAnywhere {
        anchor: Anchor,
        pins: Vec<Pair>,
    },
    Oidc {
        /// Without `https://`.
        issuer: Checked,
        /// A provider that exists already.
        provider: Option<Checked>,
        client_id: Option<Checked>,
    },
    CredentialStore {
        external_id: Option<Checked>,
    },
}

#[derive(Debug)]
pub(super) enum Anchor {
    /// The CA's certificate.
    New {
        pem: String,
    },
    Existing(Checked),
}

/// A value that may be given when the stack is made, because it is known late.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) of: Reference,
    pub(super) description: &'static str,
    pub(super) pattern: &'static str,
    pub(super) given: Option<Checked>,
}

impl Source {
    /// The value of the setting `credential_source`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::RolesAnywhere { .. } => "roles-anywhere",
            Self::Oidc { .. } => "oidc",
            Self::CredentialStore { .. } => "credential-store",
        }
    }
}

impl Stack {
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![Parameter {
            of: Reference::VpcEndpointId,
            description: "VPC endpoint of SAP Private Link: the first part of the binding's hostname, vpce- and 17 digits",
            pattern: "^vpce-[0-9a-f]{8,17}$",
            given: self.vpc_endpoint.clone(),
        }];
        match &self.source {
            Source::RolesAnywhere { .. } => {}
            Source::Oidc { client_id, .. } => parameters.push(Parameter {
                of: Reference::ClientId,
                description: "clientid of the binding of SAP Cloud Identity Services",
                pattern: "^[A-Za-z0-9._:/-]{1,255}$",
                given: client_id.clone(),
            }),
            Source::CredentialStore { external_id } => parameters.push(Parameter {
                of: Reference::ExternalId,
                description: "A random text that whoever takes the role must name; no secret",
                pattern: "^[A-Za-z0-9_+=,.@:/-]{2,1224}$",
                given: external_id.clone(),
            }),
        }
        parameters
    }

    /// The settings of the service that AWS decides, as docs/reference/settings.md names them.
    pub(super) fn settings(&self) -> Vec<(&'static str, Text)> {
        let mut settings = vec![
            ("credential_source", Text::from(self.source.name())),
            ("region", Reference::Region.into()),
            ("role_arn", Reference::RoleArn.into()),
        ];
        match &self.source {
            Source::RolesAnywhere { anchor, .. } => {
                let anchor = match anchor {
                    Anchor::New { .. } => Reference::TrustAnchorArn.into(),
                    Anchor::Existing(arn) => arn.into(),
                };
                settings.push(("trust_anchor_arn", anchor));
                settings.push(("profile_arn", Reference::ProfileArn.into()));
            }
            Source::Oidc { .. } => {}
            Source::CredentialStore { .. } => {
                settings.push(("external_id", Reference::ExternalId.into()));
            }
        }
        settings
    }

    /// All settings as one JSON text; no value that AWS fills in needs an escape.
    pub(super) fn settings_as_json(&self) -> Text {
        let mut json = Text::default();
        for (key, value) in self.settings() {
            let lead = if json.0.is_empty() { "{" } else { "," };
            json = json
                .and(format!("{lead}\"{key}\":\"").as_str())
                .and(value)
                .and("\"");
        }
        // neighbours that are words become one
        let mut joined: Vec<Piece> = Vec::new();
        for piece in json.and("}").0 {
            match (joined.last_mut(), piece) {
                (Some(Piece::Words(before)), Piece::Words(words)) => before.push_str(&words),
                (_, piece) => joined.push(piece),
            }
        }
        Text(joined)
    }
}
