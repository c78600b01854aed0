//! Planted paths and hosts are caught.

use super::check;
use crate::tidy::tree::Tree;

fn check_count(path: &str, text: &str, count: usize) {
    assert_eq!(check(&Tree::of(&[(path, text)])).len(), count, "{path}: {text}");
}

#[test]
fn paths_of_a_machine_are_caught() {
    check_count("README.md", concat!("see /wo", "rk/main"), 1);
    check_count("acceptance/x.sh", concat!("D=/var/", "tmp/x; cd /ro", "ot/y"), 2);
    check_count("README.md", concat!("see ./target/wo", "rk/main and ${X}/ro", "ot/"), 0);
}

#[test]
fn hosts_of_registries_are_caught_outside_the_lock_file() {
    let text = concat!("https://registry.npm", "js.org/kafkajs");
    check_count("docs/a.md", text, 1);
    check_count("Cargo.lock", text, 0);
}
