use super::*;

#[test]
fn the_version_of_the_header_follows_from_the_api() {
    for (key, version, request, response) in [
        (ApiKey::Produce, 8, 1, 0),
        (ApiKey::Produce, 9, 2, 1),
        (ApiKey::ApiVersions, 2, 1, 0),
        // Who asks for the versions does not know yet which header the other side speaks.
        (ApiKey::ApiVersions, 3, 2, 0),
        (ApiKey::ApiVersions, 99, 2, 0),
        (ApiKey::SaslHandshake, 1, 1, 0),
        (ApiKey::ConsumerGroupHeartbeat, 0, 2, 1),
    ] {
        assert_eq!(key.request_header_version(version), request, "{key} {version}");
        assert_eq!(key.response_header_version(version), response, "{key} {version}");
    }
}

#[test]
fn a_request_of_an_unknown_api_still_has_a_header() {
    let bytes = [0x7f, 0xff, 0, 1, 0, 0, 0, 5, 0xff, 0xff, 9];
    let mut reader = Reader::new(&bytes);
    let header = decode_request_header(&mut reader).expect("a header");
    assert_eq!((header.api_key, header.correlation_id, header.client_id), (0x7fff, 5, None));
    assert_eq!(reader.remaining(), 1);
}

#[test]
fn a_client_id_is_never_compact() {
    let bytes = [0, 18, 0, 3, 0, 0, 0, 1, 0, 2, b'h', b'i', 1, 5, 1, 7];
    let header = decode_request_header(&mut Reader::new(&bytes)).expect("a header");
    assert_eq!(header.client_id.as_deref(), Some("hi"));
    assert_eq!(header.unknown_tags, [UnknownTag { tag: 5, value: vec![7].into() }]);
    let mut writer = Writer::new();
    encode_request_header(&mut writer, &header, 2).expect("fits");
    assert_eq!(writer.bytes, bytes);
    assert_eq!(encode_request_header(&mut writer, &header, 1), Err(EncodeError::TagsNotInVersion(1)));
}

#[test]
fn keys_and_codes_are_found_by_their_numbers() {
    for key in ApiKey::ALL {
        assert_eq!(ApiKey::from_i16(key.key()), Some(*key));
    }
    for removed in [4, 5, 6, 7] {
        assert_eq!(ApiKey::from_i16(removed), None);
    }
    assert_eq!(ApiKey::from_i16(-1), None);
    assert_eq!(ApiKey::ALL.len(), 89);
    assert!(ApiKey::InitProducerId.latest_version_is_unstable());
    assert!(ApiKey::Vote.is_served_by_controllers() && !ApiKey::Vote.is_served_by_brokers());
}
