//! Topics are created, widened and deleted.

use jackdaw_client::admin::{Admin, Apply, NewPartitions, NewTopic, Results};
use jackdaw_protocol::error_code::ErrorCode;

use super::chosen_that_exist;
use crate::failure::Failure;
use crate::flags::Options;
use crate::out;
use crate::outcome::{Done, Outcome};

pub(super) async fn create(admin: &Admin, options: &Options) -> Outcome {
    let topic = new_topic(options)?;
    let name = topic.name().to_owned();
    if name.contains(['.', '_']) {
        out::print(
            "WARNING: metrics cannot tell topics apart whose names differ only in '.' and '_'; it is best to use one of the two.\n",
        )?;
    }
    match first_error(admin.create_topics([topic], Apply::Change).await) {
        Err(error) if error.is(ErrorCode::TopicAlreadyExists) && options.has("if-not-exists") => {}
        other => {
            other?;
            out::print(&format!("Created topic {name}.\n"))?;
        }
    }
    Ok(Done::Well)
}

fn new_topic(options: &Options) -> Result<NewTopic, Failure> {
    let mut topic = NewTopic::new(options.required("topic")?);
    if let Some(count) = options.parsed::<i64>("replication-factor")? {
        let factor = i16::try_from(count).ok().filter(|count| *count >= 1).ok_or_else(|| {
            Failure::message("The replication factor must be between 1 and 32767 inclusive")
        })?;
        topic = topic.replication_factor(factor);
    }
    if let Some(count) = partition_count(options)? {
        topic = topic.partitions(count);
    }
    for (partition, brokers) in assignment(options)?.into_iter().enumerate() {
        topic = topic.assignment(partition as i32, brokers);
    }
    for text in options.values("config") {
        let (name, value) = text.split_once('=').filter(|(_, value)| !value.is_empty()).ok_or_else(|| {
            Failure::message(
                "Invalid topic config: all configs to be added must be in the format \"key=val\".",
            )
        })?;
        topic = topic.config(name.trim(), value.trim());
    }
    Ok(topic)
}

fn partition_count(options: &Options) -> Result<Option<i32>, Failure> {
    let count = options.parsed::<i32>("partitions")?;
    match count {
        Some(..1) => Err(Failure::message("The partitions must be greater than 0")),
        count => Ok(count),
    }
}

/// `--replica-assignment`: the brokers of each partition.
fn assignment(options: &Options) -> Result<Vec<Vec<i32>>, Failure> {
    let Some(text) = options.value("replica-assignment")? else { return Ok(Vec::new()) };
    parse_assignment(text).map_err(Failure::message)
}

pub(super) fn parse_assignment(text: &str) -> Result<Vec<Vec<i32>>, String> {
    let mut partitions: Vec<Vec<i32>> = Vec::new();
    for (index, text) in text.split(',').enumerate() {
        let mut brokers = Vec::new();
        for id in text.split(':') {
            let id = id.trim().parse().map_err(|_| format!("For input string: \"{}\"", id.trim()))?;
            if brokers.contains(&id) {
                return Err(format!("Partition replica lists may not contain duplicate entries: {id}"));
            }
            brokers.push(id);
        }
        if partitions.first().is_some_and(|first| first.len() != brokers.len()) {
            return Err(format!("Partition {index} has different replication factor: {brokers:?}"));
        }
        partitions.push(brokers);
    }
    Ok(partitions)
}

pub(super) async fn alter(admin: &Admin, options: &Options) -> Outcome {
    let Some(total) = partition_count(options)? else {
        return Err(Failure::usage("Missing required argument \"[partitions]\""));
    };
    let assignment = assignment(options)?;
    let topics = chosen_that_exist(admin, options).await?;
    let wider = topics.into_iter().map(|topic| {
        let assignments = assignment.iter().skip(topic.partition_count).cloned().collect();
        (topic.name, NewPartitions { total, assignments })
    });
    first_error(admin.create_partitions(wider, Apply::Change).await)?;
    Ok(Done::Well)
}

pub(super) async fn delete(admin: &Admin, options: &Options) -> Outcome {
    let topics = chosen_that_exist(admin, options).await?;
    first_error(admin.delete_topics(topics.into_iter().map(|topic| topic.name)).await)?;
    Ok(Done::Well)
}

fn first_error<K, V>(results: Results<K, V>) -> Result<(), jackdaw_client::Error> {
    results.into_values().find_map(Result::err).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
