//! `kafka-consumer-perf-test`: reads records as a member of a group and says how fast that was.

use std::time::{Duration, Instant};

use jackdaw_client::consumer::Consumer;

use super::Tool;
use crate::connect::{Settings, words};
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::reading::{Reading, Step, StepError};
use crate::time_text::format_time;
use crate::{clock, runtime};

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-consumer-perf-test", classes: &["org.apache.kafka.tools.ConsumerPerformance"], run };

const FLAGS: FlagSet = FlagSet {
    about: "Reads records and measures how fast that is.",
    flags: &[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "command-property",
            "NAME=VALUE",
            "A property of the consumer; may be given several times.",
        ),
        Flag::value("consumer.config", "FILE", "The old name of --command-config."),
        Flag::value("date-format", "FORMAT", "Only yyyy-MM-dd HH:mm:ss:SSS, which it is without it."),
        Flag::value("fetch-size", "BYTES", "max.partition.fetch.bytes. Without it 1048576."),
        Flag::switch("from-latest", "Begin at the end where the group has no offset."),
        Flag::value("group", "GROUP", "The group. Without it a new one."),
        Flag::switch("hide-header", "Without the heading."),
        Flag::value("include", "PATTERN", "The topics that fit a pattern."),
        Flag::value("messages", "COUNT", "The old name of --num-records."),
        Flag::value("num-records", "COUNT", "How many records. Required."),
        Flag::switch("print-metrics", "Not there."),
        Flag::value(
            "reporting-interval",
            "MS",
            "How often --show-detailed-stats prints a line. Without it 5000.",
        ),
        Flag::switch("show-detailed-stats", "A line for each interval."),
        Flag::value("socket-buffer-size", "BYTES", "receive.buffer.bytes. Without it 2097152."),
        Flag::maybe("timeout", "MS", "End if no record comes for so long. Without it 10000."),
        Flag::value("topic", "TOPIC", "The topic."),
    ],
};

/// The bytes that are called a MB.
const MB: f64 = 1024.0 * 1024.0;

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    options.required("bootstrap-server")?;
    if options.which(&["topic", "include"]).len() != 1 {
        return Err(Failure::usage("Exactly one of topic, include is required."));
    }
    let count = match (options.parsed("num-records")?, options.parsed("messages")?) {
        (Some(count), None) | (None, Some(count)) => count,
        _ => return Err(Failure::usage("Exactly one of num-records, messages is required.")),
    };
    let config = settings(&options)?.into_config()?;
    runtime::block_on(async {
        let consumer = Consumer::connect(&config).await?;
        match (options.value("topic")?, options.value("include")?) {
            (Some(topic), _) => consumer.subscribe([topic])?,
            (None, pattern) => consumer.subscribe_pattern(pattern.unwrap_or_default())?,
        }
        let mut reading = Reading::new(consumer)?;
        let outcome = measure(&mut reading, &options, count).await;
        reading.close().await;
        outcome
    })
}

fn settings(options: &Options) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for name in ["consumer.config", "command-config"] {
        if let Some(path) = options.value(name)? {
            settings.add_file(path)?;
        }
    }
    settings.add_texts(options.values("command-property"));
    settings.set("bootstrap.servers", options.required("bootstrap-server")?);
    let group = options
        .value("group")?
        .map_or_else(|| format!("perf-consumer-{}", std::process::id()), str::to_owned);
    settings.set("group.id", group);
    settings.set("receive.buffer.bytes", options.value("socket-buffer-size")?.unwrap_or("2097152"));
    settings.set("max.partition.fetch.bytes", options.value("fetch-size")?.unwrap_or("1048576"));
    settings.set("auto.offset.reset", if options.has("from-latest") { "latest" } else { "earliest" });
    settings.set_default("client.id", "perf-consumer-client");
    Ok(settings)
}

/// Records and bytes up to some moment.
#[derive(Clone, Copy, Default)]
struct Amount {
    records: u64,
    bytes: u64,
}

async fn measure(reading: &mut Reading, options: &Options, count: u64) -> Outcome {
    let timeout = Duration::from_millis(options.parsed("timeout")?.unwrap_or(10_000));
    let interval = Duration::from_millis(options.parsed("reporting-interval")?.unwrap_or(5000));
    let is_detailed = options.has("show-detailed-stats");
    if !options.has("hide-header") {
        crate::say!("{}", heading(is_detailed));
    }
    let (started_ms, started) = (clock::wall_ms(), clock::now());
    let (mut total, mut window, mut window_at) = (Amount::default(), Amount::default(), started);
    let (mut first_at, mut last_at) = (None, started);
    while total.records < count {
        let step = reading.step(Duration::from_millis(100), count - total.records, |record| {
            let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
            total.records += 1;
            total.bytes += size as u64;
            Ok(())
        });
        match step.await {
            Ok(Step::Interrupted) => break,
            Ok(Step::Read(0)) if last_at.elapsed() > timeout => {
                crate::say!(
                    "WARNING: Exiting before consuming the expected number of records: timeout ({} ms) exceeded. You can use the --timeout option to increase the timeout.",
                    timeout.as_millis()
                );
                break;
            }
            Ok(Step::Read(0)) => {}
            Ok(Step::Read(_)) => {
                last_at = clock::now();
                first_at.get_or_insert(last_at);
            }
            Err(StepError::Output(error)) => return Err(error.into()),
            Err(StepError::Client(error)) if error.is_retriable() => eprintln!("WARN {}", words(&error)),
            Err(StepError::Client(error)) => return Err(error.into()),
        }
        if is_detailed && window_at.elapsed() >= interval {
            let since = Amount { records: total.records - window.records, bytes: total.bytes - window.bytes };
            let join_ms = first_at.map_or(0, |at: Instant| at.duration_since(started).as_millis());
            crate::say!(
                "{}, 0, {}",
                date(clock::wall_ms()),
                rates(total, since, window_at.elapsed(), join_ms)
            );
            (window, window_at) = (total, clock::now());
        }
    }
    if !is_detailed {
        let elapsed = started.elapsed();
        let join_ms = first_at.unwrap_or(last_at).duration_since(started).as_millis();
        crate::say!(
            "{}, {}, {}",
            date(started_ms),
            date(clock::wall_ms()),
            rates(total, total, elapsed, join_ms)
        );
    }
    Ok(Done::Well)
}

fn heading(is_detailed: bool) -> String {
    let times = if is_detailed { "time, threadId" } else { "start.time, end.time" };
    format!(
        "{times}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec"
    )
}

/// `2026-11-21 14:00:00:123`.
fn date(ms: i64) -> String {
    format_time(ms).trim_end_matches('Z').replace('T', " ").replace('.', ":")
}

/// Everything behind the times: what there is in all, how fast it came, how long joining took, and how fast it came then.
fn rates(total: Amount, since: Amount, elapsed: Duration, join_ms: u128) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-3);
    let fetch_ms = (elapsed.as_millis().saturating_sub(join_ms)).max(1);
    let fetch_seconds = fetch_ms as f64 / 1000.0;
    let (records, megabytes) = (since.records as f64, since.bytes as f64 / MB);
    format!(
        "{:.4}, {:.4}, {}, {:.4}, {join_ms}, {fetch_ms}, {:.4}, {:.4}",
        total.bytes as f64 / MB,
        megabytes / seconds,
        total.records,
        records / seconds,
        megabytes / fetch_seconds,
        records / fetch_seconds
    )
}
