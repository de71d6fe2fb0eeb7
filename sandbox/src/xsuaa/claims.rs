//! What the tokens of a subaccount say, in the names and shapes of the real ones. Composed from
//! what SAP's libraries read (`@sap/xssec`, cloud-security-services-integration-library); fields
//! that no library looks at are there so that nobody takes their absence for granted.

use serde_json::{Value, json};

use super::{SUBDOMAIN, Zone};
use crate::people::Person;
use crate::random;

/// What every client may do: ask for tokens.
const OWN_RESOURCE: &str = "uaa.resource";

/// How the trust configuration of the subaccount maps groups of the identity provider.
const ROLE_COLLECTIONS: [(&str, &str); 3] = [
    ("S3CatalogReader", "S3 Catalogue Reader"),
    ("S3CatalogWriter", "S3 Catalogue Writer"),
    ("S3CatalogAdmin", "S3 Catalogue Administrator"),
];

/// The header of tokens that the key `kid` of this address signs.
pub(super) fn header(kid: &str, url: &str) -> Value {
    json!({ "alg": "RS256", "jku": format!("{url}/token_keys"), "kid": kid, "typ": "JWT" })
}

impl Zone {
    /// Claims of a signed-in user, with the scopes of the role collections of the user's groups.
    pub(super) fn user_claims(&self, person: &Person) -> Value {
        let collections: Vec<&str> = ROLE_COLLECTIONS
            .iter()
            .filter(|(group, _)| person.groups.contains(group))
            .map(|&(_, collection)| collection)
            .collect();
        let mut scopes = vec!["openid".to_owned()];
        for collection in &collections {
            for scope in self.descriptor.scopes_of(collection, &self.app_name) {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        let more = json!({
            "sub": person.scim_id,
            "user_id": person.scim_id,
            "user_uuid": person.scim_id,
            "user_name": person.email,
            "email": person.email,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "origin": "sap.custom",
            "grant_type": "authorization_code",
            "auth_time": self.core.clock.unix(),
            "az_attr": {},
            "xs.user.attributes": {},
            "xs.system.attributes": { "xs.rolecollections": collections },
        });
        self.claims(&self.client_id, &scopes, more)
    }

    /// Claims of a client that has signed in by itself.
    pub(super) fn technical_claims(&self, client_id: &str, authorities: &[String]) -> Value {
        let mut scopes = vec![OWN_RESOURCE.to_owned()];
        scopes.extend_from_slice(authorities);
        let more = json!({
            "sub": client_id,
            "authorities": scopes,
            "grant_type": "client_credentials",
        });
        self.claims(client_id, &scopes, more)
    }

    fn claims(&self, client_id: &str, scopes: &[String], more: Value) -> Value {
        let now = self.core.clock.unix();
        let mut claims = json!({
            "jti": random::uuid().replace('-', ""),
            "ext_attr": {
                "enhancer": "XSUAA",
                "subaccountid": self.id,
                "zdn": SUBDOMAIN,
                "serviceinstanceid": self.instance_id,
            },
            "iss": self.issuer(),
            "zid": self.id,
            "client_id": client_id,
            "cid": client_id,
            "azp": client_id,
            "aud": audience(client_id, scopes),
            "scope": scopes,
            "rev_sig": random::uuid().get(..8),
            "iat": now,
            "exp": now + self.state().token_life,
        });
        if let (Value::Object(claims), Value::Object(more)) = (&mut claims, more) {
            claims.extend(more);
        }
        claims
    }
}

/// The UAA derives the audience: of each scope what comes before its last dot, and the client.
fn audience(client_id: &str, scopes: &[String]) -> Vec<String> {
    let mut audience: Vec<String> = Vec::new();
    let parts = scopes.iter().map(|scope| {
        scope
            .rsplit_once('.')
            .map_or(scope.as_str(), |(app, _)| app)
    });
    for part in parts.chain([client_id]) {
        if !audience.iter().any(|known| known == part) {
            audience.push(part.to_owned());
        }
    }
    audience
}
