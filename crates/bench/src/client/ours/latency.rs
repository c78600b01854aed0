//! How long a record takes, ours and raw requests in turn within one process, so that both meet the same machine: from the
//! call of `send` until its delivery, and, in a second pass with a consumer that waits, until that one has it in its hands.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, Cluster, TopicPartition};
use tokio::sync::mpsc;

use super::raw::{RawFetcher, RawProducer};

/// Behind each record: together the two kinds come about a thousand times a second each.
const PAUSE: Duration = Duration::from_micros(400);
/// Records that warm up connections, caches and guesses.
const WARM_UP: u64 = 200;
/// How long a record may take.
const LATE: Duration = Duration::from_secs(10);

/// Up to where a record is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Delivery,
    Receipt,
}

/// What raw requests and we took for neighbouring records.
type Samples = Vec<(Duration, Duration)>;

/// Prints, in microseconds, the medians: delivery raw, ours, and of the differences of neighbours; then receipt likewise.
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
    let mut said = Vec::new();
    for until in [Until::Delivery, Until::Receipt] {
        let samples = pass(config, arguments, &address, &topics, until).await?;
        said.extend(medians(&samples[WARM_UP as usize..]).map(|median| format!("{median:.1}")));
    }
    println!("{}", said.join(" "));
    Ok(())
}

async fn pass(
    config: &ClientConfig,
    arguments: &super::Arguments,
    address: &str,
    topics: &[String; 2],
    until: Until,
) -> Result<Samples> {
    let (asks, mut asked) = mpsc::channel::<()>(1);
    let (answers, answered) = sync_channel(1);
    let conductor = {
        let (address, topic) = (address.to_owned(), topics[0].clone());
        let (size, count) = (arguments.size, arguments.messages + WARM_UP);
        let conduct = move || conduct(&address, &topic, size, count, until, &asks, &answered);
        std::thread::Builder::new().name("conductor".to_owned()).spawn(conduct)?
    };
    let mut ours = Ours::start(config, &topics[1], until).await?;
    let (topic, value) = (topics[1].clone(), vec![b'x'; arguments.size]);
    // A task of its own: the thread that blocks on the runtime would have to be woken by another.
    tokio::spawn(async move {
        while asked.recv().await.is_some() {
            answers.send(ours.sample(&topic, &value).await?)?;
        }
        anyhow::Ok(())
    })
    .await??;
    conductor.join().map_err(|_| anyhow::anyhow!("the conductor panicked"))?
}

/// One raw record, one of ours, in turn.
#[allow(clippy::disallowed_methods, reason = "a measurement keeps a pace and reads the clock")]
fn conduct(
    address: &str,
    topic: &str,
    size: usize,
    count: u64,
    until: Until,
    asks: &mpsc::Sender<()>,
    answered: &Receiver<Duration>,
) -> Result<Samples> {
    let mut producer = RawProducer::connect(address, topic, size)?;
    let last = producer.send()?;
    let fetcher = match until {
        Until::Delivery => None,
        Until::Receipt => Some(RawFetcher::start(address, topic, last)?),
    };
    let mut samples = Vec::new();
    for _ in 0..count {
        let begin = Instant::now();
        producer.send()?;
        let raw = match &fetcher {
            None => begin.elapsed(),
            Some(fetcher) => fetcher.arrivals.recv_timeout(LATE)?.duration_since(begin),
        };
        std::thread::sleep(PAUSE);
        asks.blocking_send(())?;
        samples.push((raw, answered.recv_timeout(LATE)?));
        std::thread::sleep(PAUSE);
    }
    Ok(samples)
}

struct Ours {
    producer: Producer,
    /// When records came to a consumer, if there is one.
    arrivals: Option<mpsc::Receiver<Instant>>,
}

impl Ours {
    async fn start(config: &ClientConfig, topic: &str, until: Until) -> Result<Self> {
        let arrivals = match until {
            Until::Delivery => None,
            Until::Receipt => Some(listen(config, topic).await?),
        };
        Ok(Self { producer: Producer::new(config).await?, arrivals })
    }

    #[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    async fn sample(&mut self, topic: &str, value: &[u8]) -> Result<Duration> {
        let record = ProducerRecord::new(topic, value).partition(0);
        let begin = Instant::now();
        self.producer.send(&record).await?.await?;
        let Some(arrivals) = &mut self.arrivals else { return Ok(begin.elapsed()) };
        let arrived = tokio::time::timeout(LATE, arrivals.recv()).await?;
        Ok(arrived.context("the consumer has ended")?.duration_since(begin))
    }
}

/// A consumer that notes when records come, for as long as somebody wants to know.
#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn listen(config: &ClientConfig, topic: &str) -> Result<mpsc::Receiver<Instant>> {
    let mut settings = ClientConfig::default();
    settings.set("bootstrap.servers", config.get("bootstrap.servers").unwrap_or_default())?;
    let consumer = Consumer::connect(&settings).await?;
    let partition = TopicPartition::new(topic, 0);
    consumer.assign([partition.clone()])?;
    while consumer.position(&partition)?.is_none() {
        consumer.poll(Duration::from_millis(10)).await?;
    }
    let (arrived, arrivals) = mpsc::channel(1000);
    tokio::spawn(async move {
        while let Ok(records) = consumer.poll(Duration::from_secs(1)).await {
            let now = Instant::now();
            for _ in &records {
                if arrived.send(now).await.is_err() {
                    return;
                }
            }
        }
    });
    Ok(arrivals)
}

/// Raw, ours, and of the differences, in microseconds.
fn medians(samples: &[(Duration, Duration)]) -> [f64; 3] {
    let us = |duration: &Duration| duration.as_secs_f64() * 1e6;
    let median = |values: Vec<f64>| {
        let mut values = values;
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    [
        median(samples.iter().map(|(raw, _)| us(raw)).collect()),
        median(samples.iter().map(|(_, ours)| us(ours)).collect()),
        median(samples.iter().map(|(raw, ours)| us(ours) - us(raw)).collect()),
    ]
}
