//! Answers of which clients have come to expect every detail, as Apache Kafka 4.3.1 gives them.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::describe_quorum_request::{DescribeQuorumRequest, PartitionData, TopicData};
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use jackdaw_protocol::messages::update_features_request::{FeatureUpdateKey, UpdateFeaturesRequest};
use jackdaw_protocol::records::{BatchBuilder, BatchOptions, update_crc};
use jackdaw_protocol::wire::Records;
use support::client::Client;
use support::{Scratch, create, start};

#[tokio::test(flavor = "multi_thread")]
async fn features_that_begin_at_zero_are_told_from_version_4_on() {
    let scratch = Scratch::new("answers-features");
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut client = Client::of_broker(server.node());
    let request = ApiVersionsRequest {
        client_software_name: "test".into(),
        client_software_version: "1".into(),
        ..Default::default()
    };
    let before: Vec<_> =
        client.ask(3, &request).supported_features.into_iter().map(|feature| feature.name).collect();
    assert_eq!(before, ["metadata.version"]);
    let features = client.ask(4, &request).supported_features;
    assert!(features.iter().any(|feature| feature.name == "kraft.version" && feature.min_version == 0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_named_wrongly_spoils_the_whole_metadata_request() {
    let scratch = Scratch::new("answers-metadata");
    let server = start(&[&scratch.path("data")], &[]).await;
    create(server.node(), "orders", 1).await;
    let id = server.node().partitions.by_name("orders").expect("is there").id;
    let by = |name: Option<&'static str>, topic_id| MetadataRequestTopic {
        name: name.map(Into::into),
        topic_id,
        ..Default::default()
    };
    let named = || by(Some("orders"), Default::default());
    let mut client = Client::of_broker(server.node());
    let mut check = |version, topics: Vec<MetadataRequestTopic<'static>>, is_right: bool| {
        let count = topics.len();
        let request = MetadataRequest { topics: Some(topics), ..Default::default() };
        let answer = client.ask(version, &request);
        let found = (answer.brokers.len(), answer.cluster_id.is_some(), answer.controller_id);
        assert_eq!(found, if is_right { (1, true, 1) } else { (0, false, -1) }, "version {version}");
        let code = if is_right { 0 } else { ErrorCode::InvalidRequest.code() };
        let codes: Vec<i16> = answer.topics.iter().map(|topic| topic.error_code).collect();
        assert_eq!(codes, vec![code; count], "version {version}");
    };
    for version in [10, 11] {
        check(version, vec![by(None, id)], false);
        check(version, vec![by(Some("orders"), id)], false);
        check(version, vec![named()], true);
    }
    for version in [12, 13] {
        check(version, vec![named(), by(None, Default::default())], false);
        check(version, vec![by(None, id)], true);
    }
    let unknown =
        MetadataRequest { topics: Some(vec![by(None, jackdaw_base::TopicId::ONE)]), ..Default::default() };
    let topic = client.ask(12, &unknown).topics.remove(0);
    assert_eq!((topic.error_code, topic.name), (ErrorCode::UnknownTopicId.code(), None));
    server.stop().await;
}

/// Up to version 6 the codec is looked at before the partition is, later by the partition.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_codec_is_refused_with_the_log_start_from_version_7_on() {
    let scratch = Scratch::new("answers-codec");
    let server = start(&[&scratch.path("data")], &[]).await;
    create(server.node(), "orders", 1).await;
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(1_000, None, Some(b"value"), &[]).expect("fits");
    let mut bytes = builder.build().expect("builds");
    bytes[22] |= 5;
    update_crc(&mut bytes);
    let mut client = Client::of_broker(server.node());
    for (version, log_start) in [(5, -1), (6, -1), (7, 0), (9, 0)] {
        let data = PartitionProduceData {
            index: 0,
            records: Some(Records::Inline(bytes.clone().into())),
            ..Default::default()
        };
        let topic =
            TopicProduceData { name: "orders".into(), partition_data: vec![data], ..Default::default() };
        let request =
            ProduceRequest { acks: -1, timeout_ms: 1_000, topic_data: vec![topic], ..Default::default() };
        let answer = client.ask(version, &request);
        let partition = &answer.responses[0].partition_responses[0];
        assert_eq!(partition.error_code, ErrorCode::UnsupportedCompressionType.code(), "version {version}");
        assert_eq!(partition.log_start_offset, log_start, "version {version}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_kafka_gives_a_text_have_one() {
    let scratch = Scratch::new("answers-texts");
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut client = Client::of_broker(server.node());
    let update = FeatureUpdateKey {
        feature: "transaction.version".into(),
        max_version_level: 2,
        ..Default::default()
    };
    let request = UpdateFeaturesRequest { feature_updates: vec![update], ..Default::default() };
    for version in [0, 1] {
        let answer = client.ask(version, &request);
        assert_eq!((answer.error_code, answer.error_message), (0, None));
        assert_eq!(answer.results[0].error_message.as_deref(), Some("NONE"));
    }
    let partition = PartitionData { partition_index: 0, ..Default::default() };
    let topic = TopicData { topic_name: "orders".into(), partitions: vec![partition], ..Default::default() };
    let answer = client.ask(2, &DescribeQuorumRequest { topics: vec![topic], ..Default::default() });
    let partition = &answer.topics[0].partitions[0];
    assert_eq!(partition.error_code, ErrorCode::UnknownTopicOrPartition.code());
    assert!(partition.error_message.as_deref().is_some_and(|text| !text.is_empty()));
    server.stop().await;
}
