//! What we build on: licences, sources, banned crates, and crates that are there twice.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::Finding;
use super::licence;

/// Never in the tree, not even through others, and what does the work instead.
const BANNED: [(&str, &str); 8] = [
    ("openssl", "rustls with aws-lc-rs"),
    ("openssl-sys", "rustls with aws-lc-rs"),
    ("native-tls", "rustls with aws-lc-rs"),
    ("ring", "aws-lc-rs: one provider everywhere"),
    ("async-std", "tokio"),
    ("rumqttc", "rumqttc-v5-next: rumqttc drags in advisories"),
    ("bindgen", "bindings that are shipped: a fresh machine has no libclang"),
    ("madsim", "the sans-I/O simulator"),
];

/// Not among our own direct dependencies; others may use them.
const BANNED_DIRECTLY: [(&str, &str); 7] = [
    ("chrono", "`jackdaw_base::TimestampMs`"),
    ("lazy_static", "`std::sync::LazyLock`"),
    ("once_cell", "`std::sync::OnceLock`"),
    ("rand", "the `Entropy` port"),
    ("crc32c", "crc-fast"),
    ("num_cpus", "`std::thread::available_parallelism`"),
    ("log", "tracing"),
];

/// Crates that may be there in two incompatible versions, and why.
const DOUBLED: [(&str, &str); 1] = [(
    "untrusted",
    "0.9 comes with rustls; 0.7 with features of aws-lc-rs that only the makers of certificates for tests turn on, \
     which is not told apart here",
)];

const LOCK: &str = "Cargo.lock";

/// Judges what `cargo metadata` resolved for normal and build dependencies; for tests licences and sources only.
pub fn check(metadata: &Value) -> Vec<Finding> {
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let members: Vec<&str> =
        metadata["workspace_members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let shipped = reachable(metadata, &packages, &members);
    let mut findings = Vec::new();
    for (id, package) in &packages {
        findings.extend(check_source_and_licence(package));
        if shipped.contains(id) {
            findings.extend(check_banned(package, &BANNED, LOCK));
        }
    }
    for id in &members {
        findings.extend(check_direct(packages.get(id)));
    }
    findings.extend(check_doubled(shipped.iter().filter_map(|id| packages.get(id).copied())));
    findings
}

/// Everything that is built for the program, tests left out.
fn reachable<'a>(
    metadata: &'a Value,
    packages: &BTreeMap<&'a str, &'a Value>,
    members: &[&'a str],
) -> BTreeSet<&'a str> {
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().into_iter().flatten() {
        let id = node["id"].as_str().unwrap_or_default();
        let is_used = |edge: &&Value| {
            let used = edge["pkg"].as_str().and_then(|used| packages.get(used));
            !is_for_tests(edge) && !is_left_out(packages.get(id).copied(), node, used.copied())
        };
        let used = node["deps"].as_array().into_iter().flatten().filter(is_used);
        edges.insert(id, used.filter_map(|edge| edge["pkg"].as_str()).collect());
    }
    let mut seen = BTreeSet::new();
    let mut waiting = members.to_vec();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            waiting.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen
}

fn is_for_tests(edge: &Value) -> bool {
    let kinds = edge["dep_kinds"].as_array();
    kinds.into_iter().flatten().all(|kind| kind["kind"].as_str() == Some("dev"))
}

/// Whether a dependency is optional and no feature asks for it: Cargo lists what a feature would change (`ring?/std`), too,
/// and does not build it.
fn is_left_out(package: Option<&Value>, node: &Value, used: Option<&Value>) -> bool {
    let (Some(package), Some(used)) = (package, used) else {
        return false;
    };
    let of_this_name = |edge: &&Value| name(edge) == name(used);
    let mut declared =
        package["dependencies"].as_array().into_iter().flatten().filter(of_this_name).peekable();
    if declared.peek().is_none() || !declared.all(|edge| edge["optional"].as_bool() == Some(true)) {
        return false;
    }
    let name = name(used);
    let asks = |item: &str| {
        item == name
            || item.strip_prefix("dep:") == Some(name)
            || item.split_once('/').is_some_and(|(of, _)| of == name)
    };
    let turned_on = node["features"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut items =
        turned_on.flat_map(|feature| package["features"][feature].as_array().into_iter().flatten());
    !items.any(|item| item.as_str().is_some_and(asks))
}

fn check_source_and_licence(package: &Value) -> Vec<Finding> {
    let name = name(package);
    let mut findings = Vec::new();
    if let Some(source) = package["source"].as_str().filter(|source| !source.starts_with("registry+")) {
        findings.push(Finding::new(
            LOCK,
            1,
            format!("`{name}` comes from {source}"),
            "take a published version",
        ));
    }
    let expression = package["license"].as_str().unwrap_or_default();
    if !licence::is_allowed(expression) {
        let what = format!("`{name}` has the licence `{expression}`");
        findings.push(Finding::new(
            LOCK,
            1,
            what,
            "do without it, or argue for the licence in xtask/src/tidy/licence.rs",
        ));
    }
    findings
}

fn check_direct(package: Option<&&Value>) -> Vec<Finding> {
    let Some(package) = package else {
        return Vec::new();
    };
    let owner = name(package);
    let edges = package["dependencies"].as_array().into_iter().flatten();
    edges.flat_map(|edge| check_banned(edge, &BANNED_DIRECTLY, &format!("{owner}/Cargo.toml"))).collect()
}

fn check_banned(package: &Value, banned: &[(&str, &str)], file: &str) -> Option<Finding> {
    let name = name(package);
    let (_, instead) = banned.iter().find(|(banned, _)| *banned == name)?;
    Some(Finding::new(file, 1, format!("`{name}` is banned"), format!("use {instead}")))
}

fn check_doubled<'a>(packages: impl Iterator<Item = &'a Value>) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in packages {
        let version = package["version"].as_str().unwrap_or_default();
        versions.entry(name(package)).or_default().insert(compatible(version));
    }
    let doubled = versions
        .into_iter()
        .filter(|(name, versions)| versions.len() > 1 && !DOUBLED.iter().any(|(allowed, _)| allowed == name));
    doubled
        .map(|(name, versions)| {
            let versions: Vec<String> = versions.into_iter().collect();
            let what = format!("`{name}` is there in {}", versions.join(" and "));
            Finding::new(
                LOCK,
                1,
                what,
                "bring its users to one version, or give a reason in xtask/src/tidy/crates.rs",
            )
        })
        .collect()
}

/// The part of a version that decides compatibility: `1`, or `0.4`.
fn compatible(version: &str) -> String {
    let mut parts = version.split('.');
    let major = parts.next().unwrap_or_default();
    match (major, parts.next()) {
        ("0", Some(minor)) => format!("0.{minor}"),
        _ => major.to_owned(),
    }
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}
