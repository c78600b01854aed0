//! `jackdaw group reset`: a group without members goes on elsewhere.

use jackdaw_client::admin::{Admin, CommittedOffset, OffsetSpec};
use jackdaw_protocol::error_code::ErrorCode;
use serde_json::{Value, json};

use super::Reset;
use crate::command::failure;
use crate::command::output::{Output, Table};
use crate::failure::Failure;
use crate::offsets::{Offsets, at, committed, partitions_of, within};
use crate::outcome::{Done, Outcome};
use crate::{clock, time_text};

/// Where a group goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Earliest,
    Latest,
    Offset(i64),
    Shift(i64),
    Time(i64),
}

impl Place {
    fn parse(text: &str, now_ms: i64) -> Result<Self, Failure> {
        let shift = || text.starts_with(['+', '-']).then(|| text.parse().ok()).flatten();
        let place = match text {
            "earliest" | "start" | "beginning" => Some(Self::Earliest),
            "latest" | "end" => Some(Self::Latest),
            text => shift()
                .map(Self::Shift)
                .or_else(|| text.parse().ok().map(Self::Offset))
                .or_else(|| time_text::parse_time(text).map(Self::Time))
                .or_else(|| Some(Self::Time(now_ms.saturating_sub(time_text::parse_duration(text)?)))),
        };
        place.ok_or_else(|| {
            Failure::message(format!("--to {text}: no place"))
                .code(2)
                .hint("Places are earliest, latest, an offset, +N, -N, a time such as 2026-11-21T14:00, or 90m for so long ago.")
        })
    }
}

pub(super) async fn reset(admin: &Admin, reset: &Reset, output: &Output) -> Outcome {
    let place = Place::parse(&reset.to, clock::wall_ms())?;
    refuse_if_active(admin, &reset.group).await?;
    let old = committed(admin, &reset.group, None).await?;
    let topics: Vec<&str> = reset.topics.iter().map(String::as_str).collect();
    let partitions = match topics.is_empty() {
        true => old.keys().cloned().collect(),
        false => partitions_of(admin, &topics).await?,
    };
    let new: Offsets = match place {
        Place::Earliest => at(admin, &partitions, OffsetSpec::Earliest).await?,
        Place::Latest => at(admin, &partitions, OffsetSpec::Latest).await?,
        Place::Time(time) => at(admin, &partitions, OffsetSpec::Timestamp(time)).await?,
        Place::Offset(offset) => {
            within(admin, partitions.iter().map(|partition| (partition.clone(), offset)).collect()).await?
        }
        Place::Shift(by) => {
            let from = |partition| old.get(partition).copied().unwrap_or(0_i64).saturating_add(by);
            within(admin, partitions.iter().map(|partition| (partition.clone(), from(partition))).collect())
                .await?
        }
    };
    if !reset.dry_run {
        let offsets =
            new.iter().map(|(partition, offset)| (partition.clone(), CommittedOffset::new(*offset)));
        let altered =
            admin.alter_group_offsets(&reset.group, offsets).await.map_err(|error| failure(&error))?;
        for result in altered.into_values() {
            result.map_err(|error| failure(&error))?;
        }
    }
    output.print(|| as_json(&old, &new), || as_text(&old, &new))?;
    Ok(Done::Well)
}

async fn refuse_if_active(admin: &Admin, group: &str) -> Result<(), Failure> {
    match admin.describe_groups([group]).await.into_values().next() {
        Some(Ok(described)) if !["Empty", "Dead"].contains(&described.state.as_str()) => {
            let count = described.members.len();
            Err(Failure::message(format!("group {group} is {} with {count} members", described.state))
                .hint("Stop its members first; `jackdaw group describe` shows them."))
        }
        Some(Err(error)) if !error.is(ErrorCode::GroupIdNotFound) => Err(failure(&error)),
        _ => Ok(()),
    }
}

fn as_json(old: &Offsets, new: &Offsets) -> Value {
    let rows = new.iter().map(|(partition, offset)| {
        json!({
            "topic": &*partition.topic,
            "partition": partition.partition,
            "old": old.get(partition),
            "new": offset,
        })
    });
    rows.collect()
}

fn as_text(old: &Offsets, new: &Offsets) -> String {
    let mut table = Table::new(&["TOPIC", "#PARTITION", "#OLD", "#NEW"]);
    for (partition, offset) in new {
        table.row([
            partition.topic.to_string(),
            partition.partition.to_string(),
            old.get(partition).map_or("-".to_owned(), i64::to_string),
            offset.to_string(),
        ]);
    }
    table.text()
}

#[cfg(test)]
mod tests;
