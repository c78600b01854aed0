//! One run of our client, in a process of its own, so that its processor time can be told.

use std::time::{Duration, Instant};

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

/// Between two messages whose latency is measured.
const PAUSE: Duration = Duration::from_millis(1);

pub fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
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
            "latency" => {
                tokio::spawn(latency(config, arguments.topic.clone(), arguments.messages, arguments.size))
                    .await?
            }
            "raw-latency" => {
                tokio::spawn(raw_latency(config, arguments.topic.clone(), arguments.messages, arguments.size))
                    .await?
            }
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

#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn latency(config: ClientConfig, topic: String, messages: u64, size: usize) -> Result<()> {
    let producer = Producer::new(&config).await?;
    let value = vec![b'x'; size];
    let record = ProducerRecord::new(&topic, &value).partition(0);
    producer.send(&record).await?.await?;
    let mut taken = Vec::new();
    for _ in 0..messages {
        let begin = Instant::now();
        producer.send(&record).await?.await?;
        taken.push(begin.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    print_median(taken);
    Ok(())
}

/// The least that can be asked of the same connection: a request that does nothing but go there and back.
#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn raw_latency(config: ClientConfig, topic: String, messages: u64, size: usize) -> Result<()> {
    raw::run(&config, &topic, messages, size).await.map(print_median)
}

fn print_median(mut taken: Vec<Duration>) {
    taken.sort_unstable();
    println!("{:.1}", taken[taken.len() / 2].as_secs_f64() * 1e6);
}

mod raw;
