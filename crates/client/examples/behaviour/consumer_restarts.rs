//! Consumers while their broker stops, dies and hangs: see `restarts`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jackdaw_client::cluster::CoordinatorKind;
use tokio::time::Instant;

use super::cases::{Context, Outcome, ensure};
use super::consumer::{PATIENCE, fill, partitions, take};
use super::groups::{Running, member, until_divided};
use super::producer::producer;
use super::restarts::hook;

pub async fn run(context: &Context) {
    if std::env::var_os("BEHAVIOUR_KILL").is_some() {
        for (name, settings) in [
            ("range", ("partition.assignment.strategy", "range")),
            ("cooperative-sticky", ("partition.assignment.strategy", "cooperative-sticky")),
            ("consumer", ("group.protocol", "consumer")),
        ] {
            let case = format!("restarts: members read on after kill -9, {name}");
            context.case(&case, killed(context, settings)).await;
        }
    }
    if std::env::var_os("BEHAVIOUR_PAUSE").is_some() {
        context.case("restarts: a consumer outlives a broker that hangs", hanging(context)).await;
    }
}

/// Two members read while the broker dies twice: nothing is lost, and nobody has to do anything.
async fn killed(context: &Context, setting: (&str, &str)) -> Outcome {
    let topic = context.topic("killed", 4).await?;
    let group = context.unique("killed");
    let first = Running::start(member(context, &group, &[&topic], &[setting]).await?);
    let second = Running::start(member(context, &group, &[&topic], &[setting]).await?);
    until_divided(&[&first.consumer, &second.consumer], &partitions(&topic, 4)).await?;
    let writer = producer(context, &[("linger.ms", "1")]).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = {
        let (writer, topic, stop) = (writer.clone(), topic.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                fill(&writer, &topic, None, count..count + 20).await?;
                count += 20;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<usize, jackdaw_client::Error>(count)
        })
    };
    for round in 0..2 {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // First the coordinator of the group, then a leader.
        let node = match round {
            0 => context.cluster.coordinator(CoordinatorKind::Group, &group).await?,
            _ => context.leader(&topic, 0).await?,
        };
        hook("BEHAVIOUR_KILL", node).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        hook("BEHAVIOUR_START", node).await?;
        context.until_in_sync(&topic).await?;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    stop.store(true, Ordering::Relaxed);
    let count = writing.await??;
    let deadline = Instant::now() + PATIENCE * 2;
    loop {
        let mut seen: BTreeSet<usize> = first.seen.lock().await.iter().copied().collect();
        seen.extend(second.seen.lock().await.iter().copied());
        if seen.len() == count {
            break;
        }
        ensure(Instant::now() < deadline, || format!("{} of {count} records", seen.len()))?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.stop().await?;
    second.stop().await?;
    // What they left committed is the end.
    let committed = context.admin.list_group_offsets(&group, None).await?;
    let sum: i64 =
        committed.values().filter_map(|offset| offset.as_ref().ok()).map(|offset| offset.offset).sum();
    ensure(sum == count as i64, || format!("{sum} of {count} are committed"))
}

async fn hanging(context: &Context) -> Outcome {
    let topic = context.topic("hangs", 1).await?;
    let writer = producer(context, &[]).await?;
    fill(&writer, &topic, Some(0), 0..10).await?;
    let settings = [
        ("request.timeout.ms", "700"),
        ("fetch.max.wait.ms", "200"),
        ("group.id", &*context.unique("hangs")),
    ];
    let consumer = super::consumer::consumer(context, &settings).await?;
    consumer.assign(partitions(&topic, 1))?;
    take(&consumer, 10).await?;
    let node = context.leader(&topic, 0).await?;
    hook("BEHAVIOUR_PAUSE", node).await?;
    let silent = consumer.poll(Duration::from_millis(2500)).await;
    let commit = tokio::time::timeout(Duration::from_millis(1500), consumer.commit()).await;
    hook("BEHAVIOUR_RESUME", node).await?;
    ensure(silent?.is_empty(), || "records of a broker that hangs".into())?;
    ensure(!matches!(commit, Ok(Ok(()))), || "committed at a broker that hangs".into())?;
    fill(&writer, &topic, Some(0), 10..20).await?;
    let records = take(&consumer, 10).await?;
    ensure(records.iter().map(|record| record.offset).eq(10..20), || format!("{records:?}"))?;
    consumer.close(PATIENCE).await?;
    Ok(())
}
