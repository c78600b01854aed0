//! `--describe`: a line per topic and one per partition.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use jackdaw_base::Uuid;
use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{
    Admin, ConfigEntry, ConfigResource, DescribeConfigsOptions, PartitionDescription, Reassignment,
    TopicDescription,
};

use super::{REPORTS, chosen_that_exist};
use crate::failure::Failure;
use crate::flags::Options;
use crate::out;
use crate::outcome::{Done, Outcome};

/// What decides which lines appear.
struct Report<'a> {
    options: &'a Options,
    live: BTreeSet<i32>,
    /// Whether only some partitions are asked for.
    is_selective: bool,
}

pub(super) async fn describe(admin: &Admin, options: &Options) -> Outcome {
    let topics = described(admin, options).await?;
    let resources = topics.iter().map(|topic| ConfigResource::topic(&*topic.name));
    let mut configs = admin.describe_configs(resources, DescribeConfigsOptions::default()).await;
    let live = admin.describe_cluster().await?.brokers.into_iter().map(|broker| broker.id).collect();
    let moving = moving(admin, &topics).await?;
    let report = Report { options, live, is_selective: !options.which(&REPORTS).is_empty() };
    let mut out = out::out();
    for topic in &topics {
        let configs =
            configs.remove(&ConfigResource::topic(&*topic.name)).unwrap_or_else(|| Ok(Vec::new()))?;
        report.print(&mut out, topic, &configs, &moving)?;
    }
    out.flush()?;
    Ok(Done::Well)
}

async fn described(admin: &Admin, options: &Options) -> Result<Vec<TopicDescription>, Failure> {
    let id = options.value("topic-id")?.map(|text| {
        text.parse::<Uuid>().map_err(|_| Failure::message(format!("Input string `{text}` is no uuid")))
    });
    if let Some(id) = id.transpose()?.filter(|id| *id != Uuid::ZERO) {
        let known = admin.list_topics().await?.into_iter().any(|topic| topic.topic_id == id);
        return match (known, options.has("if-exists")) {
            (true, _) => {
                let described = admin.describe_topics_by_id([id]).await;
                Ok(described.into_values().collect::<Result<_, _>>()?)
            }
            (false, true) => Ok(Vec::new()),
            (false, false) => Err(Failure::message(format!("TopicId '{id}' does not exist as expected"))),
        };
    }
    let names = chosen_that_exist(admin, options).await?.into_iter().map(|topic| topic.name);
    Ok(admin.describe_topics(names).await.into_values().collect::<Result<_, _>>()?)
}

/// The partitions that are being moved; a cluster that cannot tell has none.
async fn moving(
    admin: &Admin,
    topics: &[TopicDescription],
) -> Result<BTreeMap<TopicPartition, Reassignment>, Failure> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    match admin.list_reassignments(None).await {
        Ok(moving) => Ok(moving),
        Err(error) if error.is_disconnect() => Err(error.into()),
        Err(_cannot_tell) => Ok(BTreeMap::new()),
    }
}

impl Report<'_> {
    fn print(
        &self,
        out: &mut dyn Write,
        topic: &TopicDescription,
        configs: &[ConfigEntry],
        moving: &BTreeMap<TopicPartition, Reassignment>,
    ) -> Result<(), Failure> {
        let overrides: Vec<&ConfigEntry> = configs.iter().filter(|entry| !entry.is_default()).collect();
        let only_overrides = self.options.has("topics-with-overrides");
        if !(self.is_selective || only_overrides && overrides.is_empty()) {
            print_topic(out, topic, &overrides, moving)?;
        }
        if only_overrides {
            return Ok(());
        }
        let in_sync_min = configs.iter().find(|entry| entry.name == "min.insync.replicas");
        let in_sync_min = in_sync_min
            .and_then(|entry| entry.value.as_deref())
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        for partition in &topic.partitions {
            let moves = moving.get(&TopicPartition::new(&*topic.name, partition.partition));
            if !self.is_selective || self.is_wanted(partition, moves, in_sync_min) {
                print_partition(out, &topic.name, partition, moves)?;
            }
        }
        Ok(())
    }

    fn is_wanted(
        &self,
        partition: &PartitionDescription,
        moves: Option<&Reassignment>,
        in_sync_min: usize,
    ) -> bool {
        let in_sync = partition.in_sync.len();
        REPORTS.iter().filter(|report| self.options.has(report)).any(|report| match *report {
            "under-replicated-partitions" => replication_factor(partition, moves) > in_sync,
            "under-min-isr-partitions" => partition.leader.is_none() || in_sync < in_sync_min,
            "at-min-isr-partitions" => in_sync == in_sync_min,
            _ => partition.leader.is_none_or(|leader| !self.live.contains(&leader)),
        })
    }
}

/// How many replicas a partition has, or will have when it has arrived.
fn replication_factor(partition: &PartitionDescription, moves: Option<&Reassignment>) -> usize {
    match moves {
        Some(moves) => moves.replicas.len().saturating_sub(moves.adding.len()),
        None => partition.replicas.len(),
    }
}

fn print_topic(
    out: &mut dyn Write,
    topic: &TopicDescription,
    overrides: &[&ConfigEntry],
    moving: &BTreeMap<TopicPartition, Reassignment>,
) -> std::io::Result<()> {
    let configs: Vec<String> = overrides
        .iter()
        .map(|entry| format!("{}={}", entry.name, entry.value.as_deref().unwrap_or("null")))
        .collect();
    let first = topic.partitions.first();
    let factor = first.map_or(0, |first| {
        replication_factor(first, moving.get(&TopicPartition::new(&*topic.name, first.partition)))
    });
    let id = match topic.topic_id {
        Uuid::ZERO => String::new(),
        id => format!("\tTopicId: {id}"),
    };
    writeln!(
        out,
        "Topic: {}{id}\tPartitionCount: {}\tReplicationFactor: {factor}\tConfigs: {}",
        topic.name,
        topic.partitions.len(),
        configs.join(",")
    )
}

fn print_partition(
    out: &mut dyn Write,
    topic: &str,
    partition: &PartitionDescription,
    moves: Option<&Reassignment>,
) -> std::io::Result<()> {
    let leader = partition.leader.map_or("none".to_owned(), |leader| leader.to_string());
    let moves = moves.map_or(String::new(), |moves| {
        format!("\tAdding Replicas: {}\tRemoving Replicas: {}", ids(&moves.adding), ids(&moves.removing))
    });
    let maybe = |brokers: &Option<Vec<i32>>| brokers.as_deref().map_or("N/A".to_owned(), ids);
    writeln!(
        out,
        "\tTopic: {topic}\tPartition: {}\tLeader: {leader}\tReplicas: {}\tIsr: {}{moves}\tElr: {}\tLastKnownElr: {}",
        partition.partition,
        ids(&partition.replicas),
        ids(&partition.in_sync),
        maybe(&partition.eligible_leaders),
        maybe(&partition.last_known_eligible_leaders),
    )
}

fn ids(brokers: &[i32]) -> String {
    brokers.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}
