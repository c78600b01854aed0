//! `--reset-offsets`: plans new offsets for groups without members, shows them, and sets them if told to.

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, CommittedOffset, OffsetSpec};
use jackdaw_protocol::error_code::ErrorCode;

use super::chosen;
use super::scenario::Plan;
use crate::failure::Failure;
use crate::flags::Options;
use crate::offsets::{Offsets, at, committed, partitions_of, within};
use crate::out::{self, Wide};
use crate::outcome::{Done, Outcome};

pub(super) async fn reset(admin: &Admin, options: &Options, plan: &Plan) -> Outcome {
    let mut planned = Vec::new();
    let names = chosen(admin, options).await?;
    for (name, group) in admin.describe_groups(names).await {
        match group {
            // A group that is not there yet can be given offsets, too.
            Err(error) if error.is(ErrorCode::GroupIdNotFound) => {}
            Ok(group) if ["Empty", "Dead"].contains(&group.state.as_str()) => {}
            Ok(group) => {
                out::print(&format!(
                    "\nError: Assignments can only be reset if the group '{name}' is inactive, but the current state is {}.\n",
                    group.state
                ))?;
                planned.push((name, Offsets::new()));
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let offsets = new_offsets(admin, options, &name, plan).await?;
        if options.has("execute") {
            let offsets =
                offsets.iter().map(|(partition, offset)| (partition.clone(), CommittedOffset::new(*offset)));
            for result in admin.alter_group_offsets(&name, offsets).await?.into_values() {
                result?;
            }
        }
        planned.push((name, offsets));
    }
    out::print(&if options.has("export") { csv(options, &planned) } else { table(&planned) })?;
    Ok(Done::Well)
}

fn table(planned: &[(String, Offsets)]) -> String {
    let mut table = Wide::new(&[("GROUP", 15), ("TOPIC", 15), ("PARTITION", 10), ("NEW-OFFSET", 0)]);
    for (group, offsets) in planned {
        for (partition, offset) in offsets {
            table.row([
                group.clone(),
                partition.topic.to_string(),
                partition.partition.to_string(),
                offset.to_string(),
            ]);
        }
    }
    let lines: String = table.lines().iter().map(|line| format!("\n{line}")).collect();
    format!("{lines}\n")
}

fn csv(options: &Options, planned: &[(String, Offsets)]) -> String {
    let is_single = options.values("group").len() == 1;
    let mut text = String::new();
    for (group, offsets) in planned {
        for (partition, offset) in offsets {
            let group = if is_single { String::new() } else { format!("{group},") };
            text.push_str(&format!("{group}{},{},{offset}\n", partition.topic, partition.partition));
        }
    }
    text + "\n"
}

async fn new_offsets(admin: &Admin, options: &Options, group: &str, plan: &Plan) -> Result<Offsets, Failure> {
    if let Plan::File(by_group) = plan {
        let wanted = by_group.get(&Some(group.to_owned())).or_else(|| by_group.get(&None));
        return within(admin, wanted.cloned().unwrap_or_default()).await;
    }
    let partitions = partitions(admin, options, group).await?;
    match plan {
        Plan::Earliest => at(admin, &partitions, OffsetSpec::Earliest).await,
        Plan::Latest => at(admin, &partitions, OffsetSpec::Latest).await,
        Plan::Time(time) => at(admin, &partitions, OffsetSpec::Timestamp(*time)).await,
        Plan::Offset(offset) => {
            within(admin, partitions.into_iter().map(|partition| (partition, *offset)).collect()).await
        }
        Plan::Current => {
            let current = committed(admin, group, Some(&partitions)).await?;
            let others: Vec<_> =
                partitions.into_iter().filter(|partition| !current.contains_key(partition)).collect();
            let mut offsets = at(admin, &others, OffsetSpec::Latest).await?;
            offsets.extend(current);
            Ok(offsets)
        }
        Plan::Shift(by) => {
            let current = committed(admin, group, Some(&partitions)).await?;
            if let Some(partition) = partitions.iter().find(|partition| !current.contains_key(partition)) {
                return Err(Failure::message(format!(
                    "Cannot shift offset for partition {partition} since there is no current committed offset"
                )));
            }
            let shifted =
                current.into_iter().map(|(partition, offset)| (partition, offset.saturating_add(*by)));
            within(admin, shifted.collect()).await
        }
        Plan::File(_) => Ok(Offsets::new()),
    }
}

/// The partitions that `--topic` or `--all-topics` mean.
async fn partitions(admin: &Admin, options: &Options, group: &str) -> Result<Vec<TopicPartition>, Failure> {
    if options.has("all-topics") {
        return Ok(committed(admin, group, None).await?.into_keys().collect());
    }
    partitions_of(admin, &options.values("topic")).await
}
