//! Planted impurities are caught.

use super::check;
use crate::tidy::tree::Tree;

fn check_count(path: &str, text: &str, count: usize) {
    assert_eq!(check(&Tree::of(&[(path, text)])).len(), count, "{path}: {text}");
}

#[test]
fn each_kind_is_caught_in_cores() {
    for text in [
        "use std::fs::read;",
        "use std::net::TcpListener;",
        "let t = Instant::now();",
        "fn f(t: SystemTime) {}",
        "tokio::spawn(x);",
        "async fn f() {}",
        "x.await",
        "tracing::info!(\"\")",
        "println!(\"x\")",
        "rand::random::<u8>()",
        "getrandom(&mut b)",
        "static mut X: u8 = 0;",
        "use std::{fs, io};",
        "use std::{\n    collections::BTreeMap,\n    thread,\n};",
    ] {
        check_count("crates/log/src/append.rs", text, 1);
    }
}

#[test]
fn comments_names_tests_and_other_crates_are_free() {
    check_count("crates/log/src/append.rs", "// std::fs is for store\nlet operand = strand::f();", 0);
    check_count("crates/log/src/append.rs", "use std::{collections::BTreeMap, fmt};", 0);
    check_count("crates/log/src/append/tests.rs", "std::fs::read(p)", 0);
    check_count("crates/log/tests/golden.rs", "std::fs::read(p)", 0);
    check_count("crates/store/src/lib.rs", "use std::fs;", 0);
    check_count("crates/base/src/disk.rs", "use std::io;", 0);
}
