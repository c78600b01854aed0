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
fn invalid_and_exploding_expressions_are_refused_with_their_text() {
    for pattern in ["(", "a)(b", "[", "*", r"(.{1000}){1000}", r"(?=a)", r"(a)\1"] {
        let error = compile(pattern).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRegularExpression, "{pattern}");
        let message = error.message.unwrap();
        assert!(
            message.starts_with(&format!("SubscribedTopicRegex `{pattern}` is not a valid")),
            "{message}"
        );
    }
}
