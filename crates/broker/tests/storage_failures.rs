//! A node whose files were damaged or taken away: what is hit goes offline and stays so, the rest serves.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jackdaw_broker::node::Node;
use jackdaw_metadata::decide::Decision;
use jackdaw_partition::Partition;
use jackdaw_protocol::messages::remove_topic_record::RemoveTopicRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use support::{Scratch, append, create, offsets, partition, start, synced};

const CLEAN: &str = ".kafka_cleanshutdown";
const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";

/// Three records in each partition of a topic.
async fn fill(node: &Node, topic: &str, partitions: i32) {
    create(node, topic, partitions).await;
    for index in 0..partitions {
        let partition = partition(node, topic, index);
        for value in ["0", "1", "2"] {
            append(&partition, value);
        }
        synced(&partition).await;
    }
}

async fn delete(node: &Node, topic: &str) {
    let topic_id = node.partitions.by_name(topic).expect("the topic is there").id;
    let records = vec![MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id, ..Default::default() })];
    node.quorum.submit(|_, _| Decision { records, answer: () }).await.expect("committed");
}

fn log_of(partition: &Path) -> std::path::PathBuf {
    partition.join("00000000000000000000.log")
}

fn is_offline(partition: &Arc<Partition>) -> bool {
    !partition.is_serving()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_partition_stays_offline_over_clean_stops_until_it_is_mended() {
    let scratch = Scratch::new("damaged");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    fill(server.node(), "t", 2).await;
    server.stop().await;
    // As a crash leaves it that happened before the first checkpoint.
    fs::remove_file(data.join(CLEAN)).unwrap();
    fs::remove_file(data.join(RECOVERY_POINTS)).unwrap();
    let log = log_of(&data.join("t-0"));
    let sound = fs::read(&log).unwrap();
    let mut damaged = sound.clone();
    damaged[sound.len() / 2] ^= 1;
    fs::write(&log, &damaged).unwrap();
    for round in 0..2 {
        let server = start(&[&data], &[]).await;
        assert!(is_offline(&partition(server.node(), "t", 0)), "round {round}");
        assert_eq!(offsets(&partition(server.node(), "t", 1)), [0, 1, 2], "round {round}: the rest serves");
        server.stop().await;
        assert!(!data.join(CLEAN).exists(), "round {round}: what is in there is not in order");
        assert_eq!(fs::read(&log).unwrap(), damaged, "round {round}: nothing of it is touched");
    }
    fs::write(&log, &sound).unwrap();
    let server = start(&[&data], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "t", 0)), [0, 1, 2]);
    server.stop().await;
    assert!(data.join(CLEAN).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_its_end_is_not_served_as_if_it_were_whole() {
    let scratch = Scratch::new("short");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    fill(server.node(), "t", 1).await;
    server.stop().await;
    fs::remove_file(data.join(CLEAN)).unwrap();
    let log = log_of(&data.join("t-0"));
    let sound = fs::read(&log).unwrap();
    for kept in [sound.len() * 2 / 3, sound.len() - 1] {
        fs::write(&log, &sound[..kept]).unwrap();
        let server = start(&[&data], &[]).await;
        assert!(is_offline(&partition(server.node(), "t", 0)), "{kept} bytes");
        server.stop().await;
        assert_eq!(fs::read(&log).unwrap().len(), kept, "nothing more is cut");
    }
    // Who accepts the loss says so.
    fs::remove_file(data.join(RECOVERY_POINTS)).unwrap();
    let server = start(&[&data], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "t", 0)), [0, 1]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_a_checkpoint_names_is_missed_until_its_directory_is_back() {
    let scratch = Scratch::new("missing");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    fill(server.node(), "t", 2).await;
    server.stop().await;
    fs::rename(data.join("t-0"), scratch.path("elsewhere")).unwrap();
    for round in 0..2 {
        let server = start(&[&data], &[]).await;
        assert!(is_offline(&partition(server.node(), "t", 0)), "round {round}");
        assert_eq!(offsets(&partition(server.node(), "t", 1)), [0, 1, 2], "round {round}");
        server.stop().await;
        assert!(!data.join("t-0").exists(), "round {round}: nobody begins anew in its place");
    }
    fs::rename(scratch.path("elsewhere"), data.join("t-0")).unwrap();
    let server = start(&[&data], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "t", 0)), [0, 1, 2]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_the_same_name_is_not_taken_for_the_deleted_one() {
    let scratch = Scratch::new("again");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    fill(server.node(), "t", 1).await;
    partition(server.node(), "t", 0).delete_records(jackdaw_base::Offset(2)).unwrap();
    server.stop().await;
    let server = start(&[&data], &[]).await;
    delete(server.node(), "t").await;
    create(server.node(), "t", 1).await;
    assert!(!is_offline(&partition(server.node(), "t", 0)), "its predecessor's rows do not count");
    let rows = fs::read_to_string(data.join(RECOVERY_POINTS)).unwrap();
    assert!(!rows.contains("t 0 "), "a crash now would not miss it either: {rows}");
    assert_eq!(append(&partition(server.node(), "t", 0), "first"), 0);
    synced(&partition(server.node(), "t", 0)).await;
    server.stop().await;
    let server = start(&[&data], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "t", 0)), [0]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_opened_costs_its_partitions_only() {
    let scratch = Scratch::new("unusable");
    let (first, second) = (scratch.path("first"), scratch.path("second"));
    let server = start(&[&first, &second], &[]).await;
    fill(server.node(), "t", 6).await;
    server.stop().await;
    let in_second: Vec<i32> = (0..6).filter(|index| second.join(format!("t-{index}")).exists()).collect();
    assert!(!in_second.is_empty() && in_second.len() < 6, "{in_second:?}");
    fs::rename(&second, scratch.path("unmounted")).unwrap();
    fs::write(&second, "not a directory").unwrap();
    for round in 0..2 {
        let server = start(&[&first, &second], &[]).await;
        for index in 0..6 {
            let partition = partition(server.node(), "t", index);
            assert_eq!(
                is_offline(&partition),
                in_second.contains(&index),
                "round {round}, partition {index}"
            );
        }
        assert_eq!(server.node().storage.offline_reasons().len(), 1, "round {round}");
        create(server.node(), &format!("new-{round}"), 2).await;
        assert_eq!(append(&partition(server.node(), &format!("new-{round}"), 1), "x"), 0);
        server.stop().await;
    }
    fs::remove_file(&second).unwrap();
    fs::rename(scratch.path("unmounted"), &second).unwrap();
    let server = start(&[&first, &second], &[]).await;
    for index in 0..6 {
        assert_eq!(offsets(&partition(server.node(), "t", index)), [0, 1, 2], "partition {index}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_removed_under_a_running_node_are_noticed() {
    let scratch = Scratch::new("removed");
    let (first, second) = (scratch.path("first"), scratch.path("second"));
    let server = start(&[&first, &second], &[]).await;
    fill(server.node(), "t", 6).await;
    let gone = (0..6).find(|index| first.join(format!("t-{index}")).exists()).unwrap();
    fs::remove_dir_all(first.join(format!("t-{gone}"))).unwrap();
    let partitions: Vec<_> = (0..6).map(|index| partition(server.node(), "t", index)).collect();
    partitions.iter().for_each(|partition| partition.check_directory());
    for (index, partition) in partitions.iter().enumerate() {
        assert_eq!(is_offline(partition), index == gone as usize, "partition {index}");
    }
    fs::remove_dir_all(&second).unwrap();
    server.node().storage.directories().for_each(|directory| directory.check());
    for (index, partition) in partitions.iter().enumerate() {
        let is_second = partition.placement().directory.path() == second;
        assert_eq!(is_offline(partition), index == gone as usize || is_second, "partition {index}");
    }
    let reasons = server.node().storage.offline_reasons();
    assert!(reasons.len() == 1 && reasons[0].1.contains("removed"), "{reasons:?}");
    server.stop().await;
    assert!(!second.exists(), "nothing is made in its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_was_only_begun_is_used_and_not_set_aside() {
    let scratch = Scratch::new("begun");
    let data = scratch.path("data");
    let server = start(&[&data], &[]).await;
    create(server.node(), "t", 2).await;
    server.stop().await;
    fs::create_dir(data.join("t-0")).unwrap();
    fs::create_dir(data.join("t-1")).unwrap();
    for name in ["partition.metadata", "00000000000000000000.log", "00000000000000000000.index"] {
        fs::write(data.join("t-1").join(name), "").unwrap();
    }
    let server = start(&[&data], &[]).await;
    for index in 0..2 {
        assert_eq!(append(&partition(server.node(), "t", index), "first"), 0, "partition {index}");
        synced(&partition(server.node(), "t", index)).await;
    }
    server.stop().await;
    let server = start(&[&data], &[]).await;
    assert_eq!(offsets(&partition(server.node(), "t", 1)), [0]);
    server.stop().await;
    assert!(fs::read_to_string(data.join("t-1/partition.metadata")).unwrap().contains("topic_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn strays_of_one_name_are_all_kept() {
    let scratch = Scratch::new("strays");
    let data = scratch.path("data");
    start(&[&data], &[]).await.stop().await;
    for round in 1..=3 {
        fs::create_dir(data.join("ghost-0")).unwrap();
        fs::write(data.join("ghost-0/partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAABQ\n")
            .unwrap();
        let server = start(&[&data], &[]).await;
        assert!(server.node().storage.offline_reasons().is_empty(), "round {round}");
        server.stop().await;
        let names = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name());
        let strays = names.filter(|name| name.to_str().unwrap().ends_with("-stray")).count();
        assert_eq!(strays, round);
    }
}
