//! What is code and what is not.

use super::mask;

fn check(text: &str, expected: &str) {
    assert_eq!(mask(text), expected, "{text}");
}

#[test]
fn comments_and_literals_become_blanks() {
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check("f(\"x\\\"y\") + 1", "f(      ) + 1");
    check("r#\"todo!()\"# x", "             x");
    check("br\"a\" b\"c\" c\"d\"", "               ");
    check("/* never closed", "               ");
}

#[test]
fn characters_are_blanked_and_lifetimes_are_not() {
    check("'{' fn f<'a>(x: &'a str) {}", "    fn f<'a>(x: &'a str) {}");
    check("'\\'' b'\\n' x", "           x");
    check("'é' y", "     y");
}

#[test]
fn names_that_end_in_a_prefix_letter_are_code() {
    check("bar\"x\"", "bar   ");
    check("let r = b + c;", "let r = b + c;");
    check("r#type", "r#type");
}
