//! `--execute`: a plan is started. It goes on by itself then.

use std::collections::BTreeSet;
use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, ReplicationFactorChange};

use super::plan::{self, Plan};
use super::{Assignment, assignment_of, file, moves, names_of, throttles, unexpected};
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::Options;
use crate::outcome::{Done, Outcome};

const EXISTING: &str = "Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.";

pub(super) async fn execute(admin: &Admin, options: &Options) -> Outcome {
    let (proposed, directories) = Plan::parse(&file(options, "reassignment-json-file")?)?.executable()?;
    let under_way = admin.list_reassignments(None).await?;
    if !options.has("additional") && !under_way.is_empty() {
        return Err(Failure::message(EXISTING));
    }
    check_brokers(admin, &proposed).await?;
    let current = current(admin, &proposed).await?;
    crate::say!(
        "Current partition replica assignment\n\n{}\n\nSave this to use as the --reassignment-json-file option during rollback",
        plan::shown(&current, &moves::current(admin, &current).await?)
    );
    let rate = options.parsed::<i64>("throttle")?.filter(|rate| *rate >= 0);
    let directory_rate = options.parsed::<i64>("replica-alter-log-dirs-throttle")?.filter(|rate| *rate >= 0);
    if rate.or(directory_rate).is_some() {
        crate::say!(
            "Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed."
        );
    }
    if let Some(rate) = rate {
        throttles::set_between_brokers(admin, &throttles::moves(&under_way, &proposed, &current), rate)
            .await?;
    }
    if let Some(rate) = directory_rate {
        throttles::set_between_directories(admin, directories.keys(), rate).await?;
    }
    let factor = match options.has("disallow-replication-factor-change") {
        true => ReplicationFactorChange::Refused,
        false => ReplicationFactorChange::Allowed,
    };
    start(admin, &proposed, factor).await?;
    crate::say!(
        "Successfully started partition reassignment{} for {}",
        if proposed.len() == 1 { "" } else { "s" },
        names_of(proposed.keys())
    );
    if !directories.is_empty() {
        moves::begin(admin, directories, timeout(options)?).await?;
    }
    Ok(Done::Well)
}

/// How long moves between directories may take to begin.
pub(super) fn timeout(options: &Options) -> Result<Duration, Failure> {
    let timeout_ms = options.parsed::<i64>("timeout")?.unwrap_or(10_000);
    Ok(Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)))
}

async fn check_brokers(admin: &Admin, proposed: &Assignment) -> Result<(), Failure> {
    let wanted: BTreeSet<i32> = proposed.values().flatten().copied().collect();
    let cluster = admin.describe_cluster().await?;
    match wanted.iter().find(|id| !cluster.brokers.iter().any(|broker| broker.id == **id)) {
        Some(unknown) => Err(unexpected(format!("Unknown broker id {unknown}"))),
        None => Ok(()),
    }
}

/// Where the copies are now, of exactly these partitions.
async fn current(admin: &Admin, proposed: &Assignment) -> Result<Assignment, Failure> {
    let topics: BTreeSet<String> = proposed.keys().map(|partition| partition.topic.to_string()).collect();
    let mut current = assignment_of(admin, &topics.into_iter().collect::<Vec<_>>()).await?;
    current.retain(|partition, _| proposed.contains_key(partition));
    let missing: Vec<&TopicPartition> =
        proposed.keys().filter(|partition| !current.contains_key(*partition)).collect();
    match missing.is_empty() {
        true => Ok(current),
        false => {
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            Err(unexpected(format!("Unable to find partition: {}", names.join(", "))))
        }
    }
}

async fn start(admin: &Admin, proposed: &Assignment, factor: ReplicationFactorChange) -> Result<(), Failure> {
    let targets =
        proposed.iter().map(|(partition, replicas)| (partition.clone(), Some(replicas.clone()))).collect();
    let results = admin.alter_reassignments(&targets, factor).await;
    let results = results.map_err(|error| unexpected(words(&error)))?;
    let failed: Vec<String> = results
        .into_iter()
        .filter_map(|(partition, result)| Some(format!("{partition}: {}", words(&result.err()?))))
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::message(format!("Error reassigning partition(s):\n{}", failed.join("\n")))),
    }
}
