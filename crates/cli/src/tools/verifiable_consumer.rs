//! `kafka-verifiable-consumer`: reads as a member of a group, and tells each thing that happens as a line of JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Parser;
use jackdaw_client::TopicPartition;
use jackdaw_client::admin::CommittedOffset;
use jackdaw_client::consumer::{Consumer, RebalanceEvent, RebalanceKind, Rebalances, Records};
use jackdaw_protocol::error_code::ErrorCode;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::Tool;
use crate::connect::{Settings, words};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::{clock, out, runtime, subcommands};

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-verifiable-consumer", classes: &["org.apache.kafka.tools.VerifiableConsumer"], run };

/// How long one wait for records is.
const WAIT: Duration = Duration::from_secs(1);
/// How long a group may take to let us go.
const LEAVE_WAIT: Duration = Duration::from_secs(30);

/// Reads as a member of a group and tells what happens.
#[derive(Parser)]
#[command(name = "verifiable-consumer")]
struct Line {
    /// The brokers to ask first
    #[arg(long)]
    bootstrap_server: String,
    /// What is read
    #[arg(long)]
    topic: String,
    /// The group's protocol: classic or consumer
    #[arg(long, default_value = "classic")]
    group_protocol: String,
    /// Who assigns partitions, with the protocol consumer
    #[arg(long)]
    group_remote_assignor: Option<String>,
    /// The group
    #[arg(long)]
    group_id: String,
    /// The name of a static member
    #[arg(long)]
    group_instance_id: Option<String>,
    /// How many records; -1 for no end
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    max_messages: i64,
    /// After how many milliseconds of silence the group goes on without us, with the protocol classic
    #[arg(long)]
    session_timeout: Option<u32>,
    /// A line for each record
    #[arg(long)]
    verbose: bool,
    /// Commit from time to time instead of after each poll
    #[arg(long)]
    enable_autocommit: bool,
    /// Where to begin without an offset of the group: earliest, latest, none
    #[arg(long, default_value = "earliest")]
    reset_policy: String,
    /// How partitions are assigned, with the protocol classic
    #[arg(long, default_value = "org.apache.kafka.clients.consumer.RangeAssignor")]
    assignment_strategy: String,
    /// The old name of --command-config
    #[arg(long = "consumer.config")]
    consumer_config: Option<String>,
    /// Properties of the consumer, as a file
    #[arg(long)]
    command_config: Option<String>,
}

fn run(arguments: Vec<String>) -> Outcome {
    // Kafka's tool takes no arguments at all for a question, and a question for help as a failure.
    let is_question = arguments.is_empty();
    let arguments = if is_question { vec!["--help".to_owned()] } else { arguments };
    let line: Line = match subcommands::parse("verifiable-consumer", arguments)? {
        Ok(line) => line,
        Err(_) => return Ok(Done::unless(!is_question)),
    };
    let config = settings(&line)?.into_config()?;
    runtime::block_on(async {
        let consumer = Consumer::connect(&config).await?;
        Task { line: &line, rebalances: consumer.rebalances(), consumer, read: 0 }.run().await
    })
}

fn settings(line: &Line) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for path in [&line.consumer_config, &line.command_config].into_iter().flatten() {
        settings.add_file(path)?;
    }
    if line.group_protocol.eq_ignore_ascii_case("consumer") {
        settings.set("group.protocol", "consumer");
        if let Some(assignor) = &line.group_remote_assignor {
            settings.set("group.remote.assignor", assignor);
        }
    } else {
        settings.set("partition.assignment.strategy", &line.assignment_strategy);
    }
    if let Some(timeout) = line.session_timeout {
        settings.set("session.timeout.ms", timeout.to_string());
    }
    if let Some(name) = &line.group_instance_id {
        settings.set("group.instance.id", name);
    }
    settings.set("group.id", &line.group_id);
    settings.set("bootstrap.servers", &line.bootstrap_server);
    settings.set("enable.auto.commit", line.enable_autocommit.to_string());
    settings.set("auto.offset.reset", &line.reset_policy);
    settings.set_default("client.id", "verifiable-consumer");
    Ok(settings)
}

/// Says that something happened.
fn say(name: &str, more: Value) -> std::io::Result<()> {
    let mut line = json!({"timestamp": clock::wall_ms(), "name": name});
    if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    out::print(&format!("{line}\n"))
}

/// Says what a rebalance did; the group waits for it until then.
fn tell(event: &RebalanceEvent) -> std::io::Result<()> {
    let name = match event.kind {
        RebalanceKind::Assigned => "partitions_assigned",
        RebalanceKind::Revoked | RebalanceKind::Lost => "partitions_revoked",
    };
    let partitions: Vec<Value> = event.partitions.iter().map(place).collect();
    say(name, json!({"partitions": partitions}))
}

fn place(partition: &TopicPartition) -> Value {
    json!({"topic": &*partition.topic, "partition": partition.partition})
}

struct Task<'a> {
    line: &'a Line,
    consumer: Consumer,
    rebalances: Rebalances,
    /// How many records were told.
    read: i64,
}

impl Task<'_> {
    async fn run(mut self) -> Outcome {
        say("startup_complete", json!({}))?;
        self.consumer.subscribe([self.line.topic.as_str()])?;
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut failed = None;
        while failed.is_none() && !self.is_finished() {
            let records = tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                event = self.rebalances.next() => {
                    event.as_ref().map(tell).transpose()?;
                    continue;
                }
                records = self.consumer.poll(WAIT) => records,
            };
            match records {
                Ok(records) if records.is_empty() => {}
                Ok(records) => failed = self.take(&records).await.err(),
                Err(error) if error.is_retriable() => eprintln!("WARN {}", words(&error)),
                Err(error) => failed = Some(error.into()),
            }
        }
        let was_told_to = failed.is_none() && !self.is_finished();
        if was_told_to {
            say("shutdown_requested", json!({}))?;
        }
        if let Some(failure) = failed {
            eprintln!("ERROR the consumer ends: {}", failure.message);
        }
        self.leave().await?;
        say("shutdown_complete", json!({}))?;
        if !was_told_to {
            say("shutdown_requested", json!({}))?;
        }
        Ok(Done::Well)
    }

    fn is_finished(&self) -> bool {
        self.line.max_messages >= 0 && self.read >= self.line.max_messages
    }

    /// Tells what came, and commits it.
    async fn take(&mut self, records: &Records) -> Result<(), Failure> {
        let mut next = BTreeMap::new();
        let mut told = Vec::new();
        for chunk in records.chunks() {
            let left = match self.line.max_messages {
                ..0 => usize::MAX,
                most => usize::try_from(most - self.read).unwrap_or(0),
            };
            let taken = chunk.iter().take(left);
            let (mut first, mut last, mut count) = (None, 0, 0_i64);
            for record in taken {
                first.get_or_insert(record.offset);
                (last, count) = (record.offset, count + 1);
                if self.line.verbose {
                    let text =
                        |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                    say(
                        "record_data",
                        json!({
                            "key": text(record.key),
                            "value": text(record.value),
                            "topic": record.topic,
                            "partition": record.partition,
                            "offset": record.offset,
                        }),
                    )?;
                }
            }
            let Some(first) = first else { continue };
            self.read += count;
            note(&mut told, chunk.partition(), (count, first, last));
            next.insert(chunk.partition().clone(), CommittedOffset::new(last + 1));
        }
        say("records_consumed", json!({"count": records.len(), "partitions": told}))?;
        if self.line.enable_autocommit { Ok(()) } else { self.commit(&next).await }
    }

    async fn commit(&mut self, next: &BTreeMap<TopicPartition, CommittedOffset>) -> Result<(), Failure> {
        let committing = self.consumer.commit_offsets(next);
        tokio::pin!(committing);
        // A rebalance waits for us as we wait for the commit: its events are told meanwhile.
        let result = loop {
            tokio::select! {
                result = &mut committing => break result,
                Some(event) = self.rebalances.next() => tell(&event)?,
            }
        };
        let offsets: Vec<Value> = next
            .iter()
            .map(|(partition, offset)| {
                json!({"topic": &*partition.topic, "partition": partition.partition, "offset": offset.offset})
            })
            .collect();
        match result {
            Ok(()) => say("offsets_committed", json!({"offsets": offsets, "success": true}))?,
            Err(error) if error.is(ErrorCode::FencedInstanceId) => return Err(error.into()),
            Err(error) => say(
                "offsets_committed",
                json!({"offsets": offsets, "error": words(&error), "success": false}),
            )?,
        }
        Ok(())
    }

    /// Leaves the group; what it takes from us is told.
    async fn leave(&mut self) -> Result<(), Failure> {
        let closing = self.consumer.close(LEAVE_WAIT);
        tokio::pin!(closing);
        let result = loop {
            tokio::select! {
                biased;
                Some(event) = self.rebalances.next() => tell(&event)?,
                result = &mut closing => break result,
            }
        };
        if let Err(error) = result {
            eprintln!("WARN the group does not let us go: {error}");
        }
        Ok(())
    }
}

/// Adds records of a partition to the sums; several chunks of one follow each other.
fn note(told: &mut Vec<Value>, partition: &TopicPartition, (count, first, last): (i64, i64, i64)) {
    if let Some(known) = told.last_mut()
        && known["topic"] == *partition.topic
        && known["partition"] == partition.partition
    {
        known["count"] = json!(known["count"].as_i64().unwrap_or(0) + count);
        known["maxOffset"] = json!(last);
        return;
    }
    told.push(json!({
        "topic": &*partition.topic,
        "partition": partition.partition,
        "count": count,
        "minOffset": first,
        "maxOffset": last,
    }));
}
