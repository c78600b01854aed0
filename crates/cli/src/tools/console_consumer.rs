//! `kafka-console-consumer`: prints the records of topics. Without a group, or of one partition, it reads without asking
//! anybody who else does.

mod format;
mod settings;

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::Admin;
use jackdaw_client::consumer::Consumer;

use super::Tool;
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Parsed};
use crate::outcome::{Done, Outcome};
use crate::reading::{Reading, Step, StepError, partitions_of};
use crate::topic_filter::TopicFilter;
use crate::{clock, out, runtime};

use format::Format;
use settings::{Settings, Start, Topics};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-console-consumer",
    classes: &["org.apache.kafka.tools.consumer.ConsoleConsumer", "kafka.tools.ConsoleConsumer"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Prints the records of topics.",
    flags: &[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "command-property",
            "NAME=VALUE",
            "A property of the consumer; may be given several times.",
        ),
        Flag::value("consumer-property", "NAME=VALUE", "The old name of --command-property."),
        Flag::value("consumer.config", "FILE", "The old name of --command-config."),
        Flag::switch("enable-systest-events", "Not there."),
        Flag::value("formatter", "CLASS", "Kafka's DefaultMessageFormatter or NoOpMessageFormatter."),
        Flag::value("formatter-config", "FILE", "Properties of how records are printed."),
        Flag::value(
            "formatter-property",
            "NAME=VALUE",
            "How records are printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, print.value (true or false), key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer.",
        ),
        Flag::switch("from-beginning", "Begin with the first record where the group has no offset."),
        Flag::value("group", "GROUP", "The group to read in."),
        Flag::value("include", "PATTERN", "The topics that fit a pattern."),
        Flag::value("isolation-level", "LEVEL", "read_uncommitted (as without it) or read_committed."),
        Flag::value("key-deserializer", "CLASS", "What keys are."),
        Flag::value("max-messages", "COUNT", "End after so many records."),
        Flag::value("offset", "OFFSET", "With --partition: an offset, earliest, or latest (as without it)."),
        Flag::value("partition", "ID", "Only this partition."),
        Flag::value("property", "NAME=VALUE", "The old name of --formatter-property."),
        Flag::switch("skip-message-on-error", "Go on behind a record that cannot be printed."),
        Flag::value("timeout-ms", "MS", "End if no record comes for so long."),
        Flag::value("topic", "TOPIC", "The topic."),
        Flag::value("value-deserializer", "CLASS", "What values are."),
    ],
};

/// How long one wait for records is.
const WAIT: Duration = Duration::from_millis(500);
/// How often topics are looked up anew where no group tells of changes.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let settings = Settings::read(&options)?;
    let format = Format::read(&options)?;
    runtime::block_on(async {
        let consumer = Consumer::connect(&settings.config).await?;
        let mut reading = Reading::new(consumer)?;
        print_all(&mut reading, &settings, &format).await
    })
}

async fn print_all(reading: &mut Reading, settings: &Settings, format: &Format) -> Outcome {
    let mut topics = Assigned::default();
    match settings.has_group {
        true => subscribe(reading.consumer(), &settings.topics)?,
        false => topics.look_up(reading.consumer(), settings).await?,
    }
    let mut out = out::out();
    let mut silent_since = clock::now();
    let mut looked_at = clock::now();
    let result = loop {
        let left = settings.count_max.map_or(u64::MAX, |max| max.saturating_sub(reading.printed));
        if left == 0 {
            break Ok(Done::Well);
        }
        let wait =
            settings.timeout.map_or(WAIT, |timeout| WAIT.min(timeout.saturating_sub(silent_since.elapsed())));
        match reading.step(wait, left, |record| format.print(&mut out, record)).await {
            Ok(Step::Interrupted) => break Ok(Done::Well),
            Ok(Step::Read(0))
                if settings.timeout.is_some_and(|timeout| silent_since.elapsed() >= timeout) =>
            {
                eprintln!("ERROR no record for {} ms", silent_since.elapsed().as_millis());
                break Ok(Done::Well);
            }
            Ok(Step::Read(0)) => {}
            Ok(Step::Read(_)) => silent_since = clock::now(),
            Err(StepError::Output(error)) => break Err(error.into()),
            Err(StepError::Client(error)) if settings.skips_errors || error.is_retriable() => {
                eprintln!("ERROR {}", words(&error));
            }
            Err(StepError::Client(error)) => {
                eprintln!("ERROR Error processing message, terminating consumer process: {}", words(&error));
                break Ok(Done::Well);
            }
        }
        out.flush()?;
        if !settings.has_group && (topics.is_empty() || looked_at.elapsed() >= LOOK_AGAIN) {
            looked_at = clock::now();
            topics.look_up(reading.consumer(), settings).await?;
        }
    };
    if result.is_ok() {
        out.flush()?;
    }
    reading.close().await;
    eprintln!("Processed a total of {} messages", reading.printed);
    result
}

fn subscribe(consumer: &Consumer, topics: &Topics) -> Result<(), Failure> {
    match topics {
        Topics::Named(topic) => consumer.subscribe([topic.as_str()])?,
        Topics::Fitting(pattern) => consumer.subscribe_pattern(pattern)?,
    }
    Ok(())
}

/// Partitions that are read without a group.
#[derive(Default)]
struct Assigned {
    partitions: BTreeSet<TopicPartition>,
}

impl Assigned {
    fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Adds what is there now. A topic that is not there is made, if brokers are configured so, or waited for.
    async fn look_up(&mut self, consumer: &Consumer, settings: &Settings) -> Result<(), Failure> {
        let is_first = self.is_empty();
        let found = self.find(consumer, settings).await?;
        if found.is_subset(&self.partitions) {
            return Ok(());
        }
        let new: Vec<TopicPartition> = found.difference(&self.partitions).cloned().collect();
        self.partitions.extend(found);
        consumer.assign(self.partitions.iter().cloned())?;
        for partition in &new {
            match settings.start {
                // What was added while we read has nothing that was there before.
                _ if !is_first => consumer.seek_to_beginning(partition)?,
                Start::Configured => {}
                Start::Earliest => consumer.seek_to_beginning(partition)?,
                Start::Latest => consumer.seek_to_end(partition)?,
                Start::Offset(offset) => consumer.seek(partition, offset)?,
            }
        }
        Ok(())
    }

    async fn find(
        &self,
        consumer: &Consumer,
        settings: &Settings,
    ) -> Result<BTreeSet<TopicPartition>, Failure> {
        let cluster = consumer.cluster();
        match &settings.topics {
            Topics::Named(topic) => {
                if let Some(partition) = settings.partition {
                    return Ok(BTreeSet::from([TopicPartition::new(topic.as_str(), partition)]));
                }
                cluster.refresh_or_create(&[topic]).await?;
                let metadata = cluster.metadata();
                match (metadata.topic(topic), metadata.topic_errors.get(topic.as_str())) {
                    (Some(found), _) => Ok(partitions_of(topic, found.partitions.len()).collect()),
                    (None, Some(error)) if !error.is_retriable() => {
                        Err(Failure::message(format!("{error}: {topic}")))
                    }
                    (None, _) => Ok(BTreeSet::new()),
                }
            }
            Topics::Fitting(pattern) => {
                let filter = TopicFilter::new(Some(pattern), settings.with_internal)?;
                let listed = Admin::new(cluster.clone()).list_topics().await?;
                let fitting = listed.iter().filter(|topic| filter.fits(&topic.name, topic.is_internal));
                Ok(fitting.flat_map(|topic| partitions_of(&topic.name, topic.partition_count)).collect())
            }
        }
    }
}
