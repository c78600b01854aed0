//! `jackdaw consume`: records of a topic, as text, in a format of one's own, or as JSON lines. It ends at the end of the topic
//! unless told to follow.

mod end;
mod format;
mod start;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::{Args, ValueEnum};
use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, CommittedOffset};
use jackdaw_client::consumer::Consumer;

use self::end::End;
use self::format::Format;
use self::start::Place;
use super::connection::Connection;
use super::output::grouped;
use super::{exit, failure};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::progress::ProgressLine;
use crate::reading::{Reading, Step, StepError, partitions_of};
use crate::{clock, out};

/// Print the records of a topic.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The topic
    topic: String,
    /// Only these partitions
    #[arg(short, long = "partition", value_name = "N", conflicts_with = "group")]
    partitions: Vec<i32>,
    /// Where to begin: beginning, end, an offset, -N (the last N of each partition), a time, or how long ago (90m)
    #[arg(
        short = 'F',
        long,
        value_name = "PLACE",
        allow_hyphen_values = true,
        conflicts_with = "from_beginning"
    )]
    from: Option<String>,
    /// Begin with the first record there is; with a group, where it has no offset yet
    #[arg(short = 'b', long)]
    from_beginning: bool,
    /// Read as a member of this group, and commit what was printed
    #[arg(short, long)]
    group: Option<String>,
    /// End after so many records
    #[arg(short = 'c', long, value_name = "N")]
    count: Option<u64>,
    /// Do not end at the end: wait for what comes
    #[arg(short = 'f', long)]
    follow: bool,
    /// How records look: value, json, or a format such as '%p %o %k: %s\n' (see below)
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "value")]
    output: String,
    /// Keys in front of values, with this between them
    #[arg(short = 'K', long, value_name = "TEXT", conflicts_with = "output")]
    key_separator: Option<String>,
    /// Which records of open and aborted transactions
    #[arg(long, value_enum, default_value_t)]
    isolation: Isolation,
    #[command(flatten)]
    connection: Connection,
}

/// What transactions hide.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Isolation {
    /// Nothing of aborted or open transactions.
    #[default]
    Committed,
    /// Everything.
    Uncommitted,
}

/// What `--help` says at its end.
pub const FORMAT_HELP: &str = "Formats: %t topic, %p partition, %o offset, %T time in ms, %d time as text, %k key, %K its size, %s value, %S its size, \
%h headers, %% a percent sign; \\n, \\t, \\0 and \\xNN as in C. A size is -1 where there is nothing.";

/// How long one wait for records is.
const WAIT: Duration = Duration::from_millis(500);
/// The same where the end is looked for.
const WAIT_FOR_END: Duration = Duration::from_millis(10);
/// How often a group is told what was printed.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let format = Format::parse(arguments)?;
    let now = clock::wall_ms();
    let place = match (&arguments.from, arguments.from_beginning, arguments.follow) {
        (Some(text), ..) => Place::parse(text, now)?,
        (None, false, true) if arguments.group.is_none() => Place::End,
        _ => Place::Beginning,
    };
    if arguments.group.is_some() && !matches!(place, Place::Beginning | Place::End) {
        return Err(Failure::message(
            "a group goes on where it was; --from takes beginning or end with --group",
        )
        .code(2)
        .hint("`jackdaw group reset` moves a group to any place."));
    }
    let consumer = Consumer::connect(&config(arguments, place)?).await.map_err(|error| failure(&error))?;
    let partitions = partitions(&consumer, arguments).await?;
    let mut reading = Reading::new(consumer)?;
    let end = match arguments.follow {
        true => None,
        false => Some(End::find(reading.consumer(), &partitions).await?),
    };
    match arguments.group {
        Some(_) => {
            reading.consumer().subscribe([arguments.topic.as_str()]).map_err(|error| failure(&error))?
        }
        None => start::assign(reading.consumer(), &partitions, place).await?,
    }
    let result = print_all(&mut reading, arguments, &format, end).await;
    reading.close().await;
    result
}

fn config(arguments: &Arguments, place: Place) -> Result<jackdaw_client::ClientConfig, Failure> {
    let mut settings = arguments.connection.settings()?;
    if let Some(group) = &arguments.group {
        settings.set("group.id", group);
    }
    // What was printed is committed, and only that.
    settings.set("enable.auto.commit", "false");
    settings.set("auto.offset.reset", if place == Place::End { "latest" } else { "earliest" });
    let isolation = match arguments.isolation {
        Isolation::Committed => "read_committed",
        Isolation::Uncommitted => "read_uncommitted",
    };
    settings.set("isolation.level", isolation);
    settings.into_config()
}

/// The partitions that are meant, if they are there.
async fn partitions(consumer: &Consumer, arguments: &Arguments) -> Result<Vec<TopicPartition>, Failure> {
    let topic = &arguments.topic;
    let described =
        Admin::new(consumer.cluster().clone()).describe_topics([topic]).await.into_values().next();
    let described = described.transpose().map_err(|error| failure(&error))?;
    let count = described.map_or(0, |described| described.partitions.len());
    match arguments.partitions.iter().find(|id| !(0..count as i32).contains(*id)) {
        Some(missing) => {
            Err(Failure::message(format!("{topic} has {count} partitions, there is no {missing}"))
                .code(exit::NOT_FOUND))
        }
        None if arguments.partitions.is_empty() => Ok(partitions_of(topic, count).collect()),
        None => Ok(arguments.partitions.iter().map(|id| TopicPartition::new(topic.as_str(), *id)).collect()),
    }
}

async fn print_all(
    reading: &mut Reading,
    arguments: &Arguments,
    format: &Format,
    end: Option<End>,
) -> Outcome {
    let mut out = out::out();
    // Who reads records on a terminal sees how far it is.
    let mut line = match std::io::stdout().is_terminal() {
        true => ProgressLine::hidden(),
        false => ProgressLine::new(arguments.count),
    };
    let mut committed_at = clock::now();
    let mut next: BTreeMap<TopicPartition, CommittedOffset> = BTreeMap::new();
    let result = loop {
        let left = arguments.count.map_or(u64::MAX, |count| count.saturating_sub(reading.printed));
        if left == 0 || end.as_ref().is_some_and(|end| end.is_reached(reading.consumer())) {
            break Ok(Done::Well);
        }
        let wait = if end.is_some() { WAIT_FOR_END } else { WAIT };
        let printed = reading
            .step(wait, left, |record| {
                let partition = TopicPartition::new(record.topic, record.partition);
                next.insert(partition, CommittedOffset::new(record.offset + 1));
                format.print(&mut out, record)
            })
            .await;
        match printed {
            Ok(Step::Interrupted) => break Ok(Done::Well),
            Ok(Step::Read(_)) => {
                out.flush()?;
                line.reach(reading.printed);
                line.draw(|| format!("{} records", grouped(reading.printed)));
            }
            Err(StepError::Output(error)) => break Err(error.into()),
            Err(StepError::Client(error)) if error.is_retriable() => {
                eprintln!("jackdaw: {error}; trying again")
            }
            Err(StepError::Client(error)) => break Err(failure(&error)),
        }
        if arguments.group.is_some() && committed_at.elapsed() >= COMMIT_INTERVAL {
            committed_at = clock::now();
            commit(reading.consumer(), &mut next).await;
        }
    };
    line.clear();
    if result.is_ok() {
        out.flush()?;
    }
    if arguments.group.is_some() {
        commit(reading.consumer(), &mut next).await;
    }
    result
}

/// Commits what was printed of partitions that are still ours; who has them now commits for the others.
async fn commit(consumer: &Consumer, next: &mut BTreeMap<TopicPartition, CommittedOffset>) {
    let assigned = consumer.assignment();
    next.retain(|partition, _| assigned.contains(partition));
    if next.is_empty() {
        return;
    }
    match consumer.commit_offsets(next).await {
        Ok(()) => next.clear(),
        Err(error) => eprintln!("jackdaw: what was printed is not committed: {error}"),
    }
}
