//! The documentation lists every setting with its default.

use crate::settings::keys;

#[test]
fn the_reference_lists_every_setting_with_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/settings.md");
    let document = std::fs::read_to_string(path).unwrap();
    for key in keys::ALL {
        let row = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{}`", key.name)));
        let row =
            row.unwrap_or_else(|| panic!("docs/reference/settings.md has no row for {}", key.name));
        if !key.default.starts_with('(') {
            assert!(row.contains(key.default), "{}: {row}", key.name);
        }
    }
}
