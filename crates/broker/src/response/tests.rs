use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;
use jackdaw_protocol::messages::metadata_response::MetadataResponse;

use super::*;

fn head(api_key: ApiKey, api_version: i16) -> RequestHead {
    RequestHead { api_key, api_version, correlation_id: 0x0102_0304 }
}

fn bytes_of(response: &Response) -> &[u8] {
    match &response.body {
        Body::Plain(bytes) => bytes,
        Body::Mixed(_) => panic!("nothing is external here"),
    }
}

#[test]
fn length_and_header_stand_in_front() {
    // Flexible headers end with an empty list of tags; that of ApiVersions never does (KIP-511).
    for (api_key, version, header) in [
        (ApiKey::Metadata, 1, &[1, 2, 3, 4][..]),
        (ApiKey::Metadata, 12, &[1, 2, 3, 4, 0]),
        (ApiKey::ApiVersions, 0, &[1, 2, 3, 4]),
        (ApiKey::ApiVersions, 3, &[1, 2, 3, 4]),
    ] {
        let head = head(api_key, version);
        let (response, body) = if api_key == ApiKey::Metadata {
            let message = MetadataResponse::default();
            (Response::encode(head, &message), message.to_bytes(version).expect("encodes"))
        } else {
            let message = ApiVersionsResponse::default();
            (Response::encode(head, &message), message.to_bytes(version).expect("encodes"))
        };
        let response = response.expect("encodes");
        let bytes = bytes_of(&response);
        assert_eq!(bytes.len() as u64, response.size_bytes());
        assert_eq!(bytes[..4], (bytes.len() as i32 - 4).to_be_bytes());
        assert_eq!(&bytes[4..4 + header.len()], header, "{api_key:?} {version}");
        assert_eq!(bytes[4 + header.len()..], body);
    }
}

#[test]
fn an_answer_longer_than_a_frame_is_an_error() {
    use jackdaw_protocol::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
    use jackdaw_protocol::wire::Records;
    let data = || PartitionData { records: Some(Records::External(1 << 30)), ..PartitionData::default() };
    let topic = FetchableTopicResponse { partitions: vec![data(), data()], ..Default::default() };
    let message = FetchResponse { responses: vec![topic], ..FetchResponse::default() };
    let result = Response::encode_with(head(ApiKey::Fetch, 4), &message, Vec::new());
    assert!(matches!(result, Err(CloseReason::AnswerTooLong { api_key: 1, .. })));
}
