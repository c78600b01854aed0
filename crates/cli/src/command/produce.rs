//! `jackdaw produce`: records from arguments, from lines, or from JSON lines.

mod json_line;
mod progress;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jackdaw_client::producer::{Producer, ProducerRecord, RecordMetadata};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::progress::Progress;
use super::connection::Connection;
use super::failure;
use super::output::Output;
use crate::failure::Failure;
use crate::files;
use crate::line_format::LineFormat;
use crate::lines::{self, Lines};
use crate::outcome::{Done, Outcome};
use crate::progress::ProgressLine;
use crate::sending::Sending;

/// Send records to a topic.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Where to
    topic: String,
    /// The values; without any each line of standard input is one
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
    /// The key of every record
    #[arg(short, long, conflicts_with = "key_separator")]
    key: Option<String>,
    /// What stands between key and value of a line
    #[arg(short = 'K', long, value_name = "TEXT")]
    key_separator: Option<String>,
    /// A header of every record; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// The partition of every record; without it keys decide, and records without one are spread
    #[arg(short, long, value_name = "N")]
    partition: Option<i32>,
    /// What lines are: a value each, or an object with key, value, headers, partition, timestamp
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Lines of this file instead of standard input
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    file: Option<PathBuf>,
    /// A text that stands for no value (a tombstone) and for no key
    #[arg(long, value_name = "TEXT")]
    null: Option<String>,
    /// No more than so many records a second
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// How records are packed
    #[arg(short = 'z', long, value_name = "CODEC", value_parser = ["none", "gzip", "snappy", "lz4", "zstd"])]
    compression: Option<String>,
    /// Who has to have a record before it counts: all, 1 (the leader) or 0 (nobody)
    #[arg(long, value_name = "ACKS", value_parser = ["all", "-1", "1", "0"], hide_possible_values = true, allow_hyphen_values = true)]
    acks: Option<String>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

/// What lines are.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    /// A value each, with a key in front if --key-separator says so.
    #[default]
    Text,
    /// An object each.
    Json,
}

/// The exit code of a program that was interrupted, as a shell reports it.
const EXIT_INTERRUPTED: u8 = 130;
/// How often it is looked what became of records while the last ones are waited for.
const SETTLE_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let headers = headers(arguments)?;
    let mut settings = arguments.connection.settings()?;
    for (name, value) in [("compression.type", &arguments.compression), ("acks", &arguments.acks)] {
        if let Some(value) = value {
            settings.set(name, value);
        }
    }
    let producer = Producer::new(&settings.into_config()?).await.map_err(|error| failure(&error))?;
    let mut task = Task {
        arguments,
        headers: &headers,
        sending: Sending::new(producer),
        progress: Progress::new(arguments.rate, progress_line(arguments)),
        written: Vec::new(),
        failed: None,
        interrupt: signal(SignalKind::interrupt())?,
        is_interrupted: false,
    };
    let result = task.send_all().await;
    task.flush().await?;
    task.settle()?;
    task.progress.finish(&arguments.topic);
    match (result, task.failed) {
        _ if task.is_interrupted => Err(Failure::silent(EXIT_INTERRUPTED)),
        (Err(failure), _) | (Ok(()), Some(failure)) => Err(failure),
        (Ok(()), None) => Ok(Done::Well),
    }
}

/// A bar for a file; none for who types records, and wants no line drawn over them.
fn progress_line(arguments: &Arguments) -> ProgressLine {
    match &arguments.file {
        Some(path) => ProgressLine::new(files::size_bytes(path)),
        None if arguments.values.is_empty() && !std::io::stdin().is_terminal() => ProgressLine::new(None),
        None => ProgressLine::hidden(),
    }
}

/// A header: its name, and its value if it has one.
type Header = (String, Option<Vec<u8>>);

fn headers(arguments: &Arguments) -> Result<Vec<Header>, Failure> {
    let header = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::message(format!("-H {text}: write it as NAME=VALUE")).code(2))?;
        Ok((name.to_owned(), Some(value.as_bytes().to_vec())))
    };
    arguments.headers.iter().map(header).collect()
}

struct Task<'a> {
    arguments: &'a Arguments,
    headers: &'a [Header],
    sending: Sending,
    progress: Progress,
    /// Records that are acknowledged and not yet printed.
    written: Vec<RecordMetadata>,
    /// The first failure.
    failed: Option<Failure>,
    /// Whoever wants it to end, once what was sent is there.
    interrupt: Signal,
    is_interrupted: bool,
}

impl Task<'_> {
    async fn send_all(&mut self) -> Result<(), Failure> {
        let format = LineFormat {
            parse_key: self.arguments.key_separator.is_some(),
            key_separator: self.arguments.key_separator.clone().unwrap_or_default(),
            null_marker: self.arguments.null.clone(),
            ..LineFormat::default()
        };
        format.check().map_err(Failure::message)?;
        if !self.arguments.values.is_empty() {
            for (index, value) in self.arguments.values.iter().enumerate() {
                self.progress.sent(value.len());
                self.send_line(&format, value.as_bytes(), index + 1).await?;
            }
            return Ok(());
        }
        let mut lines = match &self.arguments.file {
            Some(path) => Lines::read(
                files::open(path)
                    .map_err(|error| Failure::message(format!("{}: {error}", path.display())))?,
            )?,
            None => Lines::read(std::io::stdin())?,
        };
        let mut number = 0;
        loop {
            let piece = tokio::select! {
                piece = lines.next() => piece,
                _ = self.interrupt.recv() => {
                    self.is_interrupted = true;
                    None
                }
            };
            let Some(piece) = piece else { break };
            let piece = piece?;
            for line in lines::split(&piece) {
                number += 1;
                self.progress.sent(line.len() + 1);
                self.send_line(&format, line, number).await?;
                if self.is_interrupted {
                    return Ok(());
                }
            }
            // Who sends works on this thread, too: without its turn it would begin only when the memory is full.
            tokio::task::yield_now().await;
            self.settle()?;
            // What failed for good fails again with the next line.
            if self.failed.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn send_line(&mut self, format: &LineFormat, line: &[u8], number: usize) -> Result<(), Failure> {
        let own: Vec<(&str, Option<&[u8]>)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        let topic = &self.arguments.topic;
        match self.arguments.format {
            Format::Text => {
                let parsed = format.parse(line, number).map_err(Failure::message)?;
                let mut record = ProducerRecord::tombstone(topic).headers(&own);
                record.key = parsed.key.or(self.arguments.key.as_deref().map(str::as_bytes));
                record.value = parsed.value;
                record.partition = self.arguments.partition;
                self.send(&record).await
            }
            Format::Json => {
                let parsed = json_line::parse(line)
                    .map_err(|what| Failure::message(format!("line {number}: {what}")))?;
                let headers: Vec<_> = own.into_iter().chain(parsed.headers()).collect();
                let mut record = ProducerRecord::tombstone(topic).headers(&headers);
                record.key = parsed.key.as_deref().or(self.arguments.key.as_deref().map(str::as_bytes));
                record.value = parsed.value.as_deref();
                record.partition = parsed.partition.or(self.arguments.partition);
                record.timestamp_ms = parsed.timestamp_ms;
                self.send(&record).await
            }
        }
    }

    async fn send(&mut self, record: &ProducerRecord<'_>) -> Result<(), Failure> {
        let turn = async {
            self.progress.wait().await;
            self.sending.send(record).await
        };
        let fate = tokio::select! {
            biased;
            _ = self.interrupt.recv() => {
                self.is_interrupted = true;
                return Ok(());
            }
            fate = turn => fate,
        };
        match fate {
            Some((_, _, Err(error))) => Err(failure(&error)),
            _ => Ok(()),
        }
    }

    /// Waits until everything that was sent is there. Who interrupts for a second time does not wait.
    async fn flush(&mut self) -> Result<(), Failure> {
        loop {
            tokio::select! {
                () = self.sending.flush() => return Ok(()),
                _ = self.interrupt.recv() => return Err(Failure::silent(EXIT_INTERRUPTED)),
                () = tokio::time::sleep(SETTLE_INTERVAL) => {}
            }
            self.settle()?;
        }
    }

    /// Learns what became of records, and prints it if that is wanted.
    fn settle(&mut self) -> Result<(), Failure> {
        while let Some((key, value, fate)) = self.sending.settled() {
            match fate {
                Ok(metadata) => {
                    self.progress.written(key.unwrap_or(0) + value.unwrap_or(0));
                    self.written.push(metadata);
                }
                Err(error) => {
                    self.progress.failed();
                    self.failed.get_or_insert_with(|| failure(&error));
                }
            }
        }
        let written = std::mem::take(&mut self.written);
        if self.arguments.output.is_json() {
            let lines: String = written
                .iter()
                .map(|record| json!({"topic": &*record.topic, "partition": record.partition, "offset": record.offset}))
                .map(|line| format!("{line}\n"))
                .collect();
            crate::out::print(&lines)?;
        }
        Ok(())
    }
}
