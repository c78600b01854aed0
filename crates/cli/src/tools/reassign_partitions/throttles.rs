//! Throttles of moves: a rate on each broker that takes part, and on each topic the copies that it holds for.

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, Apply, ConfigAlteration, ConfigResource, Reassignment};

use super::plan::Replica;
use super::{Assignment, list_of};
use crate::failure::Failure;

const LEADER_RATE: &str = "leader.replication.throttled.rate";
const FOLLOWER_RATE: &str = "follower.replication.throttled.rate";
const DIRECTORY_RATE: &str = "replica.alter.log.dirs.io.max.bytes.per.second";
const LEADER_REPLICAS: &str = "leader.replication.throttled.replicas";
const FOLLOWER_REPLICAS: &str = "follower.replication.throttled.replicas";

/// Who gives and who takes a partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Move {
    pub sources: BTreeSet<i32>,
    pub destinations: BTreeSet<i32>,
}

/// The moves that are under way or asked for.
pub(super) type Moves = BTreeMap<TopicPartition, Move>;

/// What moves when `proposed` is executed.
pub(super) fn moves(
    under_way: &BTreeMap<TopicPartition, Reassignment>,
    proposed: &Assignment,
    current: &Assignment,
) -> Moves {
    let mut moves = Moves::new();
    for (partition, found) in under_way {
        let destinations: BTreeSet<i32> = found.adding.iter().copied().collect();
        let sources = found.replicas.iter().copied().filter(|id| !destinations.contains(id)).collect();
        moves.insert(partition.clone(), Move { sources, destinations });
    }
    for (partition, replicas) in proposed {
        // What is under way began where its sources are.
        let sources = match moves.get(partition) {
            Some(found) => found.sources.clone(),
            None => current.get(partition).into_iter().flatten().copied().collect(),
        };
        let destinations = replicas.iter().copied().filter(|id| !sources.contains(id)).collect();
        moves.insert(partition.clone(), Move { sources, destinations });
    }
    moves
}

/// Per topic the throttled copies of leaders and followers, as `partition:broker` with commas.
pub(super) fn replicas_by_topic(moves: &Moves) -> BTreeMap<String, (String, String)> {
    let mut parts: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for (partition, moved) in moves {
        let (leaders, followers) = parts.entry(partition.topic.to_string()).or_default();
        let part = |id: &i32| format!("{}:{id}", partition.partition);
        leaders.extend(moved.sources.iter().map(part));
        followers.extend(moved.destinations.iter().map(part));
    }
    let joined = |parts: BTreeSet<String>| parts.into_iter().collect::<Vec<_>>().join(",");
    parts
        .into_iter()
        .map(|(topic, (leaders, followers))| (topic, (joined(leaders), joined(followers))))
        .collect()
}

/// Throttles moves between brokers.
pub(super) async fn set_between_brokers(admin: &Admin, moves: &Moves, rate: i64) -> Result<(), Failure> {
    let topics = replicas_by_topic(moves).into_iter().map(|(topic, (leaders, followers))| {
        let alterations = vec![
            ConfigAlteration::set(LEADER_REPLICAS, leaders),
            ConfigAlteration::set(FOLLOWER_REPLICAS, followers),
        ];
        (ConfigResource::topic(topic), alterations)
    });
    alter(admin, topics).await?;
    let brokers: BTreeSet<i32> =
        moves.values().flat_map(|moved| moved.sources.union(&moved.destinations)).copied().collect();
    let rates = [LEADER_RATE, FOLLOWER_RATE].map(|name| ConfigAlteration::set(name, rate.to_string()));
    alter(admin, brokers.into_iter().map(|id| (ConfigResource::broker(id), rates.to_vec()))).await?;
    crate::say!("The inter-broker throttle limit was set to {rate} B/s");
    Ok(())
}

/// Throttles moves between the directories of brokers.
pub(super) async fn set_between_directories<'a>(
    admin: &Admin,
    replicas: impl Iterator<Item = &'a Replica>,
    rate: i64,
) -> Result<(), Failure> {
    let brokers: BTreeSet<i32> = replicas.map(|replica| replica.broker).collect();
    let rates = vec![ConfigAlteration::set(DIRECTORY_RATE, rate.to_string())];
    alter(admin, brokers.into_iter().map(|id| (ConfigResource::broker(id), rates.clone()))).await?;
    crate::say!("The replica-alter-dir throttle limit was set to {rate} B/s");
    Ok(())
}

/// Takes all throttles away: nobody knows any more who took part.
pub(super) async fn clear(admin: &Admin, targets: &[(TopicPartition, Vec<i32>)]) -> Result<(), Failure> {
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let cluster = admin.describe_cluster().await?;
    let mut brokers: BTreeSet<i32> = cluster.brokers.iter().map(|broker| broker.id).collect();
    brokers.extend(targets.iter().flat_map(|(_, replicas)| replicas));
    let ids: Vec<i32> = brokers.into_iter().collect();
    crate::say!("Clearing broker-level throttles on broker{} {}", s(ids.len()), list_of(&ids));
    let rates = [LEADER_RATE, FOLLOWER_RATE, DIRECTORY_RATE].map(ConfigAlteration::delete);
    alter(admin, ids.into_iter().map(|id| (ConfigResource::broker(id), rates.to_vec()))).await?;
    let topics: BTreeSet<String> = targets.iter().map(|(partition, _)| partition.topic.to_string()).collect();
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    crate::say!("Clearing topic-level throttles on topic{} {}", s(names.len()), names.join(","));
    let replicas = [LEADER_REPLICAS, FOLLOWER_REPLICAS].map(ConfigAlteration::delete);
    alter(admin, topics.into_iter().map(|topic| (ConfigResource::topic(topic), replicas.to_vec()))).await
}

async fn alter(
    admin: &Admin,
    alterations: impl Iterator<Item = (ConfigResource, Vec<ConfigAlteration>)>,
) -> Result<(), Failure> {
    for result in admin.alter_configs(alterations, Apply::Change).await.into_values() {
        result.map_err(|error| super::unexpected(crate::connect::words(&error)))?;
    }
    Ok(())
}
