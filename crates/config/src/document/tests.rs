//! Tests of `document`.

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/configuration.md");

/// `cargo run -q -p jackdaw-config --example configuration > docs/configuration.md` writes it anew.
#[test]
fn the_reference_is_what_the_tables_say() {
    let text = document();
    let lines = text.lines().zip(DOCUMENT.lines());
    for (number, (expected, found)) in lines.enumerate() {
        assert_eq!(expected, found, "docs/configuration.md:{}", number + 1);
    }
    assert_eq!(text, DOCUMENT);
}

#[test]
fn every_difference_and_every_public_setting_is_in_it() {
    let text = document();
    for difference in DIFFERENCES {
        assert!(text.contains(&format!("| `{}` | `{}` |", difference.name, difference.ours)));
    }
    for definition in BROKER_AREAS.iter().chain(RESOURCE_AREAS).flat_map(|area| area.definitions) {
        let is_there = text.contains(&format!("| `{}` | ", definition.name));
        assert_eq!(is_there, definition.visibility == Visibility::Public, "{}", definition.name);
    }
}
