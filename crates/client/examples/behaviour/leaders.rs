//! Leaders that move, and one that is elected without the last records: left out where there are less than three brokers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{Apply, ElectionType, NewTopic, ReplicationFactorChange};
use jackdaw_client::error::ErrorKind;

use super::cases::{Context, Outcome, ensure};
use super::consumer::{PATIENCE, consumer, fill, number, take};
use super::producer::producer;
use super::reader;
use super::restarts::hook;

pub async fn run(context: &Context) {
    if context.cluster.metadata().brokers.len() < 3 {
        return;
    }
    context.case("leaders: elections under way lose and double nothing", elections(context)).await;
    context.case("leaders: the closest replica has the same records", closest(context)).await;
    if std::env::var_os("BEHAVIOUR_KILL").is_some() {
        let told = unclean(context, "none");
        context.case("leaders: what an unclean election has lost is told", told).await;
        let made_good = unclean(context, "earliest");
        context.case("leaders: what an unclean election has lost is passed over", made_good).await;
    }
}

/// Makes another broker the leader of a partition, by the order of its replicas.
async fn lead(context: &Context, partition: &TopicPartition, node: i32) -> Outcome {
    let mut replicas: Vec<i32> = context.cluster.metadata().brokers.keys().copied().collect();
    replicas.sort_by_key(|replica| *replica != node);
    let target = BTreeMap::from([(partition.clone(), Some(replicas))]);
    for moved in
        context.admin.alter_reassignments(&target, ReplicationFactorChange::Allowed).await?.into_values()
    {
        moved?;
    }
    while !context.admin.list_reassignments(Some(std::slice::from_ref(partition))).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elected =
        context.admin.elect_leaders(ElectionType::Preferred, Some(std::slice::from_ref(partition))).await?;
    for outcome in elected.into_values() {
        match outcome {
            // It leads already.
            Err(error) if error.is(jackdaw_protocol::error_code::ErrorCode::ElectionNotNeeded) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

/// A producer and a consumer go on while the leader moves around.
async fn elections(context: &Context) -> Outcome {
    let topic = context.topic("elections", 1).await?;
    let partition = TopicPartition::new(topic.as_str(), 0);
    let writer = producer(context, &[("linger.ms", "1"), ("batch.size", "1000")]).await?;
    let reading = consumer(context, &[]).await?;
    reading.assign([partition.clone()])?;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = {
        let (writer, topic, stop) = (writer.clone(), topic.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                fill(&writer, &topic, Some(0), count..count + 50).await?;
                count += 50;
            }
            Ok::<usize, jackdaw_client::Error>(count)
        })
    };
    let mut leaders = BTreeSet::new();
    for round in 0..9 {
        let nodes: Vec<i32> = context.cluster.metadata().brokers.keys().copied().collect();
        lead(context, &partition, nodes[round % nodes.len()]).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        leaders.insert(context.leader(&topic, 0).await?);
    }
    stop.store(true, Ordering::Relaxed);
    let count = writing.await??;
    ensure(leaders.len() == 3, || format!("only {leaders:?} led"))?;
    let seen: Vec<usize> = take(&reading, count).await?.iter().map(number).collect();
    ensure(seen.iter().copied().eq(0..count), || format!("{} of {count} were read in order", seen.len()))?;
    let stored = reader::values(&context.cluster, &topic, false).await?.remove(0);
    ensure(stored.len() == count, || format!("{} are stored, {count} were acknowledged", stored.len()))
}

/// Whoever names a rack reads there (KIP-392).
async fn closest(context: &Context) -> Outcome {
    let topic = context.topic("closest", 1).await?;
    let writer = producer(context, &[]).await?;
    fill(&writer, &topic, Some(0), 0..500).await?;
    let racks: Vec<String> =
        context.cluster.metadata().brokers.values().filter_map(|broker| broker.rack.clone()).collect();
    ensure(racks.len() >= 3, || format!("racks {racks:?}"))?;
    for rack in racks {
        let reading = consumer(context, &[("client.rack", &rack)]).await?;
        reading.assign([TopicPartition::new(topic.as_str(), 0)])?;
        let found = take(&reading, 500).await?;
        ensure(found.iter().map(number).eq(0..500), || format!("{rack}: {} records", found.len()))?;
    }
    Ok(())
}

/// Two replicas: one dies, the other takes records and dies, the first comes back alone and leads without them.
async fn unclean(context: &Context, reset: &str) -> Outcome {
    let nodes: Vec<i32> = context.cluster.metadata().brokers.keys().copied().collect();
    let (stays, goes) = (nodes[1], nodes[2]);
    let topic = context.unique("unclean");
    let new = NewTopic::new(&topic)
        .assignment(0, [goes, stays])
        .config("unclean.leader.election.enable", "true")
        .config("min.insync.replicas", "1");
    for created in context.admin.create_topics([new], Apply::Change).await.into_values() {
        created?;
    }
    context.until_partitions(&topic, 1).await;
    let partition = TopicPartition::new(topic.as_str(), 0);
    let writer = producer(context, &[("acks", "1"), ("enable.idempotence", "false")]).await?;
    fill(&writer, &topic, Some(0), 0..10).await?;
    context.until_in_sync(&topic).await?;
    let reading = consumer(context, &[("auto.offset.reset", reset)]).await?;
    reading.assign([partition.clone()])?;
    reading.seek(&partition, 0)?;
    take(&reading, 10).await?;

    hook("BEHAVIOUR_KILL", stays).await?;
    fill(&writer, &topic, Some(0), 10..20).await?;
    // The records are shown once the other one is out of sync.
    take(&reading, 10).await?;
    hook("BEHAVIOUR_KILL", goes).await?;
    hook("BEHAVIOUR_START", stays).await?;
    while context.leader(&topic, 0).await.ok() != Some(stays) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    fill(&writer, &topic, Some(0), 100..105).await?;
    let outcome = take(&reading, 5).await;
    hook("BEHAVIOUR_START", goes).await?;
    context.until_in_sync(&topic).await?;
    match reset {
        "none" => {
            let error = outcome.err().ok_or("nobody has said that records were lost")?;
            let error = error.downcast::<jackdaw_client::Error>()?;
            let ErrorKind::LogTruncated { position: 20, diverges_at: Some(10) } = error.kind() else {
                return Err(error.into());
            };
            reading.seek(&partition, 10)?;
            let found = take(&reading, 5).await?;
            ensure(found.iter().map(number).eq(100..105), || format!("{found:?}"))?;
        }
        _ => {
            let found = outcome?;
            ensure(found.iter().map(number).eq(100..105), || format!("{found:?}"))?;
            ensure(found[0].offset == 10, || format!("{found:?}"))?;
        }
    }
    reading.close(PATIENCE).await?;
    Ok(())
}
