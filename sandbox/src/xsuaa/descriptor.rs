//! The application security descriptor `xs-security.json`, as far as it decides about tokens:
//! scopes, role templates, role collections, authorities, token validity.
//!
//! "Application Security Descriptor Configuration Syntax" in SAP's documentation of BTP.

use std::io;

use serde::Deserialize;

/// Stands for the application's name, which is known when the instance is made.
const PLACEHOLDER: &str = "$XSAPPNAME";

/// The real service's answer to a descriptor that says nothing.
const DEFAULT_TOKEN_LIFE: i64 = 43_200;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Descriptor {
    xsappname: String,
    scopes: Vec<Scope>,
    role_templates: Vec<Template>,
    role_collections: Vec<Collection>,
    #[serde(default)]
    authorities: Vec<String>,
    #[serde(default)]
    oauth2_configuration: OAuth2,
}

#[derive(Debug, Deserialize)]
struct Scope {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Template {
    name: String,
    scope_references: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Collection {
    name: String,
    role_template_references: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OAuth2 {
    token_validity: Option<i64>,
}

impl Descriptor {
    /// The one that is deployed with the catalogue.
    pub(super) fn of_the_repository() -> io::Result<Self> {
        Self::read(include_str!("../../../xs-security.json"))
    }

    /// Refuses what the real service refuses too: references to what the file does not define.
    fn read(text: &str) -> io::Result<Self> {
        let descriptor: Self = serde_json::from_str(text).map_err(io::Error::other)?;
        let undefined =
            |what: &str| io::Error::other(format!("xs-security.json defines no {what}"));
        for scope in descriptor
            .role_templates
            .iter()
            .flat_map(|template| &template.scope_references)
        {
            if !descriptor.scopes.iter().any(|known| known.name == *scope) {
                return Err(undefined(scope));
            }
        }
        for template in descriptor
            .role_collections
            .iter()
            .flat_map(|collection| &collection.role_template_references)
        {
            if descriptor.template(template).is_none() {
                return Err(undefined(template));
            }
        }
        Ok(descriptor)
    }

    pub(super) fn name(&self) -> &str {
        &self.xsappname
    }

    pub(super) fn token_life(&self) -> i64 {
        self.oauth2_configuration
            .token_validity
            .unwrap_or(DEFAULT_TOKEN_LIFE)
    }

    /// What the application's own client may do; `$ACCEPT_GRANTED_AUTHORITIES` is no scope.
    pub(super) fn authorities(&self, app_name: &str) -> Vec<String> {
        let scopes = self.authorities.iter();
        scopes
            .filter(|scope| scope.starts_with(PLACEHOLDER))
            .map(|scope| scope.replace(PLACEHOLDER, app_name))
            .collect()
    }

    /// Whole names of the scopes that come with a role collection; it may hold a scope twice.
    pub(super) fn scopes_of(&self, collection: &str, app_name: &str) -> Vec<String> {
        self.role_collections
            .iter()
            .filter(|known| known.name == collection)
            .flat_map(|known| &known.role_template_references)
            .filter_map(|reference| self.template(reference))
            .flat_map(|template| &template.scope_references)
            .map(|scope| scope.replace(PLACEHOLDER, app_name))
            .collect()
    }

    fn template(&self, reference: &str) -> Option<&Template> {
        let name = reference.strip_prefix(PLACEHOLDER)?.strip_prefix('.')?;
        self.role_templates
            .iter()
            .find(|template| template.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositorys_descriptor_gives_each_role_collection_its_scopes() {
        let descriptor = Descriptor::of_the_repository().unwrap();
        for (collection, expected) in [
            ("S3 Catalogue Reader", vec!["app!t1.Read"]),
            ("S3 Catalogue Writer", vec!["app!t1.Read", "app!t1.Write"]),
            (
                "S3 Catalogue Administrator",
                vec!["app!t1.Read", "app!t1.Write", "app!t1.Admin"],
            ),
            ("Somebody Else's", vec![]),
        ] {
            assert_eq!(descriptor.scopes_of(collection, "app!t1"), expected);
        }
    }

    #[test]
    fn authorities_are_scopes_and_validity_has_a_default() {
        let text = r#"{"xsappname": "a", "scopes": [], "role-templates": [],
            "role-collections": [],
            "authorities": ["$ACCEPT_GRANTED_AUTHORITIES", "$XSAPPNAME.Read"]}"#;
        let descriptor = Descriptor::read(text).unwrap();
        assert_eq!(descriptor.authorities("a!t1"), ["a!t1.Read"]);
        assert_eq!(descriptor.token_life(), 43_200);
    }

    #[test]
    fn a_reference_to_nothing_is_refused() {
        let with = |scope: &str, template: &str| {
            let text = format!(
                r#"{{"xsappname": "a", "scopes": [{{"name": "$XSAPPNAME.Read"}}],
                "role-templates": [{{"name": "R", "scope-references": ["{scope}"]}}],
                "role-collections": [{{"name": "C", "role-template-references": ["{template}"]}}]}}"#
            );
            Descriptor::read(&text)
        };
        assert!(with("$XSAPPNAME.Read", "$XSAPPNAME.R").is_ok());
        assert!(with("$XSAPPNAME.Reed", "$XSAPPNAME.R").is_err());
        assert!(with("$XSAPPNAME.Read", "$XSAPPNAME.S").is_err());
    }
}
