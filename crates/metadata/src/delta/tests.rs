//! Tests of `delta`.

use jackdaw_base::{NodeId, PartitionIndex, Uuid};

use super::*;
use crate::decide::delete_topics::{TopicSelector, delete_topics};
use crate::fixture::TestCluster;

fn delete(cluster: &mut TestCluster, name: &str) {
    let topics = [TopicSelector { name: Some(name.into()), id: Uuid::ZERO }];
    let decision = cluster.ask(|image, context| delete_topics(image, &topics, context)).expect("allowed");
    cluster.apply(decision.records);
}

#[test]
fn a_publication_names_what_changed_since_the_last() {
    let mut cluster = TestCluster::new(2);
    cluster.create("old", &[&[1, 2]], &[("retention.ms", "5")]);
    let before = cluster.image.clone();
    cluster.delta = Delta::default();
    cluster.create("new", &[&[2, 1], &[1, 2]], &[]);
    cluster.fence_broker(1);
    let (delta, image) = (&cluster.delta, &cluster.image);
    let (old, new) = (image.topics.id_of("old").expect("old"), image.topics.id_of("new").expect("new"));
    assert_eq!(delta.topics_created.keys().collect::<Vec<_>>(), [&new]);
    assert_eq!(delta.brokers.iter().collect::<Vec<_>>(), [&NodeId(1)]);
    assert_eq!(delta.partitions[&new].len(), 2);
    assert!(delta.partitions[&new].values().all(Option::is_none), "new since the last publication");
    let was = delta.partitions[&old][&PartitionIndex(0)].as_ref().expect("it was there");
    assert_eq!(was.leader, Some(NodeId(1)));
    assert!(delta.configs.is_empty() && delta.features.is_empty() && delta.topics_deleted.is_empty());
    assert_eq!(*delta, Delta::between(&before, image), "comparing images finds the same");
}

#[test]
fn what_came_and_went_shows_nowhere() {
    let mut cluster = TestCluster::new(1);
    cluster.delta = Delta::default();
    cluster.create("brief", &[&[1]], &[]);
    delete(&mut cluster, "brief");
    assert!(cluster.delta.is_empty(), "{:?}", cluster.delta);
}

#[test]
fn a_deleted_topic_is_there_as_it_was_published() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[("retention.ms", "5")]);
    let before = cluster.image.clone();
    cluster.delta = Delta::default();
    cluster.fence_broker(1);
    delete(&mut cluster, "t");
    let gone: Vec<_> = cluster.delta.topics_deleted.values().collect();
    assert_eq!(gone[0].partition(PartitionIndex(0)).map(|p| p.leader), Some(Some(NodeId(1))));
    assert_eq!(cluster.delta.configs.len(), 1);
    assert_eq!(cluster.delta, Delta::between(&before, &cluster.image));
}

#[test]
fn local_changes_say_what_a_broker_has_to_do() {
    let mut cluster = TestCluster::new(3);
    cluster.create("a", &[&[1, 2]], &[]);
    cluster.create("b", &[&[3]], &[]);
    let kinds = |cluster: &TestCluster, broker: i32| {
        let changes = cluster.delta.local_changes(&cluster.image, NodeId(broker));
        changes
            .into_iter()
            .map(|(_, _, change)| match change {
                LocalChange::Lead(_) => "lead",
                LocalChange::Follow(_) => "follow",
                LocalChange::Drop => "drop",
            })
            .collect::<Vec<_>>()
    };
    cluster.delta.topics_created.clear();
    assert_eq!(kinds(&cluster, 1), ["lead"]);
    assert_eq!(kinds(&cluster, 2), ["follow"]);
    cluster.delta = Delta::default();
    cluster.fence_broker(1);
    assert_eq!(
        (kinds(&cluster, 1), kinds(&cluster, 2), kinds(&cluster, 3)),
        (vec!["follow"], vec!["lead"], vec![])
    );
    cluster.delta = Delta::default();
    delete(&mut cluster, "a");
    assert_eq!((kinds(&cluster, 1), kinds(&cluster, 3)), (vec!["drop"], vec![]));
}
