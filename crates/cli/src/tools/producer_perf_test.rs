//! `kafka-producer-perf-test`: sends records as fast as it is told and says how fast that was.

mod payload;
mod transactions;

use std::time::{Duration, Instant};

use clap::Parser;
use jackdaw_client::producer::{Delivery, Producer, ProducerRecord};
use tokio::sync::mpsc;

use super::Tool;
use super::latencies::Latencies;
use crate::connect::{Settings, words};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::random::Random;
use crate::{clock, runtime, subcommands};

use payload::Payload;
use transactions::Transactions;

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-producer-perf-test", classes: &["org.apache.kafka.tools.ProducerPerformance"], run };

/// How many records may wait to be looked at.
const WAITING_MAX: usize = 1 << 18;

/// Sends records and measures how fast that is.
#[derive(Parser)]
#[command(name = "kafka-producer-perf-test")]
struct Line {
    /// The brokers to ask first
    #[arg(long)]
    bootstrap_server: Option<String>,
    /// Where to
    #[arg(long)]
    topic: String,
    /// How many records
    #[arg(long)]
    num_records: u64,
    /// What stands between records of --payload-file [default: \n]
    #[arg(long)]
    payload_delimiter: Option<String>,
    /// Records a second; -1 for as many as possible
    #[arg(long, allow_hyphen_values = true)]
    throughput: f64,
    /// The old name of --command-property
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE")]
    producer_props: Vec<String>,
    /// Properties of the producer
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE")]
    command_property: Vec<String>,
    /// The old name of --command-config
    #[arg(long = "producer.config")]
    producer_config: Option<String>,
    /// Properties of the producer, as a file
    #[arg(long)]
    command_config: Option<String>,
    /// Not there
    #[arg(long)]
    print_metrics: bool,
    /// In transactions of this id
    #[arg(long)]
    transactional_id: Option<String>,
    /// In transactions that are open for so long each; with an id and without it 3000
    #[arg(long, allow_hyphen_values = true)]
    transaction_duration_ms: Option<i64>,
    /// Records that are not counted in a second line
    #[arg(long, default_value_t = 0)]
    warmup_records: u64,
    /// How often a line is printed
    #[arg(long, default_value_t = 5000)]
    reporting_interval: u64,
    /// The size of each record
    #[arg(long, group = "payload", required_unless_present_any = ["payload_file", "payload_monotonic"])]
    record_size: Option<usize>,
    /// Records are taken from this file, at random
    #[arg(long, group = "payload")]
    payload_file: Option<String>,
    /// Records are the numbers from 0 on
    #[arg(long, group = "payload")]
    payload_monotonic: bool,
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-producer-perf-test", arguments)? {
        Ok(line) => line,
        Err(_) => return Ok(Done::InPart),
    };
    if line.warmup_records >= line.num_records && line.warmup_records > 0 {
        return Err(Failure::message(
            "The value for --warmup-records must be strictly fewer than the number of records",
        ));
    }
    let payload = Payload::read(&line)?;
    let mut settings = settings(&line)?;
    let transactions = Transactions::read(&line, &mut settings)?;
    let config = settings.into_config()?;
    runtime::block_on(async {
        let producer = Producer::new(&config).await?;
        send(&producer, &line, &payload, transactions).await
    })
}

fn settings(line: &Line) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for path in [&line.producer_config, &line.command_config].into_iter().flatten() {
        settings.add_file(path)?;
    }
    settings.add_texts(line.producer_props.iter().chain(&line.command_property).map(String::as_str));
    if let Some(servers) = &line.bootstrap_server {
        settings.set("bootstrap.servers", servers);
    }
    if settings.get("bootstrap.servers").is_none() {
        return Err(Failure::message(
            "--bootstrap-server or bootstrap.servers among the properties is needed",
        ));
    }
    settings.set_default("client.id", "perf-producer-client");
    Ok(settings)
}

async fn send(
    producer: &Producer,
    line: &Line,
    payload: &Payload,
    mut transactions: Transactions,
) -> Outcome {
    transactions.start(producer).await?;
    if line.warmup_records > 0 {
        crate::say!(
            "Warmup first {} records. Steady state results will print after the complete test summary.",
            line.warmup_records
        );
    }
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let meter = tokio::spawn(measure(receiver, line.reporting_interval, line.warmup_records));
    let started = clock::now();
    let mut random = Random::new();
    let mut number = String::new();
    for index in 0..line.num_records {
        let value = payload.of(index, &mut random, &mut number);
        transactions.enter(producer)?;
        let sent_at = clock::now();
        match producer.send(&ProducerRecord::new(&line.topic, value)).await {
            Ok(delivery) => {
                // The meter ends only when this side is dropped.
                let _ = sender.send((delivery, sent_at, value.len())).await;
            }
            Err(error) => eprintln!("ERROR {}", words(&error)),
        }
        transactions.leave(producer).await?;
        if line.throughput > 0.0 {
            let due = started + Duration::from_secs_f64((index + 1) as f64 / line.throughput);
            if due > clock::now() {
                tokio::time::sleep_until(due.into()).await;
            }
        }
    }
    transactions.end(producer).await?;
    producer.flush().await;
    drop(sender);
    let measured = meter.await.map_err(|error| Failure::message(error.to_string()))?;
    measured.total.print(started, "");
    if let Some((steady, since)) = measured.steady {
        steady.print(since, " steady state");
    }
    Ok(Done::Well)
}

/// Records, their bytes and how long they took.
struct Meter {
    latencies: Latencies,
    bytes: u64,
}

impl Meter {
    fn new() -> Self {
        Self { latencies: Latencies::new(), bytes: 0 }
    }

    fn add(&mut self, ms: f64, bytes: usize) {
        self.latencies.add(ms);
        self.bytes += bytes as u64;
    }

    /// Records and MB a second.
    fn rates(&self, since: Instant) -> (f64, f64) {
        let seconds = since.elapsed().as_secs_f64().max(1e-6);
        (self.latencies.count as f64 / seconds, self.bytes as f64 / seconds / (1024.0 * 1024.0))
    }

    fn print_window(&self, since: Instant) {
        let (records, megabytes) = self.rates(since);
        crate::say!(
            "{} records sent, {records:.1} records/sec ({megabytes:.2} MB/sec), {:.1} ms avg latency, {:.1} ms max latency.",
            self.latencies.count,
            self.latencies.average_ms(),
            self.latencies.max_ms()
        );
    }

    fn print(&self, since: Instant, what: &str) {
        let (records, megabytes) = self.rates(since);
        let percentiles = [(0.5, "50th"), (0.95, "95th"), (0.99, "99th"), (0.999, "99.9th")];
        let percentiles =
            percentiles.map(|(share, name)| format!("{} ms {name}", self.latencies.percentile_ms(share)));
        crate::say!(
            "{}{what} records sent, {records:.1} records/sec ({megabytes:.2} MB/sec), {:.2} ms avg latency, {:.2} ms max latency, {}.",
            self.latencies.count,
            self.latencies.average_ms(),
            self.latencies.max_ms(),
            percentiles.join(", ")
        );
    }
}

/// What was measured: all, and what came behind the records that only warm up.
struct Measured {
    total: Meter,
    steady: Option<(Meter, Instant)>,
}

async fn measure(
    mut sent: mpsc::Receiver<(Delivery, Instant, usize)>,
    interval_ms: u64,
    warm_up: u64,
) -> Measured {
    let interval = Duration::from_millis(interval_ms);
    let mut measured = Measured { total: Meter::new(), steady: None };
    let (mut window, mut since) = (Meter::new(), clock::now());
    while let Some((delivery, sent_at, bytes)) = sent.recv().await {
        match delivery.await {
            Ok(_) => {
                let ms = sent_at.elapsed().as_secs_f64() * 1000.0;
                measured.total.add(ms, bytes);
                window.add(ms, bytes);
                if warm_up > 0 && measured.total.latencies.count > warm_up {
                    measured.steady.get_or_insert_with(|| (Meter::new(), clock::now())).0.add(ms, bytes);
                }
            }
            Err(error) => eprintln!("ERROR {}", words(&error)),
        }
        if since.elapsed() >= interval {
            window.print_window(since);
            (window, since) = (Meter::new(), clock::now());
        }
    }
    measured
}
