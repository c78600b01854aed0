//! Consumers in groups, of both protocols: who gets what, what is handed over, and that nothing is lost or read twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jackdaw_client::TopicPartition;
use jackdaw_client::consumer::{Consumer, RebalanceKind};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::cases::{Context, Outcome, ensure};
use super::consumer::{PATIENCE, consumer, fill, number, partitions, take};
use super::producer::producer;

/// The ways of dividing, as settings.
const WAYS: [(&str, &[(&str, &str)]); 6] = [
    ("range", &[("partition.assignment.strategy", "range")]),
    ("roundrobin", &[("partition.assignment.strategy", "roundrobin")]),
    ("sticky", &[("partition.assignment.strategy", "sticky")]),
    ("cooperative-sticky", &[("partition.assignment.strategy", "cooperative-sticky")]),
    ("consumer", &[("group.protocol", "consumer")]),
    ("consumer, range", &[("group.protocol", "consumer"), ("group.remote.assignor", "range")]),
];

pub async fn run(context: &Context) {
    for (name, settings) in WAYS {
        context.case(&format!("group: one, two, three members, {name}"), members(context, settings)).await;
    }
    for (name, settings) in [WAYS[0], WAYS[3], WAYS[4]] {
        context.case(&format!("group: nothing lost or twice, {name}"), exact(context, settings)).await;
        context.case(&format!("group: events, {name}"), events(context, settings)).await;
        context.case(&format!("group: patterns, {name}"), patterns(context, settings)).await;
        context.case(&format!("group: static members, {name}"), static_members(context, settings)).await;
        context.case(&format!("group: who does not poll leaves, {name}"), overdue(context, settings)).await;
        context
            .case(&format!("group: a new subscription, unsubscribe, {name}"), resubscribe(context, settings))
            .await;
        context.case(&format!("group: fencing, {name}"), fencing(context, settings)).await;
    }
}

/// A member whose polls a task of its own makes.
pub struct Running {
    pub consumer: Arc<Consumer>,
    pub seen: Arc<Mutex<Vec<usize>>>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<Result<(), jackdaw_client::Error>>,
}

impl Running {
    pub fn start(consumer: Consumer) -> Self {
        let consumer = Arc::new(consumer);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (stop, mut stopped) = watch::channel(false);
        let (polling, noted) = (Arc::clone(&consumer), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            while !*stopped.borrow() {
                let records = tokio::select! {
                    records = polling.poll(Duration::from_millis(200)) => records
                        .inspect_err(|error| eprintln!("a member polls no more: {error}"))?,
                    _ = stopped.changed() => break,
                };
                noted.lock().await.extend(records.into_owned().map(|record| number(&record)));
            }
            Ok(())
        });
        Self { consumer, seen, stop, task }
    }

    /// Ends the polls and leaves the group.
    pub async fn stop(self) -> Result<Vec<usize>, Box<dyn std::error::Error + Send + Sync>> {
        self.stop.send_replace(true);
        self.task.await??;
        self.consumer.close(PATIENCE).await?;
        let seen = self.seen.lock().await.clone();
        Ok(seen)
    }
}

pub async fn member(
    context: &Context,
    group: &str,
    topics: &[&str],
    settings: &[(&str, &str)],
) -> Result<Consumer, jackdaw_client::Error> {
    let mut all =
        vec![("group.id", group), ("heartbeat.interval.ms", "300"), ("auto.commit.interval.ms", "500")];
    // With the new protocol the broker decides about heartbeats.
    if settings.contains(&("group.protocol", "consumer")) {
        all.retain(|(name, _)| *name != "heartbeat.interval.ms");
    }
    all.extend_from_slice(settings);
    let member = consumer(context, &all).await?;
    if !topics.is_empty() {
        member.subscribe(topics.iter().copied())?;
    }
    Ok(member)
}

/// Waits until the members together have exactly `wanted`, each partition once, as evenly as it can be.
pub async fn until_divided(members: &[&Consumer], wanted: &[TopicPartition]) -> Outcome {
    let deadline = Instant::now() + PATIENCE * 2;
    loop {
        let assignments: Vec<BTreeSet<TopicPartition>> =
            members.iter().map(|member| member.assignment()).collect();
        let all: Vec<&TopicPartition> = assignments.iter().flatten().collect();
        let distinct: BTreeSet<&TopicPartition> = all.iter().copied().collect();
        let (least, most) = (
            assignments.iter().map(BTreeSet::len).min().unwrap_or_default(),
            assignments.iter().map(BTreeSet::len).max().unwrap_or_default(),
        );
        if all.len() == wanted.len() && distinct.len() == all.len() && most - least <= 1 {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("not divided: {assignments:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn members(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("members", 6).await?;
    let (group, all) = (context.unique("members"), partitions(&topic, 6));
    let first = Running::start(member(context, &group, &[&topic], settings).await?);
    until_divided(&[&first.consumer], &all).await?;
    let second = Running::start(member(context, &group, &[&topic], settings).await?);
    until_divided(&[&first.consumer, &second.consumer], &all).await?;
    let third = Running::start(member(context, &group, &[&topic], settings).await?);
    until_divided(&[&first.consumer, &second.consumer, &third.consumer], &all).await?;
    let described = context.admin.describe_groups([&*group]).await.remove(&group).ok_or("no answer")??;
    let assigned: usize = described.members.iter().map(|member| member.assignment.partitions().len()).sum();
    ensure(described.members.len() == 3 && assigned == 6, || format!("{described:?}"))?;
    second.stop().await?;
    until_divided(&[&first.consumer, &third.consumer], &all).await?;
    first.stop().await?;
    until_divided(&[&third.consumer], &all).await?;
    third.stop().await?;
    let empty = context.admin.describe_groups([&*group]).await.remove(&group).ok_or("no answer")??;
    ensure(empty.members.is_empty(), || format!("{empty:?}"))?;
    context.admin.delete_groups([&*group]).await.into_values().collect::<Result<(), _>>()?;
    Ok(())
}

/// Members come and go while records are written: each record is read exactly once, since members commit before they give
/// partitions up.
async fn exact(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("exact", 6).await?;
    let (group, all) = (context.unique("exact"), partitions(&topic, 6));
    let writer = producer(context, &[("linger.ms", "1")]).await?;
    let first = Running::start(member(context, &group, &[&topic], settings).await?);
    until_divided(&[&first.consumer], &all).await?;
    let writing = async {
        for round in 0..60 {
            fill(&writer, &topic, None, round * 50..round * 50 + 50).await?;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Ok::<(), jackdaw_client::Error>(())
    };
    let changing = async {
        let second = Running::start(member(context, &group, &[&topic], settings).await?);
        until_divided(&[&first.consumer, &second.consumer], &all).await?;
        let third = Running::start(member(context, &group, &[&topic], settings).await?);
        until_divided(&[&first.consumer, &second.consumer, &third.consumer], &all).await?;
        let seen = second.stop().await?;
        until_divided(&[&first.consumer, &third.consumer], &all).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((third, seen))
    };
    let (written, changed) = tokio::join!(writing, changing);
    written?;
    let (third, mut seen) = changed?;
    let deadline = Instant::now() + PATIENCE;
    while seen.len() + first.seen.lock().await.len() + third.seen.lock().await.len() < 3000 {
        ensure(Instant::now() < deadline, || "records are missing".into())?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen.extend(first.stop().await?);
    seen.extend(third.stop().await?);
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    seen.iter().for_each(|number| *times.entry(*number).or_default() += 1);
    let twice = times.values().filter(|count| **count > 1).count();
    ensure(times.len() == 3000 && twice == 0, || format!("{} different ones, {twice} twice", times.len()))
}

async fn events(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("events", 2).await?;
    let (group, all) = (context.unique("events"), partitions(&topic, 2));
    let writer = producer(context, &[]).await?;
    for partition in 0..2 {
        fill(&writer, &topic, Some(partition), 0..20).await?;
    }
    let mut manual = settings.to_vec();
    manual.push(("enable.auto.commit", "false"));
    let first = member(context, &group, &[&topic], &manual).await?;
    let mut rebalances = first.rebalances();
    let assigned = tokio::time::timeout(PATIENCE, async {
        loop {
            tokio::select! {
                event = rebalances.next() => break event,
                _ = first.poll(Duration::from_millis(100)) => {}
            }
        }
    });
    let event = assigned.await?.ok_or("no event")?;
    ensure(event.kind == RebalanceKind::Assigned && event.partitions == all, || format!("{event:?}"))?;
    // The time to seek: nothing was read yet.
    for partition in &event.partitions {
        first.seek(partition, 10)?;
    }
    drop(event);
    let records = take(&first, 20).await?;
    ensure(records.iter().all(|record| record.offset >= 10), || format!("{records:?}"))?;
    let second = Running::start(member(context, &group, &[&topic], &manual).await?);
    let deadline = Instant::now() + PATIENCE;
    let mut revoked = BTreeSet::new();
    while first.assignment().len() != 1 || second.consumer.assignment().len() != 1 {
        ensure(Instant::now() < deadline, || "not divided".into())?;
        tokio::select! {
            event = rebalances.next() => {
                let event = event.ok_or("no event")?;
                if event.kind == RebalanceKind::Revoked {
                    // Still ours: the commit is accepted.
                    first.commit().await?;
                    ensure(event.partitions.iter().all(|p| first.assignment().contains(p)), || "gone".into())?;
                    revoked.extend(event.partitions.iter().cloned());
                }
            }
            _ = first.poll(Duration::from_millis(50)) => {}
        }
    }
    ensure(!revoked.is_empty(), || "nothing was revoked".into())?;
    let committed = context.admin.list_group_offsets(&group, None).await?;
    ensure(committed.values().all(|offset| offset.as_ref().is_ok_and(|offset| offset.offset == 20)), || {
        format!("{committed:?}")
    })?;
    ensure(second.stop().await?.is_empty(), || "what was committed was read again".into())?;
    drop(rebalances);
    first.close(PATIENCE).await?;
    Ok(())
}

async fn patterns(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let prefix = context.unique("pattern");
    let create = async |name: String| {
        let new = jackdaw_client::admin::NewTopic::new(&name).partitions(1);
        let created = context.admin.create_topics([new], jackdaw_client::admin::Apply::Change).await;
        created.into_values().collect::<Result<Vec<_>, _>>()?;
        context.until_partitions(&name, 1).await;
        Ok::<(), jackdaw_client::Error>(())
    };
    create(format!("{prefix}-a")).await?;
    create(format!("x{prefix}-a")).await?;
    let mut quick = settings.to_vec();
    quick.push(("metadata.max.age.ms", "300"));
    let one = member(context, &context.unique("pattern"), &[], &quick).await?;
    one.subscribe_pattern(&format!("{prefix}-.*"))?;
    let one = Running::start(one);
    until_divided(&[&one.consumer], &partitions(&format!("{prefix}-a"), 1)).await?;
    create(format!("{prefix}-b")).await?;
    let both = [TopicPartition::new(format!("{prefix}-a"), 0), TopicPartition::new(format!("{prefix}-b"), 0)];
    until_divided(&[&one.consumer], &both).await?;
    one.stop().await?;
    Ok(())
}

async fn static_members(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("static", 4).await?;
    let (group, all) = (context.unique("static"), partitions(&topic, 4));
    let with = |instance: &'static str| {
        let mut settings = settings.to_vec();
        settings.push(("group.instance.id", instance));
        settings
    };
    let first = Running::start(member(context, &group, &[&topic], &with("one")).await?);
    let second = Running::start(member(context, &group, &[&topic], &with("two")).await?);
    until_divided(&[&first.consumer, &second.consumer], &all).await?;
    let (kept, had) = (first.consumer.assignment(), second.consumer.assignment());
    second.stop().await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    // The group waits for it.
    ensure(first.consumer.assignment() == kept, || format!("{:?}", first.consumer.assignment()))?;
    let again = Running::start(member(context, &group, &[&topic], &with("two")).await?);
    until_divided(&[&first.consumer, &again.consumer], &all).await?;
    ensure(again.consumer.assignment() == had, || format!("{:?}", again.consumer.assignment()))?;
    again.stop().await?;
    first.stop().await?;
    Ok(())
}

async fn overdue(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("overdue", 2).await?;
    let (group, all) = (context.unique("overdue"), partitions(&topic, 2));
    let mut short = settings.to_vec();
    short.push(("max.poll.interval.ms", "2000"));
    let lazy = member(context, &group, &[&topic], &short).await?;
    let deadline = Instant::now() + PATIENCE;
    while lazy.assignment().len() != 2 {
        ensure(Instant::now() < deadline, || "not assigned".into())?;
        lazy.poll(Duration::from_millis(100)).await?;
    }
    let other = Running::start(member(context, &group, &[&topic], settings).await?);
    // It polls no more: the other one gets everything.
    until_divided(&[&other.consumer], &all).await?;
    ensure(lazy.assignment().is_empty(), || format!("{:?}", lazy.assignment()))?;
    // A poll brings it back.
    let lazy = Running::start(lazy);
    until_divided(&[&lazy.consumer, &other.consumer], &all).await?;
    lazy.stop().await?;
    other.stop().await?;
    Ok(())
}

async fn resubscribe(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let (one, two) = (context.topic("sub1", 2).await?, context.topic("sub2", 1).await?);
    let group = context.unique("sub");
    let member = Running::start(member(context, &group, &[&one], settings).await?);
    until_divided(&[&member.consumer], &partitions(&one, 2)).await?;
    member.consumer.subscribe([&*two])?;
    let deadline = Instant::now() + PATIENCE;
    while member.consumer.assignment() != partitions(&two, 1).into_iter().collect() {
        ensure(Instant::now() < deadline, || format!("{:?}", member.consumer.assignment()))?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    member.consumer.unsubscribe();
    while !member.consumer.assignment().is_empty() {
        ensure(Instant::now() < deadline, || format!("{:?}", member.consumer.assignment()))?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    member.consumer.subscribe([&*one, &*two])?;
    let all: Vec<TopicPartition> = partitions(&one, 2).into_iter().chain(partitions(&two, 1)).collect();
    until_divided(&[&member.consumer], &all).await?;
    member.stop().await?;
    Ok(())
}

/// Who was thrown out loses everything, cannot commit over the others, and joins again.
async fn fencing(context: &Context, settings: &[(&str, &str)]) -> Outcome {
    let topic = context.topic("fencing", 1).await?;
    let (group, all) = (context.unique("fencing"), partitions(&topic, 1));
    let writer = producer(context, &[]).await?;
    fill(&writer, &topic, Some(0), 0..10).await?;
    let one = member(context, &group, &[&topic], settings).await?;
    let records = take(&one, 10).await?;
    ensure(records.len() == 10, || "records".into())?;
    let metadata = one.group_metadata().ok_or("no metadata")?;
    ensure(metadata.generation_id > 0 && !metadata.member_id.is_empty(), || format!("{metadata:?}"))?;
    let me = jackdaw_client::admin::MemberToRemove::MemberId(metadata.member_id.clone());
    let removed = context.admin.remove_members(&group, &[me], "a test").await?;
    if removed.values().any(Result::is_err) {
        // The new protocol removes static members only.
        one.close(PATIENCE).await?;
        return Ok(());
    }
    ensure(one.commit().await.is_err(), || "committed after it was removed".into())?;
    let one = Running::start(one);
    until_divided(&[&one.consumer], &all).await?;
    let deadline = Instant::now() + PATIENCE;
    // With the new protocol a member keeps its id for life.
    let keeps_id = settings.contains(&("group.protocol", "consumer"));
    let is_back = |now: jackdaw_client::consumer::GroupMetadata| {
        (now.member_id == metadata.member_id) == keeps_id && now.generation_id > 0
    };
    while !one.consumer.group_metadata().is_some_and(is_back) {
        ensure(Instant::now() < deadline, || "it did not join again".into())?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_divided(&[&one.consumer], &all).await?;
    one.stop().await?;
    Ok(())
}
