//! The files of the tool: what is to be moved where, as JSON, and back.

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_client::TopicPartition;
use serde_json::{Value, json};

use super::{Assignment, unexpected};
use crate::failure::Failure;

/// A directory that is not said: any of the broker's.
const ANY_DIRECTORY: &str = "any";

/// A copy of a partition: the broker, and what it is a copy of. Sorted by broker first, as the tool lists them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Replica {
    pub broker: i32,
    pub partition: TopicPartition,
}

impl std::fmt::Display for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.partition, self.broker)
    }
}

/// What a file asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Plan {
    /// In the order of the file; a partition may stand there twice.
    pub partitions: Vec<(TopicPartition, Vec<i32>)>,
    /// Copies with a directory of their own.
    pub directories: BTreeMap<Replica, String>,
}

impl Plan {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let whole = object(text)?;
        let mut plan = Self::default();
        for entry in entries(&whole, "partitions") {
            let topic = entry["topic"].as_str().ok_or_else(|| lacks("topic", entry))?;
            let id = entry["partition"].as_i64().and_then(|id| i32::try_from(id).ok());
            let partition = TopicPartition::new(topic, id.ok_or_else(|| lacks("partition", entry))?);
            let replicas = entry["replicas"].as_array().and_then(|ids| {
                ids.iter()
                    .map(|id| id.as_i64().and_then(|id| i32::try_from(id).ok()))
                    .collect::<Option<Vec<i32>>>()
            });
            let replicas = replicas.ok_or_else(|| lacks("replicas", entry))?;
            let directories = match entry.get("log_dirs") {
                None => vec![ANY_DIRECTORY.to_owned(); replicas.len()],
                Some(listed) => texts(listed).ok_or_else(|| lacks("log_dirs", entry))?,
            };
            if directories.len() != replicas.len() {
                return Err(unexpected(format!(
                    "Size of replicas list {replicas:?} is different from size of log dirs list [{}] for partition {partition}",
                    directories.join(", ")
                )));
            }
            for (broker, directory) in replicas.iter().zip(directories) {
                if directory != ANY_DIRECTORY {
                    let replica = Replica { broker: *broker, partition: partition.clone() };
                    plan.directories.insert(replica, directory);
                }
            }
            plan.partitions.push((partition, replicas));
        }
        Ok(plan)
    }

    /// The same as something to execute: each partition once, each broker once in it.
    pub(super) fn executable(self) -> Result<(Assignment, BTreeMap<Replica, String>), Failure> {
        if self.partitions.is_empty() {
            return Err(unexpected("Partition reassignment list cannot be empty"));
        }
        if self.partitions.iter().any(|(_, replicas)| replicas.is_empty()) {
            return Err(unexpected("Partition replica list cannot be empty"));
        }
        let twice = duplicates(self.partitions.iter().map(|(partition, _)| partition));
        if !twice.is_empty() {
            return Err(unexpected(format!(
                "Partition reassignment contains duplicate topic partitions: {}",
                super::names_of(twice)
            )));
        }
        let told: Vec<String> = self
            .partitions
            .iter()
            .map(|(partition, replicas)| (partition, duplicates(replicas)))
            .filter(|(_, twice)| !twice.is_empty())
            .map(|(partition, twice)| {
                let twice: Vec<i32> = twice.into_iter().copied().collect();
                format!("{partition} contains multiple entries for {}", super::list_of(&twice))
            })
            .collect();
        if !told.is_empty() {
            return Err(unexpected(format!(
                "Partition replica lists may not contain duplicate entries: {}",
                told.join(". ")
            )));
        }
        Ok((self.partitions.into_iter().collect(), self.directories))
    }
}

/// The topics of a file of topics to move.
pub(super) fn topics(text: &str) -> Result<Vec<String>, Failure> {
    let whole = object(text)?;
    let names: Vec<String> = entries(&whole, "topics")
        .map(|entry| entry["topic"].as_str().map(str::to_owned).ok_or_else(|| lacks("topic", entry)))
        .collect::<Result<_, _>>()?;
    let twice: Vec<&str> = duplicates(&names).into_iter().map(String::as_str).collect();
    match twice.is_empty() {
        true => Ok(names),
        false => Err(unexpected(format!(
            "List of topics to reassign contains duplicate entries: [{}]",
            twice.join(", ")
        ))),
    }
}

/// The brokers of a list with commas.
pub(super) fn brokers(text: &str) -> Result<Vec<i32>, Failure> {
    let parse = |id: &str| id.parse().map_err(|_| unexpected(format!("For input string: \"{id}\"")));
    let ids: Vec<i32> = text.split(',').map(parse).collect::<Result<_, _>>()?;
    let twice = duplicates(&ids);
    let shown: Vec<String> = twice.iter().map(ToString::to_string).collect();
    match twice.is_empty() {
        true => Ok(ids),
        false => Err(unexpected(format!("Broker list contains duplicate entries: [{}]", shown.join(", ")))),
    }
}

/// An assignment as a file that can be executed; copies whose directory is not known may lie in any.
pub(super) fn shown(assignment: &Assignment, directories: &BTreeMap<Replica, String>) -> String {
    let directory = |partition: &TopicPartition, broker: i32| {
        let replica = Replica { broker, partition: partition.clone() };
        directories.get(&replica).map_or(ANY_DIRECTORY, String::as_str)
    };
    let partitions: Vec<Value> = assignment
        .iter()
        .map(|(partition, replicas)| {
            let directories: Vec<&str> = replicas.iter().map(|id| directory(partition, *id)).collect();
            json!({
                "topic": &*partition.topic,
                "partition": partition.partition,
                "replicas": replicas,
                "log_dirs": directories,
            })
        })
        .collect();
    json!({"version": 1, "partitions": partitions}).to_string()
}

/// The whole of a file of version 1.
fn object(text: &str) -> Result<Value, Failure> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| unexpected(format!("The input string is not a valid JSON: {error}")))?;
    if !value.is_object() {
        return Err(unexpected(format!("Expected JSON object, received {value}")));
    }
    match value.get("version") {
        None => Ok(value),
        Some(version) if *version == 1 => Ok(value),
        Some(version) => Err(unexpected(format!("Not supported version field value {version}"))),
    }
}

fn entries<'v>(whole: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    whole[name].as_array().into_iter().flatten()
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn lacks(field: &str, entry: &Value) -> Failure {
    unexpected(format!("the entry {entry} has no {field} that could be used"))
}

fn duplicates<'a, T: Ord>(items: impl IntoIterator<Item = &'a T>) -> BTreeSet<&'a T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| !seen.insert(*item)).collect()
}
