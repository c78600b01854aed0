//! The metadata knows which log directory holds which partition, and which directories are offline (KIP-858).
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use std::io;
use std::sync::Arc;

use jackdaw_base::{DirectoryId, NodeId, PartitionIndex};
use jackdaw_broker::node::Node;
use jackdaw_broker::storage::DirectoryReports;
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::image::Partition as Registered;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_log_dirs_request::DescribeLogDirsRequest;
use jackdaw_protocol::messages::describe_topic_partitions_request::{
    DescribeTopicPartitionsRequest, TopicRequest,
};
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_store::DataDirectory;
use support::client::Client;
use support::{Scratch, append, create, offsets, partition, start, synced};

fn registered(node: &Node, index: i32) -> Arc<Registered> {
    let id = node.partitions.by_name("orders").expect("is there").id;
    Arc::clone(node.image().topics.partition(id, PartitionIndex(index)).expect("is there"))
}

fn directory_of(node: &Node, index: i32) -> DirectoryId {
    registered(node, index).directory_of(node.id).expect("has a replica here")
}

/// Has it reported until `is_so`.
async fn reported(node: &Node, is_so: impl Fn() -> bool) {
    let epoch = node.image().cluster.broker(node.id).expect("is registered").epoch;
    let mut reports = DirectoryReports::new(node.quorum.clone(), node.id, epoch);
    while !is_so() {
        reports.look(&node.storage);
        tokio::task::yield_now().await;
    }
}

fn is_assigned(node: &Node) -> bool {
    (0..4)
        .all(|index| directory_of(node, index) == partition(node, "orders", index).placement().directory.id())
}

/// (error, leader, offline replicas, in-sync replicas) of each partition, as Metadata and DescribeTopicPartitions have them.
fn described(client: &mut Client) -> Vec<(i16, i32, Vec<i32>, Vec<i32>)> {
    let topic = MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
    let request = MetadataRequest { topics: Some(vec![topic]), ..Default::default() };
    let of_metadata = client.ask(12, &request).topics.remove(0).partitions;
    let topic = TopicRequest { name: "orders".into(), ..Default::default() };
    let request = DescribeTopicPartitionsRequest {
        topics: vec![topic],
        response_partition_limit: 100,
        ..Default::default()
    };
    let described = client.ask(0, &request).topics.remove(0).partitions;
    for (one, other) in of_metadata.iter().zip(&described) {
        assert_eq!(one.leader_id, other.leader_id);
        assert_eq!(one.offline_replicas, other.offline_replicas);
        assert_eq!(other.error_code, 0, "only Metadata has an error for a missing leader");
    }
    let rows = of_metadata.into_iter();
    rows.map(|one| (one.error_code, one.leader_id, one.offline_replicas, one.isr_nodes)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_a_failed_directory_are_offline_replicas_until_the_next_start() {
    let scratch = Scratch::new("reports");
    let paths = [scratch.path("a"), scratch.path("b")];
    let server = start(&[&paths[0], &paths[1]], &[]).await;
    let node = Arc::clone(server.node());
    create(&node, "orders", 4).await;
    reported(&node, || is_assigned(&node)).await;
    for index in 0..4 {
        append(&partition(&node, "orders", index), "kept");
        synced(&partition(&node, "orders", index)).await;
    }
    let all: Vec<Arc<DataDirectory>> = node.storage.directories().cloned().collect();
    let is_in = |index: i32, directory: &Arc<DataDirectory>| directory_of(&node, index) == directory.id();
    assert!((0..4).any(|index| is_in(index, &all[0])) && (0..4).any(|index| is_in(index, &all[1])));

    all[1].on_error("test", &io::Error::from_raw_os_error(libc::EIO));
    let has_heard = || {
        let image = node.image();
        !image.cluster.broker(NodeId(1)).expect("is registered").log_dirs.contains(&all[1].id())
    };
    reported(&node, has_heard).await;
    let mut client = Client::of_broker(&node);
    for (index, found) in (0..).zip(described(&mut client)) {
        let expected = match is_in(index, &all[1]) {
            true => (ErrorCode::LeaderNotAvailable.code(), -1, vec![1], vec![]),
            false => (0, 1, vec![], vec![1]),
        };
        assert_eq!(found, expected, "partition {index}");
        let is_serving = partition(&node, "orders", index).is_serving();
        assert_eq!(is_serving, !is_in(index, &all[1]), "KAFKA_STORAGE_ERROR, not another leader");
    }
    // Their locks go with them.
    drop((client, node, all));
    server.stop().await;

    let server = start(&[&paths[0], &paths[1]], &[]).await;
    let mut client = Client::of_broker(server.node());
    for (index, found) in (0..).zip(described(&mut client)) {
        assert_eq!(found, (0, 1, vec![], vec![1]), "partition {index}");
        assert_eq!(offsets(&partition(server.node(), "orders", index)), [0]);
    }
    drop(client);
    let before: Vec<DirectoryId> = (0..4).map(|index| directory_of(server.node(), index)).collect();
    server.stop().await;

    // The second directory cannot even be opened: nobody knows its id, but for the metadata.
    std::fs::rename(&paths[1], scratch.path("elsewhere")).expect("moves");
    std::fs::write(&paths[1], b"no directory").expect("writes");
    let server = start(&[&paths[0], &paths[1]], &[]).await;
    let node = Arc::clone(server.node());
    let epoch = node.image().cluster.broker(node.id).expect("is registered").epoch;
    DirectoryReports::new(node.quorum.clone(), node.id, epoch).look(&node.storage);
    node.quorum.submit(|_, _| Decision::only(())).await.expect("after the reports");
    let after: Vec<DirectoryId> = (0..4).map(|index| directory_of(&node, index)).collect();
    assert_eq!(after, before);
    let first = node.storage.directories().next().expect("there are two").id();
    let mut client = Client::of_broker(&node);
    for (index, found) in described(&mut client).into_iter().enumerate() {
        let is_offline = after[index] != first;
        assert_eq!(
            (found.1, found.2),
            if is_offline { (-1, vec![1]) } else { (1, vec![]) },
            "partition {index}"
        );
    }
    server.stop().await;
}

/// A directory that is only the metadata log's gets no partitions, and nobody is told of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_of_the_metadata_log_alone_is_none_for_partitions() {
    let scratch = Scratch::new("reports-metadata");
    let (data, metadata) = (scratch.path("data"), scratch.path("metadata"));
    let place = metadata.display().to_string();
    for round in 0..2 {
        let server = start(&[&data], &[("metadata.log.dir", &place)]).await;
        let node = Arc::clone(server.node());
        if round == 0 {
            create(&node, "orders", 4).await;
        }
        for index in 0..4 {
            let partition = partition(&node, "orders", index);
            assert_eq!(partition.placement().directory.path(), data);
            append(&partition, "kept");
            synced(&partition).await;
        }
        assert_eq!(node.image().cluster.broker(node.id).expect("is registered").log_dirs.len(), 1);
        let mut client = Client::of_broker(&node);
        let described = client.ask(4, &DescribeLogDirsRequest { topics: None, ..Default::default() });
        let paths: Vec<&str> = described.results.iter().map(|one| &*one.log_dir).collect();
        assert_eq!(paths, [data.display().to_string()]);
        drop((client, node));
        server.stop().await;
    }
    assert!(metadata.join("__cluster_metadata-0").is_dir());
}
