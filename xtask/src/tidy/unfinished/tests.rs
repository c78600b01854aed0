//! Planted leftovers are caught; the same words in comments and strings are not.

use super::check;
use crate::tidy::tree::Tree;

fn check_count(path: &str, text: &str, count: usize) {
    assert_eq!(check(&Tree::of(&[(path, text)])).len(), count, "{path}: {text}");
}

#[test]
fn leftovers_are_caught() {
    for text in [
        "fn f() { todo!() }",
        "unimplemented!(\"x\")",
        "#[ignore]\nfn t() {}",
        "#[ignore = \"slow\"]",
        "dbg!(x)",
    ] {
        check_count("crates/a/src/lib.rs", text, 1);
    }
    check_count("crates/a/src/lib.rs", concat!("// FIX", "ME: later"), 1);
}

#[test]
fn words_are_not() {
    check_count("crates/a/src/lib.rs", "// never todo!( here\nlet x = \"dbg!(\";", 0);
}

#[test]
fn sleeping_is_wrong_in_tests_only() {
    let text = "tokio::time::sleep(d).await; std::thread::spawn(f);";
    check_count("crates/a/src/lib.rs", text, 0);
    check_count("crates/a/src/b/tests.rs", text, 1);
    check_count("crates/a/tests/c.rs", text, 1);
}
