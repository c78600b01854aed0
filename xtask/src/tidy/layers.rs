//! Floors without circles: a crate depends on crates of lower floors only, the platform has no private door to the broker,
//! and no circle runs through dev-dependencies either.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::finding::Finding;
use super::tree::Tree;

/// The floors, from the ground up. A new crate takes its place here, with a reason in ARCHITECTURE.md.
const FLOORS: [&[&str]; 7] = [
    &["base"],
    &["protocol", "config"],
    &["raft", "log", "replica", "metadata", "coordinator", "security"],
    &["store", "partition"],
    &["broker", "client"],
    &["cli", "registry", "connect", "streams", "sql", "console"],
    &["jackdaw"],
];

/// Within the third floor `partition` stands on `store`.
const STEPS: [(&str, &str); 1] = [("partition", "store")];

/// They may look at everything, and nothing depends on them.
const BESIDE: [&str; 3] = ["sim", "bench", "xtask"];

/// Rule A4: only these may depend on `broker`.
const BROKER_USERS: [&str; 3] = ["jackdaw", "sim", "bench"];

/// What the platform may use of the house (rule A4: it runs against any Kafka).
const PLATFORM_USES: [&str; 4] = ["base", "protocol", "client", "config"];

struct Package {
    name: String,
    manifest: String,
    /// Name, and whether it is needed to build the crate itself (not for tests only).
    uses: Vec<(String, bool)>,
}

/// Reports wrong floors, unknown crates, names and circles.
pub fn check(metadata: &Value, tree: &Tree) -> Vec<Finding> {
    let packages = packages(metadata);
    let mut findings = Vec::new();
    for package in &packages {
        findings.extend(check_name(package));
        for (used, _) in package.uses.iter().filter(|(_, is_normal)| *is_normal) {
            if let Some(what) = wrong_edge(&package.name, used) {
                let line = line_of(tree, &package.manifest, used);
                findings.push(Finding::new(
                    &package.manifest,
                    line,
                    what,
                    "turn the dependency round, or move the code down",
                ));
            }
        }
    }
    findings.extend(circles(&packages));
    findings
}

/// The workspace's packages by short name, with their edges to each other.
fn packages(metadata: &Value) -> Vec<Package> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let members: BTreeSet<&str> = strings(&metadata["workspace_members"]).collect();
    let listed = metadata["packages"].as_array().into_iter().flatten();
    let ours = listed.filter(|package| package["id"].as_str().is_some_and(|id| members.contains(id)));
    ours.map(|package| {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let edges =
            package["dependencies"].as_array().into_iter().flatten().filter(|edge| edge["path"].is_string());
        Package {
            name: short(package["name"].as_str().unwrap_or_default()).to_owned(),
            manifest: manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/').to_owned(),
            uses: edges
                .map(|edge| {
                    let name = short(edge["name"].as_str().unwrap_or_default()).to_owned();
                    (name, edge["kind"].as_str() != Some("dev"))
                })
                .collect(),
        }
    })
    .collect()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn short(name: &str) -> &str {
    name.strip_prefix("jackdaw-").unwrap_or(name)
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|names| names.contains(&name))
}

fn check_name(package: &Package) -> Option<Finding> {
    let mend =
        "folders are `crates/NAME`, packages `jackdaw-NAME`; its floor stands in xtask/src/tidy/layers.rs";
    let folder = package.manifest.trim_end_matches("/Cargo.toml").trim_start_matches("crates/");
    if folder != package.name {
        let what = format!("the package in `{folder}` is called `{}`", package.name);
        return Some(Finding::new(&package.manifest, 1, what, mend));
    }
    let is_known = floor(&package.name).is_some() || BESIDE.contains(&package.name.as_str());
    (!is_known).then(|| Finding::new(&package.manifest, 1, format!("`{}` has no floor", package.name), mend))
}

/// What is wrong with a normal dependency of `from` on `to`.
fn wrong_edge(from: &str, to: &str) -> Option<String> {
    if BESIDE.contains(&to) && !BESIDE.contains(&from) {
        return Some(format!("`{from}` depends on `{to}`, which stands beside the house"));
    }
    if to == "broker" && !BROKER_USERS.contains(&from) {
        return Some(format!("`{from}` depends on `broker` (rule A4)"));
    }
    let (Some(lower), Some(upper)) = (floor(to), floor(from)) else {
        return None;
    };
    if lower >= upper && !STEPS.contains(&(from, to)) {
        return Some(format!("`{from}` (floor {upper}) depends on `{to}` (floor {lower})"));
    }
    if upper == 5 && !PLATFORM_USES.contains(&to) {
        return Some(format!("`{from}` of the platform depends on `{to}` (rule A4)"));
    }
    None
}

fn line_of(tree: &Tree, manifest: &str, used: &str) -> usize {
    let text = tree.file(manifest).map_or("", |file| file.text.as_str());
    let wanted = [format!("jackdaw-{used}"), used.to_owned()];
    let found =
        text.lines().position(|line| wanted.iter().any(|name| line.trim_start().starts_with(name.as_str())));
    found.map_or(1, |index| index + 1)
}

/// Tests of a crate that use a crate that is built on it: the crate would be there twice, and its types would not match.
/// A crate that names itself for its tests (to turn a feature on) is none.
fn circles(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let for_tests = package.uses.iter().filter(|(name, is_normal)| !is_normal && *name != package.name);
        for (used, _) in
            for_tests.filter(|(used, _)| built_on(packages, used).contains(package.name.as_str()))
        {
            let what = format!("the tests of `{}` use `{used}`, which is built on `{0}`", package.name);
            findings.push(Finding::new(&package.manifest, 1, what, "move these tests to the crate above"));
        }
    }
    findings
}

/// Everything that a crate is built on.
fn built_on<'a>(packages: &'a [Package], name: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        let uses = packages.iter().filter(|package| package.name == name).flat_map(|package| &package.uses);
        for (used, _) in uses.filter(|(_, is_normal)| *is_normal) {
            if found.insert(used.as_str()) {
                waiting.push(used);
            }
        }
    }
    found
}
