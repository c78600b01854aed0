//! Topics and configurations are administered over the wire, and what is changed takes effect in the partitions.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use jackdaw_base::{MonotonicNs, TimestampMs};
use jackdaw_broker::handlers::dispatch::{BROKER_APIS, CONTROLLER_APIS};
use jackdaw_broker::node::Node;
use jackdaw_partition::{Origin as Appender, RequiredAcks};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Request;
use jackdaw_protocol::messages::alter_configs_request::AlterConfigsRequest;
use jackdaw_protocol::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use jackdaw_protocol::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use jackdaw_protocol::messages::describe_cluster_request::DescribeClusterRequest;
use jackdaw_protocol::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use jackdaw_protocol::messages::describe_configs_response::DescribeConfigsResourceResult;
use jackdaw_protocol::messages::describe_topic_partitions_request::{Cursor, DescribeTopicPartitionsRequest};
use jackdaw_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use jackdaw_protocol::messages::list_config_resources_request::ListConfigResourcesRequest;
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::records::{BatchBuilder, BatchOptions};
use support::client::Client;
use support::{Scratch, create, partition, start};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const SET: i8 = 0;
const DELETE: i8 = 1;

/// What these tests ask for again and again.
trait Administers {
    fn change(
        &mut self,
        kind: i8,
        resource: &'static str,
        name: &'static str,
        operation: i8,
        value: &'static str,
    ) -> i16;
    fn value(
        &mut self,
        kind: i8,
        resource: &'static str,
        name: &'static str,
    ) -> DescribeConfigsResourceResult<'static>;
    fn delete(&mut self, version: i16, name: &'static str) -> i16;
}

impl Administers for Client {
    /// Changes one value; returns the code.
    fn change(
        &mut self,
        kind: i8,
        resource: &'static str,
        name: &'static str,
        operation: i8,
        value: &'static str,
    ) -> i16 {
        let config = AlterableConfig {
            name: name.into(),
            config_operation: operation,
            value: (operation != DELETE).then(|| value.into()),
            ..Default::default()
        };
        let resource = AlterConfigsResource {
            resource_type: kind,
            resource_name: resource.into(),
            configs: vec![config],
            ..Default::default()
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
        self.ask(1, &request).responses[0].error_code
    }

    /// Describes one value.
    fn value(
        &mut self,
        kind: i8,
        resource: &'static str,
        name: &'static str,
    ) -> DescribeConfigsResourceResult<'static> {
        let resource = DescribeConfigsResource {
            resource_type: kind,
            resource_name: resource.into(),
            configuration_keys: Some(vec![name.into()]),
            ..Default::default()
        };
        let request = DescribeConfigsRequest {
            resources: vec![resource],
            include_synonyms: true,
            ..Default::default()
        };
        let mut results = self.ask(4, &request).results;
        assert_eq!(results[0].configs.len(), 1, "{name} and nothing else");
        results.remove(0).configs.remove(0)
    }

    /// Deletes a topic by its name; returns the code.
    fn delete(&mut self, version: i16, name: &'static str) -> i16 {
        let request = match version {
            6 => DeleteTopicsRequest {
                topics: vec![DeleteTopicState { name: Some(name.into()), ..Default::default() }],
                ..Default::default()
            },
            _ => DeleteTopicsRequest { topic_names: vec![name.into()], ..Default::default() },
        };
        self.ask(version, &request).responses[0].error_code
    }
}

/// Whether a record of 1000 bytes is taken.
fn takes_a_large_record(node: &Node, topic: &str) -> bool {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(1_000, None, Some(&[b'x'; 1_000]), &[]).expect("fits");
    let mut bytes = builder.build().expect("builds");
    let origin = Appender::Client { acks: RequiredAcks::All };
    partition(node, topic, 0).append(origin, &mut bytes, TimestampMs(1_000), MonotonicNs(0)).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_grow_are_described_in_pages_and_go() {
    let scratch = Scratch::new("admin-topics");
    let server = start(&[&scratch.path("data")], &[]).await;
    create(server.node(), "orders", 2).await;
    create(server.node(), "users", 1).await;
    let mut client = Client::of_broker(server.node());

    let grow = |count| CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic {
            name: "orders".into(),
            count,
            assignments: None,
            ..Default::default()
        }],
        ..Default::default()
    };
    assert_eq!(client.ask(3, &grow(3)).results[0].error_code, 0);
    assert!(server.node().partitions.by_name("orders").is_some_and(|topic| topic.partitions.len() == 3));
    assert_eq!(client.ask(3, &grow(3)).results[0].error_code, ErrorCode::InvalidPartitions.code());

    let page = |cursor: Option<(&'static str, i32)>| DescribeTopicPartitionsRequest {
        response_partition_limit: 2,
        cursor: cursor.map(|(topic, partition_index)| Cursor {
            topic_name: topic.into(),
            partition_index,
            ..Default::default()
        }),
        ..Default::default()
    };
    let first = client.ask(0, &page(None));
    assert_eq!(first.topics[0].partitions.len(), 2);
    let cursor = first.next_cursor.expect("there is more");
    assert_eq!((&*cursor.topic_name, cursor.partition_index), ("orders", 2));
    let second = client.ask(0, &page(Some(("orders", 2))));
    let names: Vec<_> =
        second.topics.iter().map(|topic| topic.name.as_deref().expect("has a name")).collect();
    assert_eq!(names, ["orders", "users"]);
    assert!(second.next_cursor.is_none());

    let id = second.topics[1].topic_id;
    let by_id = DeleteTopicsRequest {
        topics: vec![DeleteTopicState { name: None, topic_id: id, ..Default::default() }],
        ..Default::default()
    };
    let gone = client.ask(6, &by_id);
    assert_eq!((gone.responses[0].error_code, gone.responses[0].name.as_deref()), (0, Some("users")));
    assert!(server.node().partitions.by_id(id).is_none(), "its partitions are gone, too");
    assert_eq!(client.ask(6, &by_id).responses[0].error_code, ErrorCode::UnknownTopicId.code());
    assert_eq!(client.delete(1, "users"), ErrorCode::UnknownTopicOrPartition.code());
    assert_eq!(client.delete(5, "orders"), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_deletion_is_switched_off_nothing_goes() {
    let scratch = Scratch::new("admin-no-deletion");
    let server = start(&[&scratch.path("data")], &[("delete.topic.enable", "false")]).await;
    create(server.node(), "orders", 1).await;
    let mut client = Client::of_broker(server.node());
    assert_eq!(
        client.delete(2, "orders"),
        ErrorCode::InvalidRequest.code(),
        "older clients know no other code"
    );
    assert_eq!(client.delete(6, "orders"), ErrorCode::TopicDeletionDisabled.code());
    assert!(server.node().partitions.by_name("orders").is_some());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_configurations_reach_the_partitions() {
    let scratch = Scratch::new("admin-configs");
    let server = start(&[&scratch.path("data")], &[]).await;
    create(server.node(), "orders", 1).await;
    let mut client = Client::of_broker(server.node());
    let check = |client: &mut Client, expected: bool, sources: &[i8]| {
        assert_eq!(takes_a_large_record(server.node(), "orders"), expected);
        let described = client.value(TOPIC, "orders", "max.message.bytes");
        let found: Vec<i8> = described.synonyms.iter().map(|synonym| synonym.source).collect();
        assert_eq!(found, sources, "topic 1, broker 2, all brokers 3, default 5");
        assert_eq!(described.config_source, sources[0]);
    };
    check(&mut client, true, &[5]);
    assert_eq!(client.change(BROKER, "", "message.max.bytes", SET, "500"), 0);
    check(&mut client, false, &[3, 5]);
    assert_eq!(client.change(BROKER, "1", "message.max.bytes", SET, "5000"), 0);
    check(&mut client, true, &[2, 3, 5]);
    assert_eq!(client.change(TOPIC, "orders", "max.message.bytes", SET, "100"), 0);
    check(&mut client, false, &[1, 2, 3, 5]);
    assert_eq!(client.change(TOPIC, "orders", "max.message.bytes", DELETE, ""), 0);
    check(&mut client, true, &[2, 3, 5]);

    assert_eq!(
        client.change(TOPIC, "orders", "max.message.bytes", SET, "many"),
        ErrorCode::InvalidConfig.code()
    );
    assert_eq!(
        client.change(TOPIC, "nobody", "max.message.bytes", SET, "1"),
        ErrorCode::UnknownTopicOrPartition.code()
    );
    assert_eq!(client.change(BROKER, "7", "message.max.bytes", SET, "1"), ErrorCode::InvalidRequest.code());
    assert_eq!(client.change(BROKER, "1", "node.id", SET, "7"), ErrorCode::InvalidRequest.code());
    assert_eq!(client.change(LOGGER, "1", "nobody", SET, "INFO"), ErrorCode::InvalidConfig.code());
    assert_eq!(client.value(LOGGER, "1", "root").value.as_deref(), Some("INFO"));
    check(&mut client, true, &[2, 3, 5]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn controllers_tell_of_controllers_and_change_brokers() {
    let scratch = Scratch::new("admin-controller");
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut controller = Client::of_controller(server.node());
    let asked = |endpoint_type| DescribeClusterRequest { endpoint_type, ..Default::default() };
    let cluster = controller.ask(2, &asked(2));
    let image = server.node().image();
    let registered = image.cluster.controllers.get(&server.node().id).expect("is registered");
    assert_eq!((cluster.error_code, cluster.controller_id), (0, 1));
    assert_eq!(cluster.brokers[0].port, i32::from(registered.endpoints[0].port));
    assert_eq!(controller.ask(2, &asked(1)).error_code, ErrorCode::MismatchedEndpointType.code());

    assert_eq!(controller.change(BROKER, "1", "message.max.bytes", SET, "5000"), 0);
    assert_eq!(controller.value(BROKER, "1", "message.max.bytes").value.as_deref(), Some("5000"));
    assert_eq!(
        controller.change(BROKER, "7", "message.max.bytes", SET, "1"),
        ErrorCode::BrokerIdNotRegistered.code()
    );
    server.stop().await;
}

/// An empty request in every version: the answer can be read in each of them.
#[tokio::test(flavor = "multi_thread")]
async fn every_version_that_is_advertised_is_answered() {
    fn all<R: Request<'static> + Default>(
        client: &mut Client,
        table: &[jackdaw_broker::handlers::dispatch::Served],
    ) {
        let served = table.iter().find(|served| served.api_key == R::KEY).expect("is served");
        (served.min..=served.max).for_each(|version| drop(client.ask(version, &R::default())));
    }
    let scratch = Scratch::new("admin-versions");
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut broker = Client::of_broker(server.node());
    all::<AlterConfigsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<CreatePartitionsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<DeleteTopicsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<DescribeClusterRequest<'_>>(&mut broker, BROKER_APIS);
    all::<DescribeConfigsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<DescribeTopicPartitionsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<IncrementalAlterConfigsRequest<'_>>(&mut broker, BROKER_APIS);
    all::<ListConfigResourcesRequest<'_>>(&mut broker, BROKER_APIS);
    let mut controller = Client::of_controller(server.node());
    all::<DescribeClusterRequest<'_>>(&mut controller, CONTROLLER_APIS);
    all::<DescribeConfigsRequest<'_>>(&mut controller, CONTROLLER_APIS);
    all::<IncrementalAlterConfigsRequest<'_>>(&mut controller, CONTROLLER_APIS);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_connections_change_while_the_node_runs() {
    let scratch = Scratch::new("admin-limits");
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut client = Client::of_broker(server.node());
    assert_eq!(client.change(BROKER, "", "max.connections.per.ip", SET, "1"), 0);
    let mut refused = Client::of_broker(server.node());
    assert!(refused.is_closed(), "closed at once");
    assert_eq!(client.change(BROKER, "", "max.connections.per.ip", SET, "2"), 0);
    assert_eq!(Client::of_broker(server.node()).value(LOGGER, "1", "root").name, "root");
    server.stop().await;
}

/// librdkafka and others tell "made just now" from "was there" by the first answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_use_of_a_topic_makes_it_and_is_told_that_it_is_unknown() {
    let scratch = Scratch::new("admin-first-use");
    let server = start(&[&scratch.path("data")], &[("num.partitions", "3")]).await;
    let mut client = Client::of_broker(server.node());
    let mut ask = |version, name: &'static str, allow_auto_topic_creation| {
        let topic = MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
        let request =
            MetadataRequest { topics: Some(vec![topic]), allow_auto_topic_creation, ..Default::default() };
        let topic = client.ask(version, &request).topics.remove(0);
        (topic.error_code, topic.partitions.len())
    };
    let unknown = (ErrorCode::UnknownTopicOrPartition.code(), 0);
    assert_eq!(ask(12, "fresh", false), unknown);
    assert_eq!(ask(12, "fresh", true), unknown, "and was not made by the use before");
    assert_eq!(ask(12, "fresh", false), (0, 3));
    assert_eq!(ask(6, "for-kafkajs", true), (0, 3), "an old client gives up where others ask again");
    assert_eq!(ask(12, "__consumer_offsets", true), unknown, "nobody makes it by asking");
    assert_eq!(ask(12, "il/legal", true), (ErrorCode::InvalidTopicException.code(), 0));
    server.stop().await;
}
