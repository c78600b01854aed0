//! Planted wrong names, links and commands are caught.

use super::check;
use crate::tidy::tree::Tree;

const LOG: (&str, &str) =
    ("crates/log/src/lib.rs", "//! log\npub struct Plan;\nfn plan_read() { x(\"flush.messages\") }\n");

fn check_count(path: &str, text: &str, count: usize) {
    let findings = check(&Tree::of(&[(path, text), LOG]));
    assert_eq!(findings.len(), count, "{text}: {findings:?}");
}

#[test]
fn names_in_the_architecture_exist() {
    for text in [
        "`crates/log`",
        "`crates/log/src/lib.rs`",
        "`Plan`",
        "`log`",
        "`plan_read()`",
        "`flush.messages`",
        "`log::Plan`",
    ] {
        check_count("ARCHITECTURE.md", text, 0);
    }
    for text in
        ["`crates/attic`", "`Plot`", "`lib.rs`", "`log::Plot`", "`flush.nothing`", "a `Plan` and a `Plot`"]
    {
        check_count("ARCHITECTURE.md", text, 1);
    }
    check_count("ARCHITECTURE.md", "```\n`Plot`\n```\n`acks=all` `a b`", 0);
}

#[test]
fn links_point_at_files() {
    check_count("docs/a.md", "[log](../crates/log/src/lib.rs) [web](https://example.org) [here](#x)", 0);
    check_count("docs/a.md", "[log](crates/log)", 1);
}

#[test]
fn commands_are_commands() {
    check_count(
        "README.md",
        "```sh\ncargo xtask test\ncargo run --release # starts\nkcat -L \\\n  -b x\n./jackdaw\n```\nno command",
        0,
    );
    check_count("README.md", "```sh\ncargo xtask fly\n```", 1);
    check_count("README.md", "```sh\nkafkacat -L\n```", 1);
    check_count("README.md", "```text\nkafkacat -L\n```", 0);
}
