//! `jackdaw group describe`: who reads what, how far, and how far behind.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, GroupDescription, OffsetSpec};
use jackdaw_client::config::IsolationLevel;
use serde_json::{Value, json};

use crate::command::failure;
use crate::command::output::{Output, Table, bold};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};

/// A partition of a group.
struct Row {
    partition: TopicPartition,
    committed: Option<i64>,
    end: Option<i64>,
    member: Option<usize>,
}

impl Row {
    fn lag(&self) -> Option<i64> {
        Some(self.end? - self.committed?)
    }
}

pub(super) async fn describe(admin: &Admin, groups: &[String], output: &Output) -> Outcome {
    let mut described = Vec::new();
    for (_, group) in admin.describe_groups(groups).await {
        let group = group.map_err(|error| failure(&error))?;
        if group.state == "Dead" {
            return Err(Failure::message(format!("there is no group {}", group.group_id))
                .code(crate::command::exit::NOT_FOUND)
                .hint("`jackdaw group list` shows the groups there are."));
        }
        let rows = rows(admin, &group).await?;
        described.push((group, rows));
    }
    let as_json = || described.iter().map(|(group, rows)| json(group, rows)).collect();
    let as_text = || described.iter().map(|(group, rows)| text(group, rows)).collect::<Vec<_>>().join("\n");
    output.print(as_json, as_text)?;
    Ok(Done::Well)
}

async fn rows(admin: &Admin, group: &GroupDescription) -> Result<Vec<Row>, Failure> {
    let committed = admin.list_group_offsets(&group.group_id, None).await.map_err(|error| failure(&error))?;
    let mut partitions: BTreeMap<TopicPartition, (Option<i64>, Option<usize>)> = BTreeMap::new();
    for (partition, offset) in committed {
        let offset = offset.map_err(|error| failure(&error))?.offset;
        partitions.insert(partition, (Some(offset).filter(|offset| *offset >= 0), None));
    }
    for (index, member) in group.members.iter().enumerate() {
        for partition in member.assignment.partitions() {
            partitions.entry(partition.clone()).or_default().1 = Some(index);
        }
    }
    let specs = partitions.keys().map(|partition| (partition.clone(), OffsetSpec::Latest));
    let ends = admin.list_offsets(specs, IsolationLevel::ReadUncommitted).await;
    let end = |partition: &TopicPartition| {
        ends.get(partition).and_then(|end| end.as_ref().ok()).copied().flatten().map(|end| end.offset)
    };
    let row = |(partition, (committed, member))| Row { end: end(&partition), partition, committed, member };
    Ok(partitions.into_iter().map(row).collect())
}

fn total_lag(rows: &[Row]) -> i64 {
    rows.iter().filter_map(Row::lag).sum()
}

fn json(group: &GroupDescription, rows: &[Row]) -> Value {
    let members: Vec<Value> = group
        .members
        .iter()
        .map(|member| {
            json!({
                "id": member.member_id,
                "instance": member.instance_id,
                "client_id": member.client_id,
                "host": member.host,
            })
        })
        .collect();
    let partitions: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "topic": &*row.partition.topic,
                "partition": row.partition.partition,
                "committed": row.committed,
                "end": row.end,
                "lag": row.lag(),
                "member": row.member.map(|index| &group.members[index].member_id),
            })
        })
        .collect();
    json!({
        "group": group.group_id,
        "type": group.group_type.to_ascii_lowercase(),
        "state": group.state,
        "assignor": group.assignor,
        "coordinator": group.coordinator,
        "members": members,
        "partitions": partitions,
        "lag": total_lag(rows),
    })
}

fn text(group: &GroupDescription, rows: &[Row]) -> String {
    let members = match group.members.len() {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    let kind = group.group_type.to_ascii_lowercase();
    let mut text =
        format!("{}  {kind}, {}, {members}, lag {}\n", bold(&group.group_id), group.state, total_lag(rows));
    if rows.is_empty() {
        return text;
    }
    let mut table = Table::new(&["TOPIC", "#PARTITION", "#COMMITTED", "#END", "#LAG", "MEMBER", "HOST"]);
    for row in rows {
        let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
        let member = row.member.map(|index| &group.members[index]);
        table.row([
            row.partition.topic.to_string(),
            row.partition.partition.to_string(),
            number(row.committed),
            number(row.end),
            number(row.lag()),
            member.map_or("-".to_owned(), |member| member.member_id.clone()),
            member.map_or("-".to_owned(), |member| member.host.clone()),
        ]);
    }
    text.push_str(&table.text());
    text
}
