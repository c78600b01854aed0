//! `__consumer_offsets`: created by its first use, with the configurations that Kafka gives it.

use jackdaw_config::Config;
use jackdaw_config::definitions::groups;
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::create_topics::{CreateTopicError, CreateTopics, NewTopic, create_topics};
use jackdaw_metadata::decide::{Decision, Mode};

use crate::internal_topics::GROUP_METADATA;
use crate::node::Node;

/// Replicas where nobody configured a number, if there are so many brokers.
const REPLICAS_WANTED: usize = 3;
/// In-sync replicas that a commit then needs, if there are so many replicas.
const IN_SYNC_WANTED: usize = 2;

/// Makes the topic, if it is not there. What went wrong is in the log; whoever asked for it asks again.
pub async fn ensure(node: &Node) {
    if node.image().topics.by_name(GROUP_METADATA).is_some() {
        return;
    }
    let config = node.config();
    let created = node.quorum.submit(move |image, context| {
        let request = CreateTopics { topics: vec![new_topic(&config, image)], mode: Mode::Apply };
        match create_topics(image, &request, context) {
            Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
            Err(error) => Decision::only(Err(error.to_string())),
        }
    });
    match created.await {
        Ok(Ok(answer)) => answer.into_iter().for_each(|(topic, result)| match result {
            Ok(created) => tracing::info!(
                topic,
                partitions = created.partition_count,
                replicas = created.replication_factor,
                "created by first use"
            ),
            Err(CreateTopicError::Exists(_)) => {}
            Err(error) => tracing::warn!(topic, %error, "not created by first use"),
        }),
        Ok(Err(error)) => tracing::warn!(topic = GROUP_METADATA, error, "not created by first use"),
        Err(failure) => tracing::warn!(topic = GROUP_METADATA, %failure, "not created by first use"),
    }
}

/// The topic as it is created.
fn new_topic(config: &Config, image: &Image) -> NewTopic {
    let is_given = config.statics().is_given(groups::OFFSETS_TOPIC_REPLICATION_FACTOR.name());
    let live = image.cluster.brokers.values().filter(|broker| broker.is_active()).count();
    let replicas = REPLICAS_WANTED.min(live.max(1));
    let segment_bytes = config.get(groups::OFFSETS_TOPIC_SEGMENT_BYTES);
    let mut configs = vec![
        ("compression.type".to_owned(), Some("producer".to_owned())),
        ("cleanup.policy".to_owned(), Some("compact".to_owned())),
        ("segment.bytes".to_owned(), Some(segment_bytes.to_string())),
    ];
    let replication_factor = match is_given {
        true => config.get(groups::OFFSETS_TOPIC_REPLICATION_FACTOR),
        false => replicas as i16,
    };
    let in_sync = IN_SYNC_WANTED.min(replicas);
    if !is_given && in_sync > 1 {
        configs.push(("min.insync.replicas".to_owned(), Some(in_sync.to_string())));
    }
    NewTopic {
        name: GROUP_METADATA.to_owned(),
        partition_count: config.get(groups::OFFSETS_TOPIC_NUM_PARTITIONS),
        replication_factor,
        assignments: Vec::new(),
        configs,
    }
}
