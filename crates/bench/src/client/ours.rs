//! One run of our client, in a process of its own, so that its processor time can be told.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, TopicPartition};

#[derive(clap::Args)]
pub struct Arguments {
    what: String,
    topic: String,
    partitions: i32,
    messages: u64,
    size: usize,
    settings: Vec<String>,
}

/// Threads of the runtime while latency is measured: as many as `tokio::main` would take on two cores.
const LATENCY_WORKERS: usize = 2;

pub fn run(arguments: &Arguments) -> Result<()> {
    // One worker where processor time is told, as librdkafka has one thread that sends; else as programs usually have them.
    let workers = if arguments.what == "latency" { LATENCY_WORKERS } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let mut config = ClientConfig::default();
    for setting in &arguments.settings {
        let (name, value) = setting.split_once('=').context("NAME=VALUE")?;
        config.set(name, value)?;
    }
    runtime.block_on(async {
        match arguments.what.as_str() {
            "produce" => {
                tokio::spawn(produce(config, arguments.topic.clone(), arguments.messages, arguments.size))
                    .await?
            }
            "consume" => consume(&config, arguments).await,
            "latency" => latency::run(&config, arguments).await,
            other => bail!("unknown: {other}"),
        }
    })
}

async fn produce(config: ClientConfig, topic: String, messages: u64, size: usize) -> Result<()> {
    let producer = Producer::new(&config).await?;
    let value = vec![b'x'; size];
    for _ in 0..messages {
        producer.send(&ProducerRecord::new(&topic, &value)).await?;
    }
    producer.close().await?;
    Ok(())
}

async fn consume(config: &ClientConfig, arguments: &Arguments) -> Result<()> {
    let mut config = config.clone();
    config.set("auto.offset.reset", "earliest")?;
    config.set("max.poll.records", "10000")?;
    let consumer = Consumer::connect(&config).await?;
    consumer.assign(
        (0..arguments.partitions).map(|index| TopicPartition::new(arguments.topic.as_str(), index)),
    )?;
    let (mut seen, mut bytes) = (0, 0);
    while seen < arguments.messages {
        for record in &consumer.poll(Duration::from_secs(1)).await? {
            seen += 1;
            bytes += record.value.map_or(0, <[u8]>::len);
        }
    }
    if bytes == 0 { bail!("nothing was read") } else { Ok(()) }
}

mod latency;
mod raw;
