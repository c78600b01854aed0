//! `--reset-offsets`: plans new offsets for groups without members, shows them, and sets them if told to.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, CommittedOffset, OffsetSpec};
use jackdaw_client::config::IsolationLevel;
use jackdaw_protocol::error_code::ErrorCode;

use super::chosen;
use super::scenario::{Plan, topic_partitions};
use crate::failure::Failure;
use crate::flags::Options;
use crate::out::{self, Wide};
use crate::outcome::{Done, Outcome};

type Offsets = BTreeMap<TopicPartition, i64>;

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
    let (whole, mut partitions) = topic_partitions(&options.values("topic"))?;
    for (topic, described) in admin.describe_topics(whole).await {
        let ids = described?.partitions.into_iter().map(|partition| partition.partition);
        partitions.extend(ids.map(|partition| TopicPartition::new(&*topic, partition)));
    }
    Ok(partitions)
}

async fn committed(
    admin: &Admin,
    group: &str,
    partitions: Option<&[TopicPartition]>,
) -> Result<Offsets, Failure> {
    let mut offsets = Offsets::new();
    for (partition, offset) in admin.list_group_offsets(group, partitions).await? {
        let offset = offset?.offset;
        if offset >= 0 {
            offsets.insert(partition, offset);
        }
    }
    Ok(offsets)
}

/// The offsets of a place; where nothing was written since a time, the end.
async fn at(admin: &Admin, partitions: &[TopicPartition], spec: OffsetSpec) -> Result<Offsets, Failure> {
    let specs = partitions.iter().map(|partition| (partition.clone(), spec));
    let (mut offsets, mut none) = (Offsets::new(), Vec::new());
    for (partition, found) in admin.list_offsets(specs, IsolationLevel::ReadUncommitted).await {
        match found?.filter(|found| found.offset >= 0) {
            Some(found) => drop(offsets.insert(partition, found.offset)),
            None => none.push((partition, OffsetSpec::Latest)),
        }
    }
    for (partition, _) in &none {
        println!(
            "\nWarn: Partition {} from topic {} is empty. Falling back to latest known offset.",
            partition.partition, partition.topic
        );
    }
    for (partition, found) in admin.list_offsets(none, IsolationLevel::ReadUncommitted).await {
        offsets.insert(partition, found?.map_or(0, |found| found.offset));
    }
    Ok(offsets)
}

/// The same offsets, none of them before the start or behind the end of its partition.
async fn within(admin: &Admin, wanted: Offsets) -> Result<Offsets, Failure> {
    let partitions: Vec<TopicPartition> = wanted.keys().cloned().collect();
    let starts = at(admin, &partitions, OffsetSpec::Earliest).await?;
    let ends = at(admin, &partitions, OffsetSpec::Latest).await?;
    let mut offsets = Offsets::new();
    for (partition, offset) in wanted {
        let (start, end) = (starts[&partition], ends[&partition]);
        if !(start..=end).contains(&offset) {
            eprintln!("WARN {partition}: {offset} lies outside of {start} to {end}; the nearest is taken");
        }
        offsets.insert(partition, offset.clamp(start, end.max(start)));
    }
    Ok(offsets)
}
