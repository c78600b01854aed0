use super::*;

fn versions(low: i16, high: i16) -> Option<Versions> {
    Some(Versions { low, high })
}

#[test]
fn ranges_as_the_definitions_write_them() {
    for (text, expected) in
        [("none", None), ("0", versions(0, 0)), ("3-7", versions(3, 7)), ("2+", versions(2, i16::MAX))]
    {
        assert_eq!(Versions::parse(text).expect("a range"), expected, "{text}");
    }
    for text in ["", "x", "1-", "-1+x"] {
        assert!(Versions::parse(text).is_err(), "{text}");
    }
}

#[test]
fn conditions_say_no_more_than_they_must() {
    let possible = Versions { low: 3, high: 9 };
    let sometimes = |condition: &str| Presence::Sometimes(condition.to_owned());
    for (range, expected) in [
        (None, Presence::Never),
        (versions(0, 2), Presence::Never),
        (versions(0, i16::MAX), Presence::Always),
        (versions(5, i16::MAX), sometimes("wire_version >= 5")),
        (versions(0, 4), sometimes("wire_version <= 4")),
        (versions(5, 5), sometimes("wire_version == 5")),
        (versions(5, 6), sometimes("(5..=6).contains(&wire_version)")),
    ] {
        assert_eq!(Versions::within(range, possible), expected, "{range:?}");
    }
}
