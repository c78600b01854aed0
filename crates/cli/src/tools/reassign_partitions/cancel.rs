//! `--cancel`: what a plan started and what still goes on is stopped; copies stay where they were.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, ReplicationFactorChange};

use super::execute::timeout;
use super::moves::{self, MoveState};
use super::plan::Plan;
use super::{file, names_of, throttles, unexpected};
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::Options;
use crate::outcome::{Done, Outcome};

pub(super) async fn cancel(admin: &Admin, options: &Options) -> Outcome {
    let plan = Plan::parse(&file(options, "reassignment-json-file")?)?;
    let partitions: Vec<TopicPartition> =
        plan.partitions.iter().map(|(partition, _)| partition.clone()).collect();
    let under_way = admin.list_reassignments(Some(&partitions)).await?;
    let targets: BTreeMap<TopicPartition, Option<Vec<i32>>> =
        under_way.into_keys().map(|partition| (partition, None)).collect();
    if targets.is_empty() {
        crate::say!("None of the specified partition reassignments are active.");
    } else {
        stop(admin, &targets).await?;
    }
    let moving: BTreeMap<_, _> = moves::states(admin, &plan.directories)
        .await?
        .into_iter()
        .filter_map(|(replica, state)| match state {
            MoveState::Active { current, .. } => Some((replica, current)),
            _ => None,
        })
        .collect();
    if moving.is_empty() {
        crate::say!("None of the specified partition moves are active.");
    } else {
        moves::begin(admin, moving, timeout(options)?).await?;
    }
    if !options.has("preserve-throttles") {
        throttles::clear(admin, &plan.partitions).await?;
    }
    Ok(Done::Well)
}

async fn stop(admin: &Admin, targets: &BTreeMap<TopicPartition, Option<Vec<i32>>>) -> Result<(), Failure> {
    let results = admin.alter_reassignments(targets, ReplicationFactorChange::Allowed).await;
    let results = results.map_err(|error| unexpected(words(&error)))?;
    let failed: Vec<String> = results
        .into_iter()
        .filter_map(|(partition, result)| Some(format!("{partition}: {}", words(&result.err()?))))
        .collect();
    let s = |count: usize| if count == 1 { "" } else { "s" };
    if !failed.is_empty() {
        return Err(Failure::message(format!(
            "Error cancelling partition reassignment{} for:\n{}",
            s(failed.len()),
            failed.join("\n")
        )));
    }
    crate::say!(
        "Successfully cancelled partition reassignment{} for: {}",
        s(targets.len()),
        names_of(targets.keys())
    );
    Ok(())
}
