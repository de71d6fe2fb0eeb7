//! The demo users: who can sign in at the front door, and in which groups
//! they are. They have no passwords; nothing here is reachable from another
//! machine, and nothing here exists outside the sandbox.

/// One demo user, as SAP Cloud Identity Services would know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Short name, used at the front door and in the ready file.
    pub id: &'static str,
    /// The part they play; another name to sign in by.
    pub role: &'static str,
    pub given_name: &'static str,
    pub family_name: &'static str,
    pub email: &'static str,
    /// The user's UUID; becomes `sub` and `scim_id` of tokens.
    pub scim_id: &'static str,
    /// Groups assigned in the identity directory.
    pub groups: &'static [&'static str],
    /// What the groups amount to, in words.
    pub may: &'static str,
}

impl Person {
    /// Given name and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// Everybody who can sign in.
pub const PEOPLE: &[Person] = &[
    Person {
        id: "alice",
        role: "admin",
        given_name: "Alice",
        family_name: "Adler",
        email: "alice.adler@example.com",
        scim_id: "a11ce000-0000-4000-8000-000000000001",
        groups: &["S3CatalogAdmin"],
        may: "reads, writes and sees the connection",
    },
    Person {
        id: "bob",
        role: "viewer",
        given_name: "Bob",
        family_name: "Brandt",
        email: "bob.brandt@example.com",
        scim_id: "b0b00000-0000-4000-8000-000000000002",
        groups: &["S3CatalogReader"],
        may: "reads",
    },
    Person {
        id: "carol",
        role: "editor",
        given_name: "Carol",
        family_name: "Castro",
        email: "carol.castro@example.com",
        scim_id: "ca401000-0000-4000-8000-000000000003",
        groups: &["S3CatalogWriter"],
        may: "reads and writes",
    },
    Person {
        id: "dave",
        role: "guest",
        given_name: "Dave",
        family_name: "Dietrich",
        email: "dave.dietrich@example.com",
        scim_id: "da7e0000-0000-4000-8000-000000000004",
        groups: &[],
        may: "in no group, signs in and sees nothing",
    },
];

/// The demo user with this short name or role.
pub fn named(name: &str) -> Option<&'static Person> {
    let mut people = PEOPLE.iter();
    people.find(|person| [person.id, person.role].contains(&name))
}
