//! Tests of `quorum_voters`.

use super::*;

#[test]
fn voters_and_addresses_are_read() {
    let voters = |text: &str| {
        let voters = parse_voters(&crate::value::split_list(text)).ok()?;
        Some(
            voters
                .iter()
                .map(|voter| format!("{}@{}", voter.id, voter.address))
                .collect::<Vec<_>>()
                .join(","),
        )
    };
    for (text, expected) in [
        ("", Some("")),
        ("1@a:1,2@[::1]:2", Some("1@a:1,2@[::1]:2")),
        ("1@a", None),
        ("a@a:1", None),
        ("-1@a:1", None),
        ("1@:1", None),
        ("1@0.0.0.0:1", None),
        ("1@a:b", None),
        ("1@a:1,", None),
    ] {
        assert_eq!(voters(text).as_deref(), expected, "{text}");
    }
    assert_eq!(parse_addresses(&["c:9093".to_owned()]).unwrap()[0].to_string(), "c:9093");
    assert!(parse_addresses(&["c".to_owned()]).is_err());
}
