use super::*;

#[test]
fn places() {
    let check = |text: &str, expected: Option<Place>| {
        assert_eq!(Place::parse(text, 10_000_000).ok(), expected, "{text}");
    };
    check("earliest", Some(Place::Earliest));
    check("end", Some(Place::Latest));
    check("17", Some(Place::Offset(17)));
    check("+5", Some(Place::Shift(5)));
    check("-5", Some(Place::Shift(-5)));
    check("1970-01-01T00:00:01Z", Some(Place::Time(1000)));
    check("90m", Some(Place::Time(4_600_000)));
    check("PT1H", Some(Place::Time(6_400_000)));
    check("nowhere", None);
}
