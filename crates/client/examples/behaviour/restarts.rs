//! Brokers that stop, die and hang. Who runs this says how: the commands in `BEHAVIOUR_KILL`, `BEHAVIOUR_START`,
//! `BEHAVIOUR_PAUSE` and `BEHAVIOUR_RESUME` are given to a shell, with the broker's id in `NODE`; without them the cases are
//! left out.

use std::time::{Duration, Instant};

use jackdaw_client::producer::ProducerRecord;

use super::cases::{Context, Outcome, ensure};
use super::producer::producer;
use super::reader;

pub async fn run(context: &Context) {
    if std::env::var_os("BEHAVIOUR_KILL").is_some() {
        context.case("restarts: kill -9 in a loop loses and doubles nothing", kill_loop(context)).await;
    }
    if std::env::var_os("BEHAVIOUR_PAUSE").is_some() {
        context.case("restarts: a broker that hangs", hanging(context)).await;
    }
}

/// Runs the command of a variable for one broker.
pub async fn hook(name: &'static str, node: i32) -> Outcome {
    let command = std::env::var(name)?;
    let run = move || {
        std::process::Command::new("sh").arg("-c").arg(command).env("NODE", node.to_string()).output()
    };
    let output = tokio::task::spawn_blocking(run).await??;
    ensure(output.status.success(), || format!("{name}: {}", String::from_utf8_lossy(&output.stderr)))
}

async fn kill_loop(context: &Context) -> Outcome {
    const PARTITIONS: i32 = 2;
    let kills: usize = std::env::var("BEHAVIOUR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let topic = context.topic("kills", PARTITIONS).await?;
    let producer = producer(context, &[("linger.ms", "1"), ("batch.size", "2000")]).await?;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let sending = {
        let (producer, topic, stop) = (producer.clone(), topic.clone(), std::sync::Arc::clone(&stop));
        tokio::spawn(async move {
            let mut deliveries = Vec::new();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for _ in 0..20 {
                    let number = deliveries.len();
                    let value = number.to_string();
                    let record = ProducerRecord::new(&topic, &value).partition(number as i32 % PARTITIONS);
                    deliveries.push(producer.send(&record).await?);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok::<_, jackdaw_client::Error>(deliveries)
        })
    };
    for round in 0..kills {
        tokio::time::sleep(Duration::from_millis(300 + 130 * round as u64)).await;
        let node = context.leader(&topic, round as i32 % PARTITIONS).await?;
        hook("BEHAVIOUR_KILL", node).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        hook("BEHAVIOUR_START", node).await?;
        context.until_in_sync(&topic).await?;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let deliveries = sending.await??;
    let count = deliveries.len();
    for delivery in deliveries {
        delivery.await?;
    }
    let found = reader::values(&context.cluster, &topic, false).await?;
    for (partition, values) in found.iter().enumerate() {
        let expected = (0..count).filter(|number| number % PARTITIONS as usize == partition);
        let mut differing =
            expected.map(|number| number.to_string()).zip(values).filter(|(left, right)| left != *right);
        let first = differing.next();
        ensure(first.is_none(), || format!("partition {partition}: {first:?}"))?;
        let expected = count.div_ceil(PARTITIONS as usize);
        ensure(values.len().abs_diff(expected) <= 1, || format!("{} instead of {expected}", values.len()))?;
    }
    ensure(found.iter().map(Vec::len).sum::<usize>() == count, || format!("{count} records were sent"))
}

async fn hanging(context: &Context) -> Outcome {
    let topic = context.topic("hanging", 1).await?;
    let settings = [("request.timeout.ms", "500"), ("delivery.timeout.ms", "1500"), ("linger.ms", "0")];
    let producer = producer(context, &settings).await?;
    producer.send(&ProducerRecord::new(&topic, "before")).await?.await?;
    let node = context.leader(&topic, 0).await?;
    hook("BEHAVIOUR_PAUSE", node).await?;
    let begin = Instant::now();
    let delivery = producer.send(&ProducerRecord::new(&topic, "meanwhile")).await?;
    let outcome = delivery.await;
    let waited = begin.elapsed();
    hook("BEHAVIOUR_RESUME", node).await?;
    let error = outcome.err().ok_or("it was acknowledged by a broker that hangs")?;
    ensure(error.topic() == Some(&topic) && error.partition() == Some(0), || error.to_string())?;
    let in_time = Duration::from_millis(1000)..Duration::from_millis(4000);
    ensure(in_time.contains(&waited), || format!("it failed after {waited:?}: {error}"))?;
    producer.send(&ProducerRecord::new(&topic, "after")).await?.await?;
    let values = reader::values(&context.cluster, &topic, false).await?.remove(0);
    let may_be = [vec!["before", "after"], vec!["before", "meanwhile", "after"]];
    ensure(may_be.iter().any(|may_be| values == *may_be), || format!("{values:?}"))
}
