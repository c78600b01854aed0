//! `kafka-console-producer`: a record for each line of standard input.

mod settings;

use std::io::{IsTerminal, Write};

use jackdaw_client::producer::{Producer, ProducerRecord};

use super::Tool;
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::line_format::LineFormat;
use crate::lines::{self, Lines};
use crate::outcome::{Done, Outcome};
use crate::runtime;
use crate::sending::{Fate, Sending};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-console-producer",
    classes: &["org.apache.kafka.tools.ConsoleProducer", "kafka.tools.ConsoleProducer"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Reads lines from standard input and sends each as a record.",
    flags: &[
        Flag::value(
            "batch-size",
            "BYTES",
            "batch.size: how much is put together for a partition. Without it 16384.",
        ),
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "command-property",
            "NAME=VALUE",
            "A property of the producer; may be given several times.",
        ),
        Flag::maybe("compression-codec", "CODEC", "none, gzip, snappy, lz4 or zstd; without a value gzip."),
        Flag::value("line-reader", "CLASS", "Only Kafka's own reader of lines is there."),
        Flag::value("max-block-ms", "MS", "max.block.ms. Without it 60000."),
        Flag::value("max-memory-bytes", "BYTES", "buffer.memory. Without it 33554432."),
        Flag::value("max-partition-memory-bytes", "BYTES", "The old name of --batch-size."),
        Flag::value("message-send-max-retries", "COUNT", "retries. Without it 3."),
        Flag::value("metadata-expiry-ms", "MS", "metadata.max.age.ms. Without it 300000."),
        Flag::value("producer-property", "NAME=VALUE", "The old name of --command-property."),
        Flag::value("producer.config", "FILE", "The old name of --command-config."),
        Flag::value("property", "NAME=VALUE", "The old name of --reader-property."),
        Flag::value("reader-config", "FILE", "Properties of how lines are read."),
        Flag::value(
            "reader-property",
            "NAME=VALUE",
            "How lines are read: parse.key, key.separator (tab), parse.headers, headers.delimiter (tab), headers.separator (,), headers.key.separator (:), null.marker, ignore.error.",
        ),
        Flag::value("request-required-acks", "ACKS", "acks. Without it -1, which is all."),
        Flag::value("request-timeout-ms", "MS", "request.timeout.ms. Without it 1500."),
        Flag::value("retry-backoff-ms", "MS", "retry.backoff.ms. Without it 100."),
        Flag::value("socket-buffer-size", "BYTES", "send.buffer.bytes. Without it 102400."),
        Flag::switch("sync", "Wait for each record before the next is sent."),
        Flag::value("timeout", "MS", "linger.ms. Without it 1000."),
        Flag::value("topic", "TOPIC", "Where to. Required."),
    ],
};

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let topic = options.required("topic")?;
    let config = settings::producer(&options)?.into_config()?;
    let format = settings::lines(&options)?;
    runtime::block_on(async {
        let producer = Producer::new(&config).await?;
        send_lines(producer, topic, &format, &options).await
    })
}

async fn send_lines(producer: Producer, topic: &str, format: &LineFormat, options: &Options) -> Outcome {
    let mut lines = Lines::read(std::io::stdin())?;
    let mut sending = Sending::new(producer);
    let is_sync = options.has("sync");
    let prompt = Prompt::new();
    let mut number = 0;
    prompt.show()?;
    let result = loop {
        let Some(piece) = lines.next().await else { break Ok(Done::Well) };
        let piece = piece?;
        for line in lines::split(&piece) {
            number += 1;
            let parsed = match format.parse(line, number) {
                Ok(parsed) => parsed,
                Err(message) => return finish(sending, topic, Err(Failure::message(message))).await,
            };
            let mut record = ProducerRecord::tombstone(topic).headers(&parsed.headers);
            (record.key, record.value) = (parsed.key, parsed.value);
            if is_sync {
                sending.send_and_wait(&record).await?;
            } else if let Some(fate) = sending.send(&record).await {
                complain(topic, &fate);
            }
            prompt.show()?;
        }
        while let Some(fate) = sending.settled() {
            complain(topic, &fate);
        }
    };
    finish(sending, topic, result).await
}

/// What was sent goes out in any case.
async fn finish(mut sending: Sending, topic: &str, result: Outcome) -> Outcome {
    sending.flush().await;
    while let Some(fate) = sending.settled() {
        complain(topic, &fate);
    }
    result
}

/// A record that failed is said, and the others go on, as with Kafka's tool.
fn complain(topic: &str, (key, value, fate): &Fate) {
    if let Err(error) = fate {
        let size = |size: &Option<usize>| size.map_or("null".to_owned(), |size| format!("{size} bytes"));
        eprintln!(
            "Error when sending message to topic {topic} with key: {}, value: {} with error: {}",
            size(key),
            size(value),
            words(error)
        );
    }
}

/// The sign that a line is waited for, if a person sits there.
struct Prompt {
    is_shown: bool,
}

impl Prompt {
    fn new() -> Self {
        Self { is_shown: std::io::stdin().is_terminal() && std::io::stdout().is_terminal() }
    }

    fn show(&self) -> std::io::Result<()> {
        if !self.is_shown {
            return Ok(());
        }
        let mut out = std::io::stdout();
        out.write_all(b">")?;
        out.flush()
    }
}
