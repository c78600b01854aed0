//! Tests of `listener`.

use super::*;

#[test]
fn endpoints_are_read_and_written() {
    let check = |text: &str, expected: Option<(&str, &str, u16)>| {
        let endpoint = Endpoint::parse(text).ok();
        let parts = endpoint.as_ref().map(|e| (e.name.as_str(), e.host.as_str(), e.port));
        assert_eq!(parts, expected, "{text}");
    };
    check("PLAINTEXT://localhost:9092", Some(("PLAINTEXT", "localhost", 9092)));
    check(" plaintext://:0 ", Some(("PLAINTEXT", "", 0)));
    check("A_B.C-1://10.0.0.1:65535", Some(("A_B.C-1", "10.0.0.1", 65535)));
    check("X://[::1]:9092", Some(("X", "::1", 9092)));
    check("X://[fe80::1%eth0]:9092", Some(("X", "fe80::1%eth0", 9092)));
    check("X://::1:9092", None);
    check("X://[host]:9092", None);
    check("X://[::1:9092", None);
    check("X://host", None);
    check("X://host:", None);
    check("X://host:-1", None);
    check("X://host:+1", None);
    check("X://host:65536", None);
    check("X://ho st:1", None);
    check("://host:1", None);
    check("host:9092", None);
    check("", None);
    assert_eq!(Endpoint::parse("x://[::1]:9").unwrap().to_string(), "X://[::1]:9");
}

#[test]
fn pairs_are_read() {
    let protocols = parse_protocol_map("internal:SSL, EXTERNAL : sasl_ssl,").unwrap();
    assert_eq!(
        protocols.into_iter().collect::<Vec<_>>(),
        [("EXTERNAL".to_owned(), SecurityProtocol::SaslSsl), ("INTERNAL".to_owned(), SecurityProtocol::Ssl)]
    );
    let limits = parse_connection_overrides("host:5,::1:7,127.0.0.1:0").unwrap();
    assert_eq!(
        limits.into_iter().collect::<Vec<_>>(),
        [("127.0.0.1".to_owned(), 0), ("::1".to_owned(), 7), ("host".to_owned(), 5)]
    );
    assert!(parse_connection_overrides("ho st:5").is_err());
    assert!(parse_connection_overrides("host").is_err());
}

#[test]
fn one_port_can_serve_one_ipv4_and_one_ipv6_address() {
    assert!(are_both_families("127.0.0.1", "::1"));
    assert!(are_both_families("fe80::1%eth0", "10.0.0.1"));
    assert!(!are_both_families("127.0.0.1", "127.0.0.2"));
    assert!(!are_both_families("localhost", "::1"));
}
