//! Topics are created, changed and deleted.

use jackdaw_client::admin::{
    Admin, Apply, ConfigAlteration, ConfigResource, CreatedTopic, NewPartitions, NewTopic, Results,
};
use jackdaw_protocol::error_code::ErrorCode;
use serde_json::json;

use super::{Alter, Create, Delete, name_and_value};
use crate::command::failure;
use crate::command::output::Output;
use crate::failure::Failure;
use crate::out;
use crate::outcome::{Done, Outcome};

pub(super) async fn create(admin: &Admin, create: &Create, output: &Output) -> Outcome {
    let mut topics = Vec::new();
    for name in &create.names {
        let mut topic = NewTopic::new(name);
        if let Some(count) = create.partitions {
            topic = topic.partitions(count);
        }
        if let Some(count) = create.replicas {
            topic = topic.replication_factor(count);
        }
        for text in &create.configs {
            let (name, value) = name_and_value(text)?;
            topic = topic.config(name, value);
        }
        topics.push(topic);
    }
    let apply = if create.dry_run { Apply::ValidateOnly } else { Apply::Change };
    let mut results = admin.create_topics(topics, apply).await;
    if create.if_not_exists {
        results.retain(|_, result| !matches!(result, Err(error) if error.is(ErrorCode::TopicAlreadyExists)));
    }
    let (done, failed) = separate(results);
    let verb = if create.dry_run { "Could create" } else { "Created" };
    let json = || {
        let topics = done.iter().map(|(name, topic)| {
            json!({
                "name": name,
                "id": topic.topic_id.to_string(),
                "partitions": topic.partitions,
                "replicas": topic.replication_factor,
            })
        });
        topics.collect()
    };
    let text = || done.iter().map(|(name, topic)| format!("{verb} {name}{}\n", shape(topic))).collect();
    if !done.is_empty() || output.is_json() {
        output.print(json, text)?;
    }
    finish(failed)
}

/// ` with 3 partitions`, if the broker says.
fn shape(topic: &CreatedTopic) -> String {
    let counted = |count: i64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (topic.partitions, topic.replication_factor) {
        (Some(partitions), Some(replicas)) => {
            let partitions = counted(partitions.into(), "partition");
            format!(" with {partitions} of {}", counted(replicas.into(), "replica"))
        }
        _ => String::new(),
    }
}

/// What was done, and what was not, each by its name.
type Separated<V> = (Vec<(String, V)>, Vec<(String, jackdaw_client::Error)>);

fn separate<V>(results: Results<String, V>) -> Separated<V> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (name, result) in results {
        match result {
            Ok(value) => done.push((name, value)),
            Err(error) => failed.push((name, error)),
        }
    }
    (done, failed)
}

/// One failure is the failure of the command; of several each is said.
fn finish(failed: Vec<(String, jackdaw_client::Error)>) -> Outcome {
    match failed.as_slice() {
        [] => Ok(Done::Well),
        [(name, error)] => Err(failure(error).prefixed(&format!("{name}: "))),
        several => {
            let lines: Vec<String> = several
                .iter()
                .map(|(name, error)| format!("{name}: {}", crate::connect::words(error)))
                .collect();
            Err(Failure::message(lines.join("\n  ")))
        }
    }
}

pub(super) async fn alter(admin: &Admin, alter: &Alter) -> Outcome {
    if alter.partitions.is_none() && alter.configs.is_empty() && alter.unset.is_empty() {
        return Err(Failure::message("nothing to change")
            .code(2)
            .hint("Give --partitions, --config or --unset."));
    }
    let mut alterations = Vec::new();
    for text in &alter.configs {
        let (name, value) = name_and_value(text)?;
        alterations.push(ConfigAlteration::set(name, value));
    }
    alterations.extend(alter.unset.iter().map(ConfigAlteration::delete));
    if !alterations.is_empty() {
        let altered =
            admin.alter_configs([(ConfigResource::topic(&alter.name), alterations)], Apply::Change).await;
        for result in altered.into_values() {
            result.map_err(|error| failure(&error))?;
        }
    }
    if let Some(total) = alter.partitions {
        let wider = [(alter.name.clone(), NewPartitions::increase_to(total))];
        for result in admin.create_partitions(wider, Apply::Change).await.into_values() {
            result.map_err(|error| failure(&error))?;
        }
    }
    out::print(&format!("Changed {}\n", alter.name))?;
    Ok(Done::Well)
}

pub(super) async fn delete(admin: &Admin, delete: &Delete) -> Outcome {
    let mut results = admin.delete_topics(&delete.names).await;
    if delete.if_exists {
        results.retain(
            |_, result| !matches!(result, Err(error) if error.is(ErrorCode::UnknownTopicOrPartition)),
        );
    }
    let (done, failed) = separate(results);
    let text: String = done.iter().map(|(name, ())| format!("Deleted {name}\n")).collect();
    out::print(&text)?;
    finish(failed)
}
