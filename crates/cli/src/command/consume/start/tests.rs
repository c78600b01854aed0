use super::*;

#[test]
fn places() {
    let check = |text: &str, expected: Option<Place>| {
        assert_eq!(Place::parse(text, 10_000_000).ok(), expected, "{text}");
    };
    check("beginning", Some(Place::Beginning));
    check("end", Some(Place::End));
    check("17", Some(Place::Offset(17)));
    check("-17", Some(Place::Last(17)));
    check("1970-01-01T00:00:01Z", Some(Place::Time(1000)));
    check("90m", Some(Place::Time(4_600_000)));
    check("nowhere", None);
}
