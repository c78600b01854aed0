//! Offsets of partitions as commands need them: places in a log, what groups have committed, and the parts of
//! `topic:0,1` on a command line.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, OffsetSpec};
use jackdaw_client::config::IsolationLevel;

use crate::failure::Failure;

/// An offset for each of some partitions.
pub(crate) type Offsets = BTreeMap<TopicPartition, i64>;

/// `topic` and `topic:0,1`: whole topics, and partitions.
pub(crate) fn topic_partitions(texts: &[&str]) -> Result<(Vec<String>, Vec<TopicPartition>), Failure> {
    let (mut whole, mut partitions) = (Vec::new(), Vec::new());
    for text in texts {
        let Some((topic, ids)) = text.split_once(':') else {
            whole.push((*text).to_owned());
            continue;
        };
        for id in ids.split(',') {
            let id = id
                .parse()
                .map_err(|_| Failure::usage(format!("Invalid topic arg '{text}', expected topic:0,1,2")))?;
            partitions.push(TopicPartition::new(topic, id));
        }
    }
    Ok((whole, partitions))
}

/// The partitions that texts such as `topic` and `topic:0,1` mean.
pub(crate) async fn partitions_of(admin: &Admin, texts: &[&str]) -> Result<Vec<TopicPartition>, Failure> {
    let (whole, mut partitions) = topic_partitions(texts)?;
    for (topic, described) in admin.describe_topics(whole).await {
        let ids = described?.partitions.into_iter().map(|partition| partition.partition);
        partitions.extend(ids.map(|partition| TopicPartition::new(&*topic, partition)));
    }
    Ok(partitions)
}

/// What a group has committed, of these partitions or of all.
pub(crate) async fn committed(
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
pub(crate) async fn at(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<Offsets, Failure> {
    let specs = partitions.iter().map(|partition| (partition.clone(), spec));
    let (mut offsets, mut none) = (Offsets::new(), Vec::new());
    for (partition, found) in admin.list_offsets(specs, IsolationLevel::ReadUncommitted).await {
        match found?.filter(|found| found.offset >= 0) {
            Some(found) => drop(offsets.insert(partition, found.offset)),
            None => none.push((partition, OffsetSpec::Latest)),
        }
    }
    for (partition, _) in &none {
        crate::say!(
            "\nWarn: Partition {} from topic {} is empty. Falling back to latest known offset.",
            partition.partition,
            partition.topic
        );
    }
    for (partition, found) in admin.list_offsets(none, IsolationLevel::ReadUncommitted).await {
        offsets.insert(partition, found?.map_or(0, |found| found.offset));
    }
    Ok(offsets)
}

/// The same offsets, none of them before the start or behind the end of its partition.
pub(crate) async fn within(admin: &Admin, wanted: Offsets) -> Result<Offsets, Failure> {
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

#[cfg(test)]
mod tests;
