//! `kafka-verifiable-producer`: sends numbers that count up, and tells the fate of each as a line of JSON.

use clap::Parser;
use jackdaw_client::producer::{Producer, ProducerRecord};
use serde_json::json;

use super::Tool;
use crate::connect::{Settings, words};
use crate::outcome::{Done, Outcome};
use crate::sending::{Fate, Sending};
use crate::{clock, out, runtime, subcommands};

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-verifiable-producer", classes: &["org.apache.kafka.tools.VerifiableProducer"], run };

/// Sends increasing numbers and tells what became of each.
#[derive(Parser)]
#[command(name = "verifiable-producer")]
struct Line {
    /// The brokers to ask first
    #[arg(long)]
    bootstrap_server: String,
    /// Where to
    #[arg(long)]
    topic: String,
    /// How many; -1 for no end
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    max_messages: i64,
    /// Records a second; -1 for as many as possible
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    throughput: i64,
    /// Who has to have a record before it counts
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    acks: i16,
    /// The old name of --command-config
    #[arg(long = "producer.config")]
    producer_config: Option<String>,
    /// Properties of the producer, as a file
    #[arg(long)]
    command_config: Option<String>,
    /// The time of the first record; it counts up from there
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    message_create_time: i64,
    /// What stands in front of each number, with a dot
    #[arg(long)]
    value_prefix: Option<String>,
    /// Keys from 0 up to this number, again and again
    #[arg(long)]
    repeating_keys: Option<u64>,
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("verifiable-producer", arguments)? {
        Ok(line) => line,
        Err(_) => return Ok(Done::InPart),
    };
    let mut settings = Settings::default();
    for path in [&line.producer_config, &line.command_config].into_iter().flatten() {
        settings.add_file(path)?;
    }
    settings.set("bootstrap.servers", &line.bootstrap_server);
    settings.set("acks", line.acks.to_string());
    // It shows what happens, and so sends nothing again by itself.
    settings.set_default("retries", "0");
    settings.set_default("client.id", "verifiable-producer");
    let config = settings.into_config()?;
    runtime::block_on(async {
        let producer = Producer::new(&config).await?;
        Task { line: &line, sent: 0, acked: 0, begun: Vec::new() }.run(producer).await
    })
}

struct Task<'a> {
    line: &'a Line,
    sent: u64,
    acked: u64,
    /// Keys and values of the records that are not settled, by their number.
    begun: Vec<(Option<String>, String)>,
}

fn say(line: &serde_json::Value) -> std::io::Result<()> {
    out::print(&format!("{line}\n"))
}

impl Task<'_> {
    async fn run(&mut self, producer: Producer) -> Outcome {
        say(&json!({"timestamp": clock::wall_ms(), "name": "startup_complete"}))?;
        let started = clock::now();
        let mut sending = Sending::new(producer);
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        while self.line.max_messages < 0 || (self.sent as i64) < self.line.max_messages {
            let due = (self.line.throughput > 0).then(|| {
                started + std::time::Duration::from_secs_f64(self.sent as f64 / self.line.throughput as f64)
            });
            tokio::select! {
                biased;
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                () = wait(due) => {}
            }
            self.send(&mut sending).await?;
            self.settle(&mut sending)?;
        }
        sending.flush().await;
        self.settle(&mut sending)?;
        say(&json!({"timestamp": clock::wall_ms(), "name": "shutdown_complete"}))?;
        let seconds = started.elapsed().as_secs_f64().max(1e-3);
        say(&json!({
            "timestamp": clock::wall_ms(),
            "name": "tool_data",
            "sent": self.sent,
            "acked": self.acked,
            "target_throughput": self.line.throughput,
            "avg_throughput": self.acked as f64 / seconds,
        }))?;
        Ok(Done::Well)
    }

    async fn send(&mut self, sending: &mut Sending) -> std::io::Result<()> {
        let value = match &self.line.value_prefix {
            Some(prefix) => format!("{prefix}.{}", self.sent),
            None => self.sent.to_string(),
        };
        let key =
            self.line.repeating_keys.filter(|keys| *keys > 0).map(|keys| (self.sent % keys).to_string());
        let mut record = ProducerRecord::new(&self.line.topic, &value);
        record.key = key.as_deref().map(str::as_bytes);
        if self.line.message_create_time >= 0 {
            record.timestamp_ms = Some(self.line.message_create_time + self.sent as i64);
        }
        self.sent += 1;
        if let Some(fate) = sending.send(&record).await {
            return self.tell((key, value), fate);
        }
        self.begun.push((key, value));
        Ok(())
    }

    /// Tells the fates that are known, in the order of the records.
    fn settle(&mut self, sending: &mut Sending) -> std::io::Result<()> {
        let mut done = 0;
        while let Some(fate) = sending.settled() {
            let record = std::mem::take(&mut self.begun[done]);
            done += 1;
            self.tell(record, fate)?;
        }
        self.begun.drain(..done);
        Ok(())
    }

    fn tell(&mut self, (key, value): (Option<String>, String), (_, _, fate): Fate) -> std::io::Result<()> {
        let topic = &self.line.topic;
        match fate {
            Ok(metadata) => {
                self.acked += 1;
                say(&json!({
                    "timestamp": clock::wall_ms(),
                    "name": "producer_send_success",
                    "key": key,
                    "value": value,
                    "offset": metadata.offset.unwrap_or(-1),
                    "topic": topic,
                    "partition": metadata.partition,
                }))
            }
            Err(error) => say(&json!({
                "timestamp": clock::wall_ms(),
                "name": "producer_send_error",
                "topic": topic,
                "key": key,
                "value": value,
                "exception": format!("{:?}", error.kind()).split([' ', '(', '{']).next(),
                "message": words(&error),
            })),
        }
    }
}

async fn wait(due: Option<std::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => tokio::task::yield_now().await,
    }
}
