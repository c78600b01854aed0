//! `--describe`: offsets and lag, members, or state of groups.

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, GroupDescription, GroupMember, OffsetSpec};
use jackdaw_client::config::IsolationLevel;

use super::chosen;
use crate::failure::Failure;
use crate::flags::Options;
use crate::out::{self, Wide};
use crate::outcome::{Done, Outcome};

/// What stands where nothing is.
const MISSING: &str = "-";

pub(super) async fn describe(admin: &Admin, options: &Options) -> Outcome {
    let names = chosen(admin, options).await?;
    let described = admin.describe_groups(names).await;
    let is_verbose = options.has("verbose");
    for (name, group) in described {
        let group = group?;
        if !say_state(&name, &group) {
            continue;
        }
        let table = if options.has("members") {
            members(&group, is_verbose)
        } else if options.has("state") {
            state(admin, &group, is_verbose).await?
        } else {
            match offsets(admin, &group, is_verbose).await? {
                Some(table) => table,
                None => continue,
            }
        };
        let text: String = table.lines().iter().map(|line| format!("\n{line}")).collect();
        out::print(&format!("{text}\n"))?;
    }
    Ok(Done::Well)
}

/// Says what is special about the state; whether there is anything to be shown.
fn say_state(name: &str, group: &GroupDescription) -> bool {
    match group.state.as_str() {
        "Dead" => {
            crate::say!("\nError: Consumer group '{name}' does not exist.");
            return false;
        }
        "Empty" => eprintln!("\nConsumer group '{name}' has no active members."),
        "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
            eprintln!("\nWarning: Consumer group '{name}' is rebalancing.");
        }
        _ => {}
    }
    true
}

/// A partition in the table of offsets, and who reads it.
struct Row<'a> {
    partition: TopicPartition,
    member: Option<&'a GroupMember>,
}

async fn offsets(admin: &Admin, group: &GroupDescription, is_verbose: bool) -> Result<Option<Wide>, Failure> {
    let mut committed = BTreeMap::new();
    for (partition, offset) in admin.list_group_offsets(&group.group_id, None).await? {
        committed.insert(partition, offset?);
    }
    let rows = rows(group, committed.keys());
    if rows.is_empty() {
        return Ok(None);
    }
    let ends = rows.iter().map(|row| (row.partition.clone(), OffsetSpec::Latest));
    let ends = admin.list_offsets(ends, IsolationLevel::ReadUncommitted).await;
    let mut columns = vec![("GROUP", 15), ("TOPIC", 15), ("PARTITION", 10)];
    if is_verbose {
        columns.push(("LEADER-EPOCH", 15));
    }
    columns.extend([("CURRENT-OFFSET", 15), ("LOG-END-OFFSET", 15), ("LAG", 15)]);
    columns.extend([("CONSUMER-ID", 15), ("HOST", 15), ("CLIENT-ID", 0)]);
    let mut table = Wide::new(&columns);
    for row in rows {
        let current = committed.get(&row.partition);
        // A partition that is gone, or without a leader, has no end that could be told.
        let end = ends
            .get(&row.partition)
            .and_then(|end| end.as_ref().ok())
            .copied()
            .flatten()
            .map(|end| end.offset);
        let lag = current.zip(end).map(|(current, end)| end - current.offset);
        let shown = |number: Option<i64>| number.map_or(MISSING.to_owned(), |number| number.to_string());
        let mut cells = vec![
            group.group_id.clone(),
            row.partition.topic.to_string(),
            row.partition.partition.to_string(),
        ];
        if is_verbose {
            cells.push(shown(current.and_then(|current| current.leader_epoch).map(i64::from)));
        }
        cells.extend([shown(current.map(|current| current.offset)), shown(end), shown(lag)]);
        let of_member = |text: fn(&GroupMember) -> &str| row.member.map_or(MISSING, text).to_owned();
        cells.extend([
            of_member(|member| &member.member_id),
            of_member(|member| &member.host),
            of_member(|member| &member.client_id),
        ]);
        table.row(cells);
    }
    Ok(Some(table))
}

/// Partitions of members, those with the most first, then what only has an offset.
fn rows<'a>(
    group: &'a GroupDescription,
    committed: impl Iterator<Item = &'a TopicPartition>,
) -> Vec<Row<'a>> {
    let mut members: Vec<&GroupMember> = group.members.iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.assignment.partitions().len()));
    let mut rows = Vec::new();
    let mut assigned = BTreeSet::new();
    for member in members {
        let mut partitions = member.assignment.partitions().to_vec();
        partitions.sort();
        assigned.extend(partitions.iter().cloned());
        rows.extend(partitions.into_iter().map(|partition| Row { partition, member: Some(member) }));
    }
    let left = committed.filter(|partition| !assigned.contains(partition));
    rows.extend(left.map(|partition| Row { partition: partition.clone(), member: None }));
    rows
}

fn members(group: &GroupDescription, is_verbose: bool) -> Wide {
    let has_instances = group.members.iter().any(|member| member.instance_id.is_some());
    let mut columns = vec![("GROUP", 15), ("CONSUMER-ID", 15)];
    if has_instances {
        columns.push(("GROUP-INSTANCE-ID", 17));
    }
    columns.extend([("HOST", 15), ("CLIENT-ID", 15), ("#PARTITIONS", 15)]);
    if is_verbose {
        columns.extend([("CURRENT-EPOCH", 15), ("CURRENT-ASSIGNMENT", 20)]);
        columns.extend([("TARGET-EPOCH", 15), ("TARGET-ASSIGNMENT", 20)]);
    } else {
        // A blank at the end of the line, as there is with Kafka's tool.
        columns.push(("", 0));
    }
    let mut table = Wide::new(&columns);
    for member in &group.members {
        let partitions = member.assignment.partitions();
        let mut cells = vec![group.group_id.clone(), member.member_id.clone()];
        if has_instances {
            cells.push(member.instance_id.clone().unwrap_or_default());
        }
        cells.extend([member.host.clone(), member.client_id.clone(), partitions.len().to_string()]);
        if is_verbose {
            let epoch = |epoch: Option<i32>| epoch.map_or(MISSING.to_owned(), |epoch| epoch.to_string());
            let target_epoch = group.epochs.map(|(_, assignment)| assignment);
            cells.extend([epoch(member.epoch), assignment(partitions)]);
            cells.extend([
                epoch(target_epoch),
                member.target.as_deref().map_or(MISSING.to_owned(), assignment),
            ]);
        } else {
            cells.push(String::new());
        }
        table.row(cells);
    }
    table
}

/// `topic:0,1;other:2`.
fn assignment(partitions: &[TopicPartition]) -> String {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition);
    }
    if topics.is_empty() {
        return MISSING.to_owned();
    }
    let of_topic = |(topic, mut partitions): (&str, Vec<i32>)| {
        partitions.sort_unstable();
        let ids: Vec<String> = partitions.iter().map(i32::to_string).collect();
        format!("{topic}:{}", ids.join(","))
    };
    topics.into_iter().map(of_topic).collect::<Vec<_>>().join(";")
}

async fn state(admin: &Admin, group: &GroupDescription, is_verbose: bool) -> Result<Wide, Failure> {
    let cluster = admin.describe_cluster().await?;
    let broker = cluster.brokers.iter().find(|broker| Some(broker.id) == group.coordinator);
    let coordinator = broker
        .map_or(MISSING.to_owned(), |broker| format!("{}:{}  ({})", broker.host, broker.port, broker.id));
    let mut columns =
        vec![("GROUP", 15), ("COORDINATOR (ID)", 25), ("ASSIGNMENT-STRATEGY", 20), ("STATE", 20)];
    if is_verbose {
        columns.extend([("GROUP-EPOCH", 15), ("TARGET-ASSIGNMENT-EPOCH", 25)]);
    }
    columns.push(("#MEMBERS", 0));
    let mut table = Wide::new(&columns);
    let assignor = if group.assignor.is_empty() { MISSING } else { &group.assignor };
    let mut cells = vec![group.group_id.clone(), coordinator, assignor.to_owned(), group.state.clone()];
    if is_verbose {
        let epochs = group.epochs.map_or([MISSING.to_owned(), MISSING.to_owned()], |(group, assignment)| {
            [group.to_string(), assignment.to_string()]
        });
        cells.extend(epochs);
    }
    cells.push(group.members.len().to_string());
    table.row(cells);
    Ok(table)
}
