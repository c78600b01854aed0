//! How long a record takes, ours and raw requests in turn within one process, so that both meet the same machine: from the
//! call of `send` until its delivery, and until a consumer that waits has it in its hands.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, Cluster, TopicPartition};

use super::raw::{RawFetcher, RawProducer};

/// Behind each record: together the two kinds come about a thousand times a second each.
const PAUSE: Duration = Duration::from_micros(400);
/// Records that warm up connections, caches and guesses.
const WARM_UP: u64 = 200;
/// How long a record may take.
const LATE: Duration = Duration::from_secs(10);

/// What one record took.
#[derive(Clone, Copy)]
struct Sample {
    delivered: Duration,
    received: Duration,
}

/// Prints, in microseconds, the medians: delivery raw and ours, receipt raw and ours, and of the differences of neighbours.
pub async fn run(config: &ClientConfig, arguments: &super::Arguments) -> Result<()> {
    let topics = [format!("{}-raw", arguments.topic), format!("{}-ours", arguments.topic)];
    let cluster = Cluster::connect(config).await?;
    cluster.refresh_or_create(&[&topics[0], &topics[1]]).await?;
    for topic in &topics {
        while cluster.leader(topic, 0).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            cluster.refresh(&[topic]).await?;
        }
    }
    let address = {
        let (leader, _) = cluster.leader(&topics[0], 0).await?;
        cluster.metadata().brokers.get(&leader).context("no leader")?.address.to_string()
    };
    let (asks, mut asked) = tokio::sync::mpsc::channel::<()>(1);
    let (answers, answered) = sync_channel(1);
    let conductor = {
        let (topic, size, count) = (topics[0].clone(), arguments.size, arguments.messages + WARM_UP);
        let conduct = move || conduct(&address, &topic, size, count, &asks, &answered);
        std::thread::Builder::new().name("conductor".to_owned()).spawn(conduct)?
    };
    let ours = Ours::start(config, &topics[1]).await?;
    let (topic, value) = (topics[1].clone(), vec![b'x'; arguments.size]);
    // A task of its own: the thread that blocks on the runtime would have to be woken by another.
    tokio::spawn(async move {
        while asked.recv().await.is_some() {
            answers.send(ours.sample(&topic, &value).await?)?;
        }
        ours.consumer.abort();
        anyhow::Ok(())
    })
    .await??;
    let samples = conductor.join().map_err(|_| anyhow::anyhow!("the conductor panicked"))??;
    print(&samples[WARM_UP as usize..]);
    Ok(())
}

/// One raw record, one of ours, in turn.
#[allow(clippy::disallowed_methods, reason = "a measurement keeps a pace")]
fn conduct(
    address: &str,
    topic: &str,
    size: usize,
    count: u64,
    asks: &tokio::sync::mpsc::Sender<()>,
    answered: &Receiver<Sample>,
) -> Result<Vec<(Sample, Sample)>> {
    let mut producer = RawProducer::connect(address, topic, size)?;
    let fetcher = RawFetcher::start(address, topic, producer.send()?)?;
    let mut samples = Vec::new();
    for _ in 0..count {
        let raw = raw_sample(&mut producer, &fetcher)?;
        std::thread::sleep(PAUSE);
        asks.blocking_send(())?;
        samples.push((raw, answered.recv_timeout(LATE)?));
        std::thread::sleep(PAUSE);
    }
    Ok(samples)
}

#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn raw_sample(producer: &mut RawProducer, fetcher: &RawFetcher) -> Result<Sample> {
    let begin = Instant::now();
    producer.send()?;
    let delivered = begin.elapsed();
    let received = fetcher.arrivals.recv_timeout(LATE)?.duration_since(begin);
    Ok(Sample { delivered, received })
}

struct Ours {
    producer: Producer,
    consumer: tokio::task::JoinHandle<Result<()>>,
    arrivals: tokio::sync::Mutex<tokio::sync::mpsc::Receiver<Instant>>,
}

impl Ours {
    #[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    async fn start(config: &ClientConfig, topic: &str) -> Result<Self> {
        let producer = Producer::new(config).await?;
        let mut settings = ClientConfig::default();
        settings.set("bootstrap.servers", config.get("bootstrap.servers").unwrap_or_default())?;
        settings.set("auto.offset.reset", "latest")?;
        let consumer = Consumer::connect(&settings).await?;
        let partition = TopicPartition::new(topic, 0);
        consumer.assign([partition.clone()])?;
        while consumer.position(&partition)?.is_none() {
            consumer.poll(Duration::from_millis(10)).await?;
        }
        let (arrived, arrivals) = tokio::sync::mpsc::channel(1000);
        let consumer = tokio::spawn(async move {
            loop {
                let records = consumer.poll(Duration::from_secs(1)).await?;
                let now = Instant::now();
                for _ in &records {
                    arrived.send(now).await?;
                }
            }
        });
        Ok(Self { producer, consumer, arrivals: tokio::sync::Mutex::new(arrivals) })
    }

    #[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    async fn sample(&self, topic: &str, value: &[u8]) -> Result<Sample> {
        let record = ProducerRecord::new(topic, value).partition(0);
        let begin = Instant::now();
        self.producer.send(&record).await?.await?;
        let delivered = begin.elapsed();
        let arrived = tokio::time::timeout(LATE, async { self.arrivals.lock().await.recv().await }).await?;
        let received = arrived.context("the consumer has ended")?.duration_since(begin);
        Ok(Sample { delivered, received })
    }
}

fn print(samples: &[(Sample, Sample)]) {
    let median = |value: &dyn Fn(&(Sample, Sample)) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2] * 1e6
    };
    let us = |duration: Duration| duration.as_secs_f64();
    println!(
        "{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
        median(&|(raw, _)| us(raw.delivered)),
        median(&|(_, ours)| us(ours.delivered)),
        median(&|(raw, ours)| us(ours.delivered) - us(raw.delivered)),
        median(&|(raw, _)| us(raw.received)),
        median(&|(_, ours)| us(ours.received)),
        median(&|(raw, ours)| us(ours.received) - us(raw.received)),
    );
}
