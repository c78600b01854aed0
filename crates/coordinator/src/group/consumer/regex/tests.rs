use super::*;

#[test]
fn whole_names_are_matched_with_re2_syntax() {
    for (pattern, matched, others) in [
        ("orders", &["orders"][..], &["orders2", "my-orders"][..]),
        ("orders.*", &["orders", "orders-eu"], &["my-orders"]),
        ("a|b", &["a", "b"], &["ab", "xa", "bx"]),
        (r"\Qa.b\E", &["a.b"], &["axb"]),
        (r"\Qa.\E\d+\Q+", &["a.1+"], &["ax1+", "a.1"]),
        (r"[[:alpha:]]+-\d{2}", &["log-01"], &["log-1"]),
        ("(?i)LOG", &["log", "Log"], &["logs"]),
        (r"a\\Qb?", &[], &["ab"]),
        ("a{,2}", &["a{,2}"], &["aa"]),
        ("a{x}|b{2,}|c{1,2}", &["a{x}", "bbb", "cc"], &["b", "ccc"]),
        (r"[[&&~]]?x", &["[x", "&x", "~]x"], &["]x", "x"]),
        (r"[^]a]+", &["b"], &["a", "]"]),
        (r"\pL+\p{Nd}\P{N}?[\p{Lu}_]", &["log1-A", "Log2_"], &["1A", "log1"]),
        (r"\p{Greek}?a", &["a"], &["ab"]),
        (r"(?P<name>a)\x{62}\x63??", &["ab", "abc"], &["a"]),
        (r"(?:a+?)?", &["aaa", ""], &["b"]),
    ] {
        let regex = compile(pattern).unwrap();
        for name in matched {
            assert!(regex.is_match(name), "{pattern} matches {name}");
        }
        for name in others {
            assert!(!regex.is_match(name), "{pattern} does not match {name}");
        }
    }
}

#[test]
fn invalid_and_exploding_expressions_are_refused_with_the_words_of_re2() {
    for (pattern, why) in [
        ("(", "missing closing )"),
        ("a)(b", "regexp/syntax: internal error"),
        ("[", "missing closing ]"),
        ("[a", "missing closing ]"),
        ("*", "missing argument to repetition operator"),
        ("a**", "invalid nested repetition operator"),
        ("a{2}{3}", "invalid nested repetition operator"),
        ("a{1001}", "invalid repeat count"),
        ("a{3,2}", "invalid repeat count"),
        (r"(.{1000}){1000}", "invalid repeat count"),
        (r"(?=a)", "invalid or unsupported Perl syntax"),
        (r"(a)\1", "invalid escape sequence"),
        ("\\", "trailing backslash at end of expression"),
        ("[b-a]", "invalid character class range"),
        (r"\p{1}", "invalid character class range"),
        ("(?P<n>a)(?P<n>b)", "duplicate capture group name"),
    ] {
        let error = compile(pattern).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRegularExpression, "{pattern}");
        let message = format!("SubscribedTopicRegex `{pattern}` is not a valid regular expression: {why}.");
        assert_eq!(error.message, Some(message));
    }
}

#[test]
fn parentheses_may_be_nested_as_deep_as_a_stack_bears() {
    let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(compile(&nested(45)).is_ok_and(|regex| regex.is_match("a")));
    for depth in [60, 1000, 100_000] {
        let message = compile(&nested(depth)).unwrap_err().message.unwrap_or_default();
        assert!(message.ends_with("is not a valid regular expression: expression nests too deeply."));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_of_a_client_makes_the_compiler_panic(pattern in ".{0,40}", ascii in "[-\\\\pPQExd{}()\\[\\]^,*+?|:a-c0-3&~]{0,30}") {
        let _ = compile(&pattern);
        let _ = compile(&ascii);
    }
}
