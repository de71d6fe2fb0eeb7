//! What xs-security.json, the very file that is deployed, gives to the demo users.

use serde_json::Value;

use crate::people::Person;

const DESCRIPTOR: &str = include_str!("../../../xs-security.json");

/// Role collections of this person, as an administrator would assign them for the groups.
pub(super) fn collections_of(person: &Person) -> Vec<&'static str> {
    let collection = |group: &&str| match *group {
        "S3CatalogReader" => Some("S3 Catalogue Reader"),
        "S3CatalogWriter" => Some("S3 Catalogue Writer"),
        "S3CatalogAdmin" => Some("S3 Catalogue Administrator"),
        _ => None,
    };
    person.groups.iter().filter_map(collection).collect()
}

/// Scopes that the person's role collections come to, with the application's name in them.
pub(super) fn scopes_of(person: &Person, app_name: &str) -> Vec<String> {
    let descriptor: Value = serde_json::from_str(DESCRIPTOR).unwrap_or_default();
    let collections = collections_of(person);
    let templates = members(&descriptor, "role-collections", &collections)
        .flat_map(|collection| texts(collection, "role-template-references"));
    let templates: Vec<&str> = templates
        .filter_map(|name| name.strip_prefix("$XSAPPNAME."))
        .collect();
    members(&descriptor, "role-templates", &templates)
        .flat_map(|template| texts(template, "scope-references"))
        .map(|scope| scope.replace("$XSAPPNAME", app_name))
        .collect()
}

/// Entries of a list that have one of these names.
fn members<'a>(
    descriptor: &'a Value,
    list: &str,
    names: &[&str],
) -> impl Iterator<Item = &'a Value> {
    let list = descriptor.get(list).and_then(Value::as_array);
    let wanted = |entry: &&Value| {
        let name = entry.get("name").and_then(Value::as_str);
        name.is_some_and(|name| names.contains(&name))
    };
    list.into_iter()
        .flatten()
        .filter(wanted)
        .collect::<Vec<_>>()
        .into_iter()
}

fn texts<'a>(entry: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    let list = entry.get(list).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::scopes_of;
    use crate::people::named;

    #[test]
    fn scopes_are_those_of_the_deployed_descriptor() {
        let of = |id: &str| scopes_of(named(id).unwrap(), "a!t1");
        assert_eq!(of("bob"), ["a!t1.Read"]);
        assert_eq!(of("carol"), ["a!t1.Read", "a!t1.Write"]);
        assert_eq!(of("alice"), ["a!t1.Read", "a!t1.Write", "a!t1.Admin"]);
        assert!(of("dave").is_empty());
    }
}
