//! Planted bad dependencies are caught.

use serde_json::{Value, json};

use super::check;

/// A workspace of one crate that uses `crates` as `(name, version, licence, source, kind)`.
fn found(crates: &[(&str, &str, &str, &str, Option<&str>)]) -> Vec<String> {
    let id = |name: &str, version: &str| format!("{name}@{version}");
    let mut packages =
        vec![json!({"id": "us", "name": "us", "version": "0.1.0", "license": "Apache-2.0", "source": null,
        "dependencies": crates.iter().map(|c| json!({"name": c.0})).collect::<Vec<Value>>()})];
    let mut edges = Vec::new();
    for (name, version, licence, source, kind) in crates {
        packages.push(json!({"id": id(name, version), "name": name, "version": version, "license": licence,
            "source": source, "dependencies": []}));
        edges.push(json!({"pkg": id(name, version), "dep_kinds": [{"kind": kind}]}));
    }
    let metadata = json!({"packages": packages, "workspace_members": ["us"],
        "resolve": {"nodes": [{"id": "us", "deps": edges}]}});
    check(&metadata).into_iter().map(|finding| finding.what).collect()
}

const REGISTRY: &str = "registry+somewhere";

#[test]
fn good_crates_pass() {
    assert_eq!(found(&[("bytes", "1.12.0", "MIT", REGISTRY, None)]), Vec::<String>::new());
}

#[test]
fn bad_ones_do_not() {
    assert_eq!(found(&[("x", "1.0.0", "GPL-3.0", REGISTRY, None)]), ["`x` has the licence `GPL-3.0`"]);
    assert_eq!(found(&[("x", "1.0.0", "MIT", "git+somewhere", None)]), ["`x` comes from git+somewhere"]);
    assert_eq!(found(&[("openssl", "1.0.0", "MIT", REGISTRY, None)]), ["`openssl` is banned"]);
    assert_eq!(found(&[("lazy_static", "1.0.0", "MIT", REGISTRY, None)]), ["`lazy_static` is banned"]);
}

#[test]
fn doubled_crates_count_unless_they_are_for_tests() {
    let twice = |kind| [("x", "0.4.1", "MIT", REGISTRY, None), ("x", "0.5.0", "MIT", REGISTRY, kind)];
    assert_eq!(found(&twice(None)), ["`x` is there in 0.4 and 0.5"]);
    assert_eq!(found(&twice(Some("dev"))), Vec::<String>::new());
    let compatible = [("x", "1.4.1", "MIT", REGISTRY, None), ("x", "1.5.0", "MIT", REGISTRY, None)];
    assert_eq!(found(&compatible), Vec::<String>::new());
}

#[test]
fn what_no_feature_asks_for_is_not_there() {
    let banned = |features: Value| {
        let metadata = json!({
            "packages": [
                {"id": "us", "name": "us", "version": "0.1.0", "license": "MIT", "source": null, "features": features,
                 "dependencies": [{"name": "ring", "optional": true}]},
                {"id": "ring", "name": "ring", "version": "0.17.0", "license": "MIT", "source": REGISTRY, "dependencies": []},
            ],
            "workspace_members": ["us"],
            "resolve": {"nodes": [
                {"id": "us", "features": ["on"], "deps": [{"pkg": "ring", "dep_kinds": [{"kind": null}]}]},
            ]},
        });
        !check(&metadata).is_empty()
    };
    assert!(!banned(json!({"on": ["ring?/std"], "off": ["dep:ring"]})));
    for item in ["dep:ring", "ring", "ring/std"] {
        assert!(banned(json!({"on": [item]})), "{item}");
    }
}
