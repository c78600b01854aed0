use super::*;

#[test]
fn brackets_hold_commas_and_equals_signs_together() {
    let check = |text: &str, expected: &[(&str, &str)]| {
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(text).map_err(|failure| failure.message), Ok(expected), "{text}");
    };
    check("a=1", &[("a", "1")]);
    check("a=1, b = 2", &[("a", "1"), ("b", "2")]);
    check("cleanup.policy=[compact,delete],x=", &[("cleanup.policy", "compact,delete"), ("x", "")]);
    check("SCRAM=[iterations=1,password=p]", &[("SCRAM", "iterations=1,password=p")]);
    assert!(pairs("a").is_err() && pairs("a=b=c").is_err());
}
