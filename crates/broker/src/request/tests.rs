use super::*;

#[test]
fn a_part_of_the_body_is_found_and_can_be_patched() {
    let mut bytes = *b"headbody of records";
    let elsewhere = *b"records";
    let mut frame = Frame::new(&mut bytes, 4);
    let range = frame.range_of(&frame.body()[8..]).expect("it lies in the body");
    assert_eq!(range, 8..15);
    frame.body_mut()[range][0] = b'R';
    assert_eq!(frame.body(), b"body of Records");
    assert_eq!(frame.range_of(&elsewhere), None);
    assert_eq!(frame.size_bytes(), 19);
}

#[test]
fn an_ipv4_client_of_an_ipv6_socket_shows_as_ipv4() {
    let info = ConnectionInfo {
        id: 3,
        listener_name: "PLAINTEXT".into(),
        security_protocol: SecurityProtocol::Plaintext,
        client_address: "[::ffff:10.1.2.3]:5000".parse().expect("an address"),
        local_address: "[::1]:9092".parse().expect("an address"),
    };
    assert_eq!(info.client_host().to_string(), "10.1.2.3");
    assert_eq!(Principal::anonymous().to_string(), "User:ANONYMOUS");
}
