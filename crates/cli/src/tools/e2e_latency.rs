//! `kafka-e2e-latency`: how long a record takes from the producer through the broker to the consumer, one at a time.

mod arguments;

use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Admin, Apply, NewTopic};
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};

use super::Tool;
use crate::connect::Settings;
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::random::Random;
use crate::{clock, runtime};

use arguments::{Asked, Load};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-e2e-latency",
    classes: &["org.apache.kafka.tools.EndToEndLatency", "kafka.tools.EndToEndLatency"],
    run,
};

/// How long a record is waited for.
const WAIT: Duration = Duration::from_secs(60);
/// How long before it is asked again for a leader.
const PAUSE: Duration = Duration::from_millis(50);
/// A line for every so many records.
const PROGRESS_EACH: usize = 1000;

fn run(arguments: Vec<String>) -> Outcome {
    let load = match arguments::read(arguments)? {
        Asked::Run(load) => load,
        Asked::Answered(done) => return Ok(done),
    };
    let config = load.settings()?.into_config()?;
    runtime::block_on(async {
        let consumer = Consumer::connect(&config).await?;
        let producer = Producer::new(&config).await?;
        let partitions = partitions(&consumer, &load.topic).await?;
        consumer.assign(partitions.iter().cloned())?;
        for (partition, end) in consumer.end_offsets(partitions).await {
            consumer.seek(&partition, end?.map_or(0, |end| end.offset))?;
        }
        let latencies = measure(&load, &producer, &consumer).await?;
        summarize(&latencies);
        Ok(Done::Well)
    })
}

impl Load {
    fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        if let Some(path) = &self.command_config {
            settings.add_file(path)?;
        }
        settings.set("bootstrap.servers", &self.servers);
        settings.set("acks", &self.acks);
        // Nothing is held back to be sent with something else.
        settings.set("linger.ms", "0");
        settings.set("enable.auto.commit", "false");
        settings.set("auto.offset.reset", "latest");
        settings.set_default("client.id", "e2e-latency");
        Ok(settings)
    }
}

/// The partitions of the topic, which is made if it is not there.
async fn partitions(consumer: &Consumer, topic: &str) -> Result<Vec<TopicPartition>, Failure> {
    let admin = Admin::new(consumer.cluster().clone());
    let is_there = admin.list_topics().await?.iter().any(|known| known.name == topic);
    if !is_there {
        crate::say!(
            "Topic \"{topic}\" does not exist. Will create topic with 1 partition(s) and replication factor = 1"
        );
        let new = NewTopic::new(topic).partitions(1).replication_factor(1);
        for created in admin.create_topics([new], Apply::Change).await.into_values() {
            created.inspect_err(|_| crate::say!("Creation of topic {topic} failed"))?;
        }
    }
    // A topic that was just made need not be known to every broker yet, nor have its leader.
    let started = clock::now();
    while let Err(error) = consumer.cluster().leader(topic, 0).await {
        if started.elapsed() > WAIT {
            return Err(error.into());
        }
        tokio::time::sleep(PAUSE).await;
    }
    let metadata = consumer.cluster().metadata();
    let known = metadata.topic(topic).map(|topic| topic.partitions.len()).unwrap_or(0);
    Ok(crate::reading::partitions_of(topic, known).collect())
}

/// The latency of each record in milliseconds.
async fn measure(load: &Load, producer: &Producer, consumer: &Consumer) -> Result<Vec<f64>, Failure> {
    let mut random = Random::new();
    let mut latencies = Vec::new();
    for index in 0..load.records {
        let sent = load.record(&mut random);
        let headers: Vec<(&str, Option<&[u8]>)> =
            sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        let mut record = ProducerRecord::new(&load.topic, &sent.value).headers(&headers);
        record.key = sent.key.as_deref();
        let started = clock::now();
        producer.send(&record).await?.await?;
        let read = consumer.poll(WAIT).await?;
        let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        let found = read.iter().next().ok_or_else(|| {
            Failure::message(format!(
                "poll() timed out before finding a result (timeout:[{}])",
                WAIT.as_millis()
            ))
        })?;
        if found.value != Some(sent.value.as_slice()) || found.key != sent.key.as_deref() {
            return Err(Failure::message("The message read did not match the message sent"));
        }
        if found.headers.count() != headers.len() {
            return Err(Failure::message("The headers read did not match the headers sent"));
        }
        if read.len() != 1 {
            return Err(Failure::message(format!(
                "Only one result was expected during this test. We found [{}]",
                read.len()
            )));
        }
        if index % PROGRESS_EACH == 0 {
            crate::say!("{index}\t{elapsed_ms:.6}");
        }
        latencies.push(elapsed_ms);
    }
    Ok(latencies)
}

fn summarize(latencies: &[f64]) {
    let mut sorted: Vec<u64> = latencies.iter().map(|latency_ms| *latency_ms as u64).collect();
    sorted.sort_unstable();
    let at = |share: f64| sorted[(sorted.len() as f64 * share) as usize];
    crate::say!("Avg latency: {:.4} ms", latencies.iter().sum::<f64>() / latencies.len() as f64);
    crate::say!("Percentiles: 50th = {}, 99th = {}, 99.9th = {}", at(0.5), at(0.99), at(0.999));
}
