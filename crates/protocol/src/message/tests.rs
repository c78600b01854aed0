use super::*;
use crate::messages::api_versions_response::ApiVersionsResponse;
use crate::messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use crate::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use crate::messages::join_group_request::JoinGroupRequest;
use crate::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use crate::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use crate::messages::produce_response::ProduceResponse;
use crate::wire::{Records, Split, UnknownTag};

#[test]
fn versions_that_do_not_exist_are_refused_both_ways() {
    for version in [-1, 2, 14] {
        let message = ProduceRequest::NAME;
        assert_eq!(
            ProduceRequest::decode(&mut Reader::new(&[0; 64]), version),
            Err(DecodeError::UnsupportedVersion { message, version })
        );
        assert_eq!(
            ProduceRequest::default().encode(&mut Writer::new(), version),
            Err(EncodeError::UnsupportedVersion { message, version })
        );
    }
}

#[test]
fn a_set_field_that_the_version_lacks_is_refused_unless_ignorable() {
    let request = MetadataRequest { allow_auto_topic_creation: false, ..Default::default() };
    let mut writer = Writer::new();
    assert_eq!(
        request.encode(&mut writer, 3),
        Err(EncodeError::FieldNotInVersion {
            field: "MetadataRequest.allow_auto_topic_creation",
            version: 3
        })
    );
    assert_eq!(writer, Writer::new(), "nothing is written of a message that cannot be");
    assert!(request.encode(&mut writer, 4).is_ok());
    // May be dropped.
    let response = ProduceResponse { throttle_time_ms: 5, ..Default::default() };
    assert!(response.to_bytes(3).is_ok());
    let response =
        ApiVersionsResponse { throttle_time_ms: 5, finalized_features_epoch: 3, ..Default::default() };
    assert_eq!(response.to_bytes(0), Ok(vec![0; 6]));
}

#[test]
fn null_is_refused_where_the_version_has_none() {
    let topics = Some(vec![MetadataRequestTopic { name: None, ..Default::default() }]);
    let request = MetadataRequest { topics, ..Default::default() };
    assert_eq!(
        request.to_bytes(1),
        Err(EncodeError::NullNotAllowed { field: "MetadataRequestTopic.name", version: 1 })
    );
    assert!(request.to_bytes(12).is_ok());
    assert_eq!(MetadataRequest::decode_exact(&[0xff; 4], 0), Err(DecodeError::UnexpectedNull));
    assert_eq!(MetadataRequest::decode_exact(&[0xff; 4], 1).map(|request| request.topics), Ok(None));
}

#[test]
fn defaults_are_those_of_kafka() {
    assert_eq!(JoinGroupRequest::default().rebalance_timeout_ms, -1);
    assert!(MetadataRequest::default().allow_auto_topic_creation);
    assert_eq!(PartitionData::default().last_stable_offset, -1);
    assert_eq!(PartitionData::default().records, None);
    // A default of JSON's null means that there is none: the struct's own default holds.
    assert_eq!(ConsumerGroupMemberMetadataValue::default().classic_member_metadata, Some(Default::default()));
    let decoded = JoinGroupRequest::decode_exact(&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(decoded.map(|request| request.rebalance_timeout_ms), Ok(-1), "version 0 lacks it");
}

#[test]
fn null_in_a_tagged_field_that_is_not_null_by_default_is_written() {
    let value = ConsumerGroupMemberMetadataValue { classic_member_metadata: None, ..Default::default() };
    let bytes = value.to_bytes(0).expect("fits");
    assert_eq!(bytes[bytes.len() - 4..], [1, 0, 1, 0], "one tagged field, tag 0, one byte, null");
    assert_eq!(ConsumerGroupMemberMetadataValue::decode_exact(&bytes, 0), Ok(value));
}

#[test]
fn unknown_tagged_fields_need_a_flexible_version() {
    let unknown_tags = vec![UnknownTag { tag: 9, value: vec![1, 2].into() }];
    let request = ProduceRequest { unknown_tags, ..Default::default() };
    assert_eq!(request.to_bytes(8), Err(EncodeError::TagsNotInVersion(8)));
    let bytes = request.to_bytes(9).expect("flexible");
    assert_eq!(ProduceRequest::decode_exact(&bytes, 9), Ok(request));
}

#[test]
fn records_are_borrowed_from_the_request() {
    let records = [7u8; 100];
    let request = ProduceRequest {
        topic_data: vec![TopicProduceData {
            name: "t".into(),
            partition_data: vec![PartitionProduceData {
                records: Some(Records::from(&records[..])),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    let bytes = request.to_bytes(9).expect("fits");
    let decoded = ProduceRequest::decode_exact(&bytes, 9).expect("whole");
    let found =
        decoded.topic_data[0].partition_data[0].records.as_ref().and_then(Records::inline).expect("bytes");
    assert!(bytes.as_ptr_range().contains(&found.as_ptr()), "no copy");
    assert_eq!(
        ProduceRequest::decode_exact(&[&bytes[..], &[0]].concat(), 9),
        Err(DecodeError::TrailingBytes(1))
    );
}

#[test]
fn sizes_count_external_records_and_the_writer_leaves_their_place() {
    let partition =
        |size_bytes| PartitionData { records: Some(Records::External(size_bytes)), ..Default::default() };
    let response = FetchResponse {
        responses: vec![FetchableTopicResponse {
            partitions: vec![partition(1000), partition(0), partition(77)],
            ..Default::default()
        }],
        ..Default::default()
    };
    let mut writer = Writer::new();
    response.encode(&mut writer, 13).expect("fits");
    assert_eq!(response.encoded_size(13), Ok(writer.total_bytes()));
    assert_eq!(writer.splits.iter().map(|split| split.size_bytes).collect::<Vec<_>>(), [1000, 77]);
    // With the bytes in their places it is the response with inline records.
    let mut whole = Vec::new();
    let mut position = 0;
    for Split { position: end, size_bytes } in &writer.splits {
        whole.extend_from_slice(&writer.bytes[position..*end]);
        whole.resize(whole.len() + size_bytes, 1);
        position = *end;
    }
    whole.extend_from_slice(&writer.bytes[position..]);
    let decoded = FetchResponse::decode_exact(&whole, 13).expect("whole");
    let sizes: Vec<usize> = decoded.responses[0]
        .partitions
        .iter()
        .map(|data| data.records.as_ref().map_or(9, Records::len))
        .collect();
    assert_eq!(sizes, [1000, 0, 77]);
}
