use super::*;

#[test]
fn uuid_is_written_as_kafka_writes_it() {
    // The directory id and the cluster id of a data directory that Kafka wrote.
    for text in ["j54AnElFIz-OuZUBFyxiUg", "7m4lgtScRRKb7vdo1j4W-g"] {
        assert_eq!(text.parse::<Uuid>().expect("parses").to_string(), text);
    }
    assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(Uuid::ONE.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    assert!("too-short".parse::<Uuid>().is_err());
    assert!("!!4AnElFIz-OuZUBFyxiUg".parse::<Uuid>().is_err());
}

#[test]
fn random_uuid_never_starts_with_a_dash() {
    assert_eq!(Uuid::random_from([0xfb; 16]), None);
    assert!(Uuid::random_from([0x11; 16]).is_some());
}
