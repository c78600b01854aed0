//! A node that is stopped and started again serves everything that was stored.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system")]

mod support;

use support::{Scratch, append, create, offsets, partition, start, synced};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_start_serves_what_was_stored() {
    let scratch = Scratch::new("restart");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    create(server.node(), "orders", 3).await;
    for value in 0..50 {
        append(&partition(server.node(), "orders", value % 3), &value.to_string());
    }
    for index in 0..3 {
        synced(&partition(server.node(), "orders", index)).await;
    }
    let cluster_id = server.node().cluster_id.clone();
    server.stop().await;
    assert!(data.join(".kafka_cleanshutdown").exists());

    let server = start(&[&data], &[]).await;
    assert!(!data.join(".kafka_cleanshutdown").exists(), "from now on a crash is noticed");
    assert_eq!(server.node().cluster_id, cluster_id);
    assert_eq!(offsets(&partition(server.node(), "orders", 0)), (0..17).collect::<Vec<i64>>());
    assert_eq!(offsets(&partition(server.node(), "orders", 2)), (0..16).collect::<Vec<i64>>());
    assert_eq!(append(&partition(server.node(), "orders", 0), "next"), 17);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_without_records_is_its_metadata_alone() {
    let scratch = Scratch::new("empty");
    let data = scratch.path("with/parents/that/are/missing");
    let server = start(&[&data], &[]).await;
    create(server.node(), "quiet", 4).await;
    server.stop().await;
    assert!(!data.join("quiet-0").exists());
    let server = start(&[&data], &[]).await;
    assert_eq!(append(&partition(server.node(), "quiet", 3), "first"), 0);
    assert!(data.join("quiet-3").exists());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_node_is_refused() {
    let scratch = Scratch::new("other");
    let data = scratch.path("data");
    start(&[&data], &[]).await.stop().await;
    let settings = [("log.dirs", data.display().to_string()), ("node.id", "7".to_owned())];
    let settings = settings.map(|(name, value)| jackdaw_config::Setting {
        name: name.to_owned(),
        value,
        origin: jackdaw_config::Origin::CommandLine,
    });
    let config = jackdaw_config::BrokerConfig::load(settings.into_iter().chain([jackdaw_config::Setting {
        name: "listeners".to_owned(),
        value: "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0".to_owned(),
        origin: jackdaw_config::Origin::CommandLine,
    }]))
    .expect("a configuration")
    .config;
    let error = jackdaw_broker::server::Server::start(
        config.into(),
        std::sync::Arc::new(jackdaw_broker::log_levels::FixedLogLevels),
    )
    .await
    .err()
    .expect("refused")
    .to_string();
    assert!(error.contains("belongs to node 1"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_moves_to_another_directory_and_is_found_there() {
    let scratch = Scratch::new("move");
    let (first, second) = (scratch.path("first"), scratch.path("second"));
    let server = start(&[&first, &second], &[]).await;
    create(server.node(), "orders", 1).await;
    let before = partition(server.node(), "orders", 0);
    for value in 0..20 {
        append(&before, &value.to_string());
    }
    synced(&before).await;
    let node = std::sync::Arc::clone(server.node());
    let source = before.placement().directory.id();
    let target = node.storage.directories().find(|one| one.id() != source).expect("another").clone();
    let image = node.image();
    let topic = image.topics.by_name("orders").expect("there");
    let registered = topic.partition(jackdaw_base::PartitionIndex(0)).expect("there");
    let context = jackdaw_broker::storage::MoveContext {
        registration: jackdaw_broker::storage::registration(registered),
        producers: jackdaw_broker::storage::producer_rules(&node.config()),
    };
    node.storage.move_partition(&before, &target, context).expect("moved");

    let after = partition(&node, "orders", 0);
    assert_eq!(after.placement().directory.id(), target.id());
    assert_eq!(offsets(&after), (0..20).collect::<Vec<i64>>());
    assert_eq!(append(&after, "next"), 20);
    synced(&after).await;
    assert!(!before.is_serving(), "who still holds the old one is sent away");
    assert!(target.path().join("orders-0").exists());
    drop((before, after, node, target));
    server.stop().await;
    let server = start(&[&first, &second], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "orders", 0)), (0..21).collect::<Vec<i64>>());
    server.stop().await;
}
