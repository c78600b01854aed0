use anyhow::Context;

use super::*;

#[test]
fn a_cause_is_told_once() {
    let full = || anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
    assert_eq!(told(&full()), "no storage space");
    let wrapped = full().context("the log cannot be written: no storage space; make room");
    assert_eq!(told(&wrapped), "the log cannot be written: no storage space; make room");
    let with_context = Err::<(), _>(full()).context("a file").expect_err("an error");
    assert_eq!(told(&with_context), "a file: no storage space");
}
