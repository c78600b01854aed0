//! `--verify`: how far a plan is. Where all is done, throttles are taken away.

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::Admin;
use jackdaw_protocol::error_code::ErrorCode;

use super::plan::Plan;
use super::{Assignment, file, list_of, moves, throttles, unexpected};
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::Options;
use crate::outcome::{Done, Outcome};

pub(super) async fn verify(admin: &Admin, options: &Options) -> Outcome {
    let plan = Plan::parse(&file(options, "reassignment-json-file")?)?;
    let under_way = admin.list_reassignments(None).await?;
    let mut targets = plan.partitions.clone();
    targets.sort();
    let current =
        current(admin, targets.iter().filter(|(partition, _)| !under_way.contains_key(partition))).await?;
    crate::say!("Status of partition reassignment:");
    for (partition, target) in &targets {
        let current = match under_way.contains_key(partition) {
            true => None,
            false => Some(current.get(partition).map_or(&[][..], Vec::as_slice)),
        };
        crate::say!("{}", told(partition, target, current));
    }
    let states = moves::states(admin, &plan.directories).await?;
    let lines: Vec<String> = states.iter().map(|(replica, state)| state.told(replica)).collect();
    crate::say!("{}", lines.join("\n"));
    let is_done = under_way.is_empty() && states.values().all(moves::MoveState::is_done);
    if is_done && !options.has("preserve-throttles") {
        throttles::clear(admin, &plan.partitions).await?;
    }
    Ok(Done::Well)
}

/// What is said of a partition: where its copies are, or nothing while they are on their way.
pub(super) fn told(partition: &TopicPartition, target: &[i32], current: Option<&[i32]>) -> String {
    match current {
        None => format!("Reassignment of partition {partition} is still in progress."),
        Some(current) if current == target => format!("Reassignment of partition {partition} is completed."),
        Some(current) => format!(
            "There is no active reassignment of partition {partition}, but replica set is {} rather than {}.",
            list_of(current),
            list_of(target)
        ),
    }
}

/// Where copies are now; a topic that is not there has none.
async fn current<'a>(
    admin: &Admin,
    targets: impl Iterator<Item = &'a (TopicPartition, Vec<i32>)>,
) -> Result<Assignment, Failure> {
    let mut topics: Vec<String> = targets.map(|(partition, _)| partition.topic.to_string()).collect();
    topics.dedup();
    let mut current = Assignment::new();
    for (topic, described) in admin.describe_topics(topics).await {
        match described {
            Ok(described) => current.extend(
                described
                    .partitions
                    .into_iter()
                    .map(|found| (TopicPartition::new(&*topic, found.partition), found.replicas)),
            ),
            Err(error) if error.is(ErrorCode::UnknownTopicOrPartition) => {}
            Err(error) => return Err(unexpected(words(&error))),
        }
    }
    Ok(current)
}
