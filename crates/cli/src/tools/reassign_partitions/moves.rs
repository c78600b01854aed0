//! Copies that move from one directory of their broker to another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::Admin;
use jackdaw_protocol::error_code::ErrorCode;

use super::plan::Replica;
use super::{Assignment, unexpected};
use crate::clock;
use crate::connect::words;
use crate::failure::Failure;

/// How long before a broker is asked again to begin a move.
const PAUSE: Duration = Duration::from_millis(100);

/// Where a copy is, and where it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum MoveState {
    /// In none of the directories that the broker can read.
    Missing,
    /// On its way.
    Active { current: String, target: String, future: String },
    /// Elsewhere, and not on its way.
    Cancelled { current: String, target: String },
    /// Where it should be.
    Done,
}

impl MoveState {
    pub(super) fn is_done(&self) -> bool {
        !matches!(self, Self::Active { .. })
    }

    /// What is said of it.
    pub(super) fn told(&self, replica: &Replica) -> String {
        let Replica { broker, partition } = replica;
        match self {
            Self::Missing => format!(
                "Partition {partition} is not found in any live log dir on broker {broker}. There is likely an offline log directory on the broker."
            ),
            Self::Active { target, future, .. } if target == future => {
                format!("Reassignment of replica {replica} is still in progress.")
            }
            Self::Active { target, future, .. } => format!(
                "Partition {partition} on broker {broker} is being moved to log dir {future} instead of {target}."
            ),
            Self::Cancelled { current, target } => format!(
                "Partition {partition} on broker {broker} is not being moved from log dir {current} to {target}."
            ),
            Self::Done => format!("Reassignment of replica {replica} completed successfully."),
        }
    }

    /// What two directories that were found mean.
    pub(super) fn of(current: Option<String>, future: Option<String>, target: &str) -> Self {
        let target = target.to_owned();
        match (current, future) {
            (None, _) => Self::Missing,
            (Some(current), Some(future)) => Self::Active { current, target, future },
            (Some(current), None) if current == target => Self::Done,
            (Some(current), None) => Self::Cancelled { current, target },
        }
    }
}

/// How far copies are.
pub(super) async fn states(
    admin: &Admin,
    targets: &BTreeMap<Replica, String>,
) -> Result<BTreeMap<Replica, MoveState>, Failure> {
    let mut found = directories(admin, targets.keys()).await?;
    let state = |(replica, target): (&Replica, &String)| {
        let places = found.remove(replica).unwrap_or_default();
        (replica.clone(), MoveState::of(places.current, places.future, target))
    };
    Ok(targets.iter().map(state).collect())
}

/// The directories where the copies of an assignment lie now.
pub(super) async fn current(
    admin: &Admin,
    assignment: &Assignment,
) -> Result<BTreeMap<Replica, String>, Failure> {
    let replicas: Vec<Replica> = assignment
        .iter()
        .flat_map(|(partition, ids)| {
            ids.iter().map(|id| Replica { broker: *id, partition: partition.clone() })
        })
        .collect();
    let found = directories(admin, replicas.iter()).await?;
    Ok(found.into_iter().filter_map(|(replica, places)| Some((replica, places.current?))).collect())
}

/// Where a copy is, and where it is on its way to.
#[derive(Default)]
struct Places {
    current: Option<String>,
    future: Option<String>,
}

async fn directories<'a>(
    admin: &Admin,
    replicas: impl Iterator<Item = &'a Replica> + Clone,
) -> Result<BTreeMap<Replica, Places>, Failure> {
    let mut found: BTreeMap<Replica, Places> = BTreeMap::new();
    let brokers: BTreeSet<i32> = replicas.clone().map(|replica| replica.broker).collect();
    if brokers.is_empty() {
        return Ok(found);
    }
    let brokers: Vec<i32> = brokers.into_iter().collect();
    let partitions: BTreeSet<TopicPartition> = replicas.map(|replica| replica.partition.clone()).collect();
    let partitions: Vec<TopicPartition> = partitions.into_iter().collect();
    for (broker, directories) in admin.describe_log_dirs(&brokers, Some(&partitions)).await? {
        for (path, directory) in directories.map_err(|error| unexpected(words(&error)))? {
            // A directory that cannot be read holds nothing for us.
            for (partition, copy) in directory.into_iter().flat_map(|directory| directory.replicas) {
                let places = found.entry(Replica { broker, partition }).or_default();
                let place = if copy.is_future { &mut places.future } else { &mut places.current };
                *place = Some(path.clone());
            }
        }
    }
    Ok(found)
}

/// Begins moves. A copy that its broker does not have yet is asked for again until it has.
pub(super) async fn begin(
    admin: &Admin,
    moves: BTreeMap<Replica, String>,
    timeout: Duration,
) -> Result<(), Failure> {
    let started = clock::now();
    let mut pending = moves;
    loop {
        for replica in begun(admin, &pending).await? {
            if let Some(directory) = pending.remove(&replica) {
                crate::say!(
                    "Successfully started moving log directory to {directory} for replica {} with broker {} ",
                    replica.partition,
                    replica.broker
                );
            }
        }
        if pending.is_empty() {
            return Ok(());
        }
        if started.elapsed() >= timeout {
            let names: Vec<String> = pending.keys().map(ToString::to_string).collect();
            return Err(Failure::message(format!(
                "Timed out before log directory move{} could be started for: {}",
                if names.len() == 1 { "" } else { "s" },
                names.join(",")
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Those that their brokers move now.
async fn begun(admin: &Admin, moves: &BTreeMap<Replica, String>) -> Result<Vec<Replica>, Failure> {
    let mut by_broker: BTreeMap<i32, BTreeMap<TopicPartition, String>> = BTreeMap::new();
    for (replica, directory) in moves {
        by_broker.entry(replica.broker).or_default().insert(replica.partition.clone(), directory.clone());
    }
    let mut begun = Vec::new();
    for (broker, moves) in by_broker {
        for (partition, result) in admin.alter_replica_log_dirs(broker, &moves).await {
            let replica = Replica { broker, partition };
            match result {
                Ok(()) => begun.push(replica),
                Err(error) if error.is(ErrorCode::ReplicaNotAvailable) => {}
                Err(error) => {
                    return Err(unexpected(format!("Failed to alter dir for {replica}: {}", words(&error))));
                }
            }
        }
    }
    Ok(begun)
}
