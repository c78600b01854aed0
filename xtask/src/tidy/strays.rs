//! Nothing of one machine is in the tree: no path of it, no host of a package registry's mirror.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::Tree;

/// Directories of somebody's machine. Written in two pieces, or this file would find itself.
const PATHS: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/ro", "ot/"),
    concat!("/var/", "tmp/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
];

/// Hosts that serve packages: a name and a version say enough.
const HOSTS: [&str; 7] = [
    concat!("pypi.", "org"),
    concat!("files.python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("repo1.", "maven.org"),
    concat!("deb.", "debian.org"),
];

/// Reports both.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| file.path != "Cargo.lock") {
        for (index, line) in file.text.lines().enumerate() {
            for path in PATHS.iter().filter(|path| stands_alone(line, path)) {
                let mend = "use a path inside the project, an argument or a temporary directory";
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("`{path}` is a path of one machine"),
                    mend,
                ));
            }
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                let mend = "name the package and its version only";
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("`{host}` is a registry's host"),
                    mend,
                ));
            }
        }
    }
    findings
}

/// Whether the path begins there, and is not the end of a longer one such as `target/work/`.
fn stands_alone(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '}' | '_' | '-' | '*' | ')'))
    })
}
