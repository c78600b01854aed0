//! Planted wrong edges are caught.

use serde_json::{Value, json};

use super::check;
use crate::tidy::tree::Tree;

/// A package as `(folder, name, [(used package, kind)])`.
type Planted = (&'static str, &'static str, &'static [(&'static str, Option<&'static str>)]);

fn metadata(packages: &[Planted]) -> Value {
    let list: Vec<Value> = packages
        .iter()
        .map(|(folder, name, uses)| {
            let uses: Vec<Value> =
                uses.iter().map(|(used, kind)| json!({"name": used, "kind": kind, "path": "/r/x"})).collect();
            json!({"id": name, "name": name, "manifest_path": format!("/r/{folder}/Cargo.toml"), "dependencies": uses})
        })
        .collect();
    let ids: Vec<&str> = packages.iter().map(|(_, name, _)| *name).collect();
    json!({"workspace_root": "/r", "workspace_members": ids, "packages": list})
}

fn found(packages: &[Planted]) -> Vec<String> {
    let tree = Tree::of(&[("crates/log/Cargo.toml", "[dependencies]\n\njackdaw-store.workspace = true\n")]);
    check(&metadata(packages), &tree)
        .into_iter()
        .map(|finding| format!("{}:{} {}", finding.file, finding.line, finding.what))
        .collect()
}

const BASE: Planted = ("crates/base", "jackdaw-base", &[]);

#[test]
fn lower_floors_are_right() {
    let store: &'static [_] = &[("jackdaw-base", None)];
    let partition: &'static [_] = &[("jackdaw-store", None), ("jackdaw-base", None)];
    let packages = [
        BASE,
        ("crates/store", "jackdaw-store", store),
        ("crates/partition", "jackdaw-partition", partition),
    ];
    assert_eq!(found(&packages), Vec::<String>::new());
}

#[test]
fn higher_and_equal_floors_are_wrong() {
    let log: &'static [_] = &[("jackdaw-store", None)];
    let packages = [("crates/store", "jackdaw-store", &[][..]), ("crates/log", "jackdaw-log", log)];
    assert_eq!(found(&packages), ["crates/log/Cargo.toml:3 `log` (floor 2) depends on `store` (floor 3)"]);
    let raft: &'static [_] = &[("jackdaw-log", None)];
    let packages = [("crates/log", "jackdaw-log", &[][..]), ("crates/raft", "jackdaw-raft", raft)];
    assert_eq!(found(&packages), ["crates/raft/Cargo.toml:1 `raft` (floor 2) depends on `log` (floor 2)"]);
}

#[test]
fn nothing_depends_on_the_broker_and_the_platform_uses_the_client_only() {
    let streams: &'static [_] = &[("jackdaw-broker", None), ("jackdaw-store", Some("build"))];
    let packages = [
        ("crates/broker", "jackdaw-broker", &[][..]),
        ("crates/store", "jackdaw-store", &[][..]),
        ("crates/streams", "jackdaw-streams", streams),
    ];
    assert_eq!(found(&packages).len(), 2);
}

#[test]
fn tests_may_look_anywhere_but_not_in_circles() {
    let log: &'static [_] = &[("jackdaw-store", Some("dev"))];
    let packages = [("crates/store", "jackdaw-store", &[][..]), ("crates/log", "jackdaw-log", log)];
    assert_eq!(found(&packages), Vec::<String>::new());
    let store: &'static [_] = &[("jackdaw-log", None)];
    let packages = [("crates/store", "jackdaw-store", store), ("crates/log", "jackdaw-log", log)];
    assert_eq!(
        found(&packages),
        ["crates/log/Cargo.toml:1 the tests of `log` use `store`, which is built on `log`"]
    );
    let store: &'static [_] = &[("jackdaw-log", Some("dev"))];
    let packages = [("crates/store", "jackdaw-store", store), ("crates/log", "jackdaw-log", log)];
    assert_eq!(found(&packages), Vec::<String>::new());
    let itself: &'static [_] = &[("jackdaw-log", Some("dev"))];
    assert_eq!(found(&[("crates/log", "jackdaw-log", itself)]), Vec::<String>::new());
}

#[test]
fn names_follow_folders_and_every_crate_has_a_floor() {
    assert_eq!(found(&[("crates/base", "base-things", &[])]).len(), 1);
    assert_eq!(
        found(&[("crates/attic", "jackdaw-attic", &[])]),
        ["crates/attic/Cargo.toml:1 `attic` has no floor"]
    );
    assert_eq!(found(&[("xtask", "xtask", &[]), ("crates/jackdaw", "jackdaw", &[])]), Vec::<String>::new());
}
