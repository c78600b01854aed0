//! The consumer without other members: reading, seeking, committing, what transactions show.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jackdaw_client::consumer::{CommittedOffset, Consumer, OwnedRecord};
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, Error, TopicPartition};

use super::cases::{Context, Outcome, ensure};
use super::producer::{delivered, producer};

/// How long a case waits for records that must come.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How long a case waits for records that must not come.
const QUIET: Duration = Duration::from_millis(700);

pub async fn run(context: &Context) {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        context.case(&format!("consumer: order and content, {codec}"), content(context, codec)).await;
    }
    context.case("consumer: polls are bounded, chunks add up", bounded(context)).await;
    context.case("consumer: seek, pause, position, lag", seek(context)).await;
    context.case("consumer: offsets for times", times(context)).await;
    context.case("consumer: where to start", starts(context)).await;
    context.case("consumer: commits of all kinds", commits(context)).await;
    if super::transactions::is_served(context).await {
        context.case("consumer: aborted transactions are not shown", isolation(context)).await;
    }
    context.case("consumer: streams of records and of batches", streams(context)).await;
    context.case("consumer: fetching ahead is bounded", fetch_ahead(context)).await;
    context.case("consumer: many partitions in one session", many_partitions(context)).await;
    context.case("consumer: a topic that comes later", late_topic(context)).await;
    context.case("consumer: wrong use is refused", misuse(context)).await;
}

/// A consumer with these settings.
pub async fn consumer(context: &Context, settings: &[(&str, &str)]) -> Result<Consumer, Error> {
    let mut config = ClientConfig::new(&context.brokers);
    config.set("auto.offset.reset", "earliest")?;
    for (name, value) in settings {
        config.set(name, *value)?;
    }
    Consumer::connect(&config).await
}

pub fn partitions(topic: &str, count: i32) -> Vec<TopicPartition> {
    (0..count).map(|partition| TopicPartition::new(topic, partition)).collect()
}

/// Writes `count` numbered records, by key over all partitions or to one.
pub async fn fill(
    producer: &Producer,
    topic: &str,
    partition: Option<i32>,
    numbers: std::ops::Range<usize>,
) -> Result<(), Error> {
    let mut deliveries = Vec::new();
    for number in numbers {
        let value = format!("{number}");
        let mut record = ProducerRecord::new(topic, &value);
        let key = format!("key-{number}");
        record = match partition {
            Some(partition) => record.partition(partition),
            None => record.key(&key),
        };
        deliveries.push(producer.send(&record).await?);
    }
    delivered(deliveries).await?;
    Ok(())
}

/// Polls until `count` records have come.
pub async fn take(
    consumer: &Consumer,
    count: usize,
) -> Result<Vec<OwnedRecord>, Box<dyn std::error::Error + Send + Sync>> {
    let mut records = Vec::new();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while records.len() < count {
        if tokio::time::Instant::now() > deadline {
            return Err(format!("{} of {count} records came", records.len()).into());
        }
        records.extend(consumer.poll(Duration::from_millis(500)).await?.into_owned());
    }
    Ok(records)
}

pub fn number(record: &OwnedRecord) -> usize {
    let text = record.value.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    text.parse().unwrap_or(usize::MAX)
}

fn numbers(records: &[OwnedRecord]) -> BTreeSet<usize> {
    records.iter().map(number).collect()
}

async fn content(context: &Context, codec: &str) -> Outcome {
    const COUNT: usize = 3000;
    let topic = context.topic("read", 3).await?;
    let producer = producer(context, &[("compression.type", codec), ("linger.ms", "2")]).await?;
    let mut sent: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    let mut deliveries = Vec::new();
    for number in 0..COUNT {
        let partition = (number % 3) as i32;
        let value = format!("{number} {}", "y".repeat(number % 300));
        let headers: &[(&str, Option<&[u8]>)] = &[("h", Some(b"v")), ("n", None)];
        let record = ProducerRecord::new(&topic, &value).partition(partition).key("k").headers(headers);
        deliveries.push(producer.send(&record.timestamp_ms(1_700_000_000_000 + number as i64)).await?);
        sent.entry(partition).or_default().push(value);
    }
    delivered(deliveries).await?;
    let consumer = consumer(context, &[]).await?;
    consumer.assign(partitions(&topic, 3))?;
    let mut seen: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while seen.values().map(Vec::len).sum::<usize>() < COUNT {
        ensure(tokio::time::Instant::now() < deadline, || "records are missing".into())?;
        for record in &consumer.poll(Duration::from_millis(500)).await? {
            let values = seen.entry(record.partition).or_default();
            ensure(record.offset == values.len() as i64, || {
                format!("{} at {}", record.offset, values.len())
            })?;
            let headers: Vec<_> = record.headers.map(|header| (header.key, header.value)).collect();
            ensure(headers == [(&b"h"[..], Some(&b"v"[..])), (b"n", None)], || format!("{headers:?}"))?;
            ensure(record.key == Some(b"k") && record.topic == topic, || format!("{record:?}"))?;
            let index = values.len() as i64 * 3 + i64::from(record.partition);
            ensure(record.timestamp_ms == 1_700_000_000_000 + index, || format!("{record:?}"))?;
            values.push(String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned());
        }
    }
    ensure(seen == sent, || "values differ".into())
}

async fn bounded(context: &Context) -> Outcome {
    let topic = context.topic("bounded", 2).await?;
    let writer = producer(context, &[("linger.ms", "5")]).await?;
    fill(&writer, &topic, None, 0..1000).await?;
    let consumer = consumer(context, &[("max.poll.records", "7")]).await?;
    consumer.assign(partitions(&topic, 2))?;
    let (mut total, mut seen) = (0, BTreeSet::new());
    while total < 1000 {
        let records = consumer.poll(PATIENCE).await?;
        let by_chunk: usize = records.chunks().iter().map(|chunk| chunk.iter().count()).sum();
        ensure(!records.is_empty() && records.len() <= 7, || format!("{} records", records.len()))?;
        ensure(by_chunk == records.len() && records.iter().count() == by_chunk, || "counts differ".into())?;
        total += records.len();
        seen.extend(records.into_owned().map(|record| (record.partition.partition, record.offset)));
    }
    ensure(seen.len() == 1000, || format!("{} different ones", seen.len()))
}

async fn seek(context: &Context) -> Outcome {
    let topic = context.topic("seek", 2).await?;
    let writer = producer(context, &[]).await?;
    for partition in 0..2 {
        fill(&writer, &topic, Some(partition), 0..100).await?;
    }
    let consumer = consumer(context, &[("max.poll.records", "10")]).await?;
    let both = partitions(&topic, 2);
    consumer.assign(both.clone())?;
    consumer.pause([&both[1]]);
    let first = take(&consumer, 30).await?;
    ensure(first.iter().all(|record| record.partition == both[0]), || "a paused partition was read".into())?;
    ensure(consumer.position(&both[0])? == Some(30), || format!("{:?}", consumer.position(&both[0])))?;
    ensure(consumer.lag(&both[0])? == Some(70), || format!("{:?}", consumer.lag(&both[0])))?;
    consumer.seek(&both[0], 90)?;
    let rest = take(&consumer, 10).await?;
    ensure(rest.iter().map(|record| record.offset).eq(90..100), || format!("{rest:?}"))?;
    consumer.seek_to_beginning(&both[0])?;
    ensure(take(&consumer, 1).await?[0].offset == 0, || "not the beginning".into())?;
    consumer.seek_to_end(&both[0])?;
    ensure(consumer.poll(QUIET).await?.is_empty(), || "something behind the end".into())?;
    consumer.resume([&both[1]]);
    ensure(take(&consumer, 1).await?[0].partition == both[1], || "not resumed".into())?;
    fill(&writer, &topic, Some(0), 100..101).await?;
    consumer.pause([&both[1]]);
    loop {
        // What was handed out of the other one before it was paused comes first.
        let records = take(&consumer, 1).await?;
        if let Some(record) = records.iter().find(|record| record.partition == both[0]) {
            return ensure(record.offset == 100, || format!("{record:?}"));
        }
    }
}

async fn times(context: &Context) -> Outcome {
    let topic = context.topic("times", 1).await?;
    let writer = producer(context, &[]).await?;
    for number in 0..10 {
        let value = format!("{number}");
        let record =
            ProducerRecord::new(&topic, &value).partition(0).timestamp_ms(1_700_000_000_000 + number * 1000);
        writer.send(&record).await?.await?;
    }
    let consumer = consumer(context, &[]).await?;
    let partition = TopicPartition::new(&*topic, 0);
    let at = async |time: i64| {
        let found = consumer.offsets_for_times([(partition.clone(), time)]).await;
        found.into_values().next().transpose().map(|found| found.flatten().map(|found| found.offset))
    };
    ensure(at(1_700_000_003_500).await? == Some(4), || "not the next one".into())?;
    ensure(at(0).await? == Some(0), || "not the first one".into())?;
    ensure(at(1_900_000_000_000).await?.is_none(), || "something later".into())?;
    let ends = consumer.end_offsets([partition.clone()]).await;
    ensure(ends.into_values().all(|end| end.is_ok_and(|end| end.is_some_and(|e| e.offset == 10))), || {
        "end".into()
    })?;
    let starts = consumer.beginning_offsets([partition.clone()]).await;
    ensure(starts.into_values().all(|s| s.is_ok_and(|s| s.is_some_and(|s| s.offset == 0))), || "start".into())
}

async fn starts(context: &Context) -> Outcome {
    let topic = context.topic("starts", 1).await?;
    let partition = TopicPartition::new(&*topic, 0);
    let writer = producer(context, &[]).await?;
    let old = ProducerRecord::new(&topic, "old").partition(0).timestamp_ms(1_000_000_000_000);
    writer.send(&old).await?.await?;
    fill(&writer, &topic, Some(0), 0..5).await?;
    let latest = consumer(context, &[("auto.offset.reset", "latest")]).await?;
    latest.assign([partition.clone()])?;
    ensure(latest.poll(QUIET).await?.is_empty(), || "latest starts before the end".into())?;
    let recent = consumer(context, &[("auto.offset.reset", "by_duration:PT1H")]).await?;
    recent.assign([partition.clone()])?;
    ensure(take(&recent, 5).await?[0].offset == 1, || "by_duration starts elsewhere".into())?;
    let none =
        consumer(context, &[("auto.offset.reset", "none"), ("group.id", &context.unique("none"))]).await?;
    none.assign([partition.clone()])?;
    ensure(none.poll(PATIENCE).await.is_err(), || "none starts somewhere".into())?;
    none.seek(&partition, 99)?;
    let error = none.poll(PATIENCE).await.err().ok_or("99 is out of range")?;
    ensure(error.is(jackdaw_protocol::error_code::ErrorCode::OffsetOutOfRange), || error.to_string())?;
    none.seek(&partition, 2)?;
    ensure(take(&none, 4).await?.len() == 4, || "it does not go on".into())?;
    latest.seek(&partition, 99)?;
    ensure(latest.poll(QUIET).await?.is_empty(), || "out of range, and not at the end".into())?;
    fill(&writer, &topic, Some(0), 5..6).await?;
    ensure(number(&take(&latest, 1).await?[0]) == 5, || "not the new one".into())
}

async fn commits(context: &Context) -> Outcome {
    let topic = context.topic("commits", 2).await?;
    let (group, both) = (context.unique("commits"), partitions(&topic, 2));
    let writer = producer(context, &[]).await?;
    for partition in 0..2 {
        fill(&writer, &topic, Some(partition), 0..50).await?;
    }
    let settings = [("group.id", &*group), ("enable.auto.commit", "false")];
    let first = consumer(context, &settings).await?;
    first.assign(both.clone())?;
    ensure(first.committed(&both).await?.is_empty(), || "commits before any".into())?;
    take(&first, 100).await?;
    first.commit().await?;
    let committed = first.committed(&both).await?;
    ensure(committed.values().all(|offset| offset.offset == 50), || format!("{committed:?}"))?;
    let one = CommittedOffset { offset: 20, leader_epoch: None, metadata: "here".to_owned() };
    first.commit_offsets(&BTreeMap::from([(both[0].clone(), one.clone())])).await?;
    first.close(PATIENCE).await?;
    let second = consumer(context, &settings).await?;
    second.assign(both.clone())?;
    ensure(second.committed(&both).await?.get(&both[0]) == Some(&one), || "another offset".into())?;
    ensure(take(&second, 30).await?.iter().all(|r| r.partition == both[0] && r.offset >= 20), || {
        "elsewhere".into()
    })?;
    second.commit_async().await?;
    second.close(PATIENCE).await?;
    fill(&writer, &topic, Some(1), 50..60).await?;
    let automatic = consumer(context, &[("group.id", &*group), ("auto.commit.interval.ms", "100")]).await?;
    automatic.assign(both.clone())?;
    take(&automatic, 10).await?;
    // In a poll everything before it is done with.
    automatic.poll(QUIET).await?;
    let known = automatic.committed(&both).await?;
    ensure(known[&both[0]].offset == 50 && known[&both[1]].offset == 60, || format!("{known:?}"))?;
    fill(&writer, &topic, Some(1), 60..70).await?;
    take(&automatic, 10).await?;
    automatic.close(PATIENCE).await?;
    let after = context.admin.list_group_offsets(&group, None).await?;
    ensure(after[&both[1]].as_ref().is_ok_and(|offset| offset.offset == 70), || format!("{after:?}"))
}

async fn isolation(context: &Context) -> Outcome {
    let topic = context.topic("isolation", 1).await?;
    let id = context.unique("tx");
    let writer = producer(context, &[("transactional.id", &id)]).await?;
    writer.init_transactions().await?;
    for round in 0..6 {
        writer.begin_transaction()?;
        fill(&writer, &topic, Some(0), round * 10..round * 10 + 10).await?;
        match round % 2 {
            0 => writer.commit_transaction().await?,
            _ => writer.abort_transaction().await?,
        }
    }
    writer.begin_transaction()?;
    fill(&writer, &topic, Some(0), 60..70).await?;
    let partition = TopicPartition::new(&*topic, 0);
    let committed = consumer(context, &[("isolation.level", "read_committed")]).await?;
    committed.assign([partition.clone()])?;
    let shown = numbers(&take(&committed, 30).await?);
    let expected: BTreeSet<usize> = (0..10).chain(20..30).chain(40..50).collect();
    ensure(shown == expected, || format!("{shown:?}"))?;
    ensure(committed.poll(QUIET).await?.is_empty(), || "an open transaction is shown".into())?;
    // Over aborted records and markers, up to the open transaction.
    ensure(committed.position(&partition)? == Some(66), || format!("{:?}", committed.position(&partition)))?;
    let all = consumer(context, &[]).await?;
    all.assign([partition.clone()])?;
    ensure(numbers(&take(&all, 70).await?).len() == 70, || "not everything".into())?;
    writer.commit_transaction().await?;
    ensure(take(&committed, 10).await?.len() == 10, || "the commit".into())
}

async fn streams(context: &Context) -> Outcome {
    let topic = context.topic("streams", 1).await?;
    let group = context.unique("streams");
    let writer = producer(context, &[]).await?;
    fill(&writer, &topic, Some(0), 0..100).await?;
    let consumer = consumer(context, &[("group.id", &*group), ("enable.auto.commit", "false")]).await?;
    let partition = TopicPartition::new(&*topic, 0);
    consumer.assign([partition.clone()])?;
    let mut records = consumer.records();
    for expected in 0..40 {
        let record = records.next().await?;
        ensure(number(&record) == expected, || format!("{record:?}"))?;
    }
    // What was taken, not what was fetched or polled.
    ensure(consumer.position(&partition)? == Some(40), || format!("{:?}", consumer.position(&partition)))?;
    consumer.seek(&partition, 10)?;
    ensure(records.next().await?.offset == 10, || "the stream does not follow the seek".into())?;
    drop(records);
    consumer.seek(&partition, 0)?;
    let mut batches = consumer.batches();
    let mut total = 0;
    while total < 100 {
        total += batches.next().await?.len();
    }
    Ok(())
}

async fn fetch_ahead(context: &Context) -> Outcome {
    let topic = context.topic("ahead", 4).await?;
    let writer = producer(context, &[("linger.ms", "5")]).await?;
    let value = "z".repeat(10_000);
    let mut deliveries = Vec::new();
    for number in 0..2000 {
        deliveries.push(writer.send(&ProducerRecord::new(&topic, &value).partition(number % 4)).await?);
    }
    delivered(deliveries).await?;
    let limit = 300_000;
    let settings = [
        ("queued.max.bytes", &*limit.to_string()),
        ("max.partition.fetch.bytes", "100000"),
        ("max.poll.records", "5"),
    ];
    let consumer = consumer(context, &settings).await?;
    consumer.assign(partitions(&topic, 4))?;
    let mut total = 0;
    while total < 2000 {
        let records = consumer.poll(PATIENCE).await?;
        ensure(!records.is_empty(), || format!("stuck after {total}"))?;
        total += records.len();
        // One answer may be larger than was asked for by a batch of each partition.
        let ahead = consumer.buffered_bytes();
        ensure(ahead <= limit + 4 * 100_000, || format!("{ahead} bytes ahead"))?;
    }
    Ok(())
}

async fn many_partitions(context: &Context) -> Outcome {
    let topic = context.topic("many", 60).await?;
    let writer = producer(context, &[("linger.ms", "2")]).await?;
    let consumer = consumer(context, &[]).await?;
    consumer.assign(partitions(&topic, 60))?;
    for round in 0..5 {
        fill(&writer, &topic, None, round * 200..round * 200 + 200).await?;
        let seen = numbers(&take(&consumer, 200).await?);
        ensure(seen.len() == 200, || format!("round {round}: {}", seen.len()))?;
        // Some come and go, so that the session forgets and learns.
        let some = partitions(&topic, 60).into_iter().step_by(3).collect::<Vec<_>>();
        match round % 2 {
            0 => consumer.assign(partitions(&topic, 60).into_iter().filter(|p| !some.contains(p)))?,
            _ => consumer.assign(partitions(&topic, 60))?,
        }
        if round % 2 == 0 {
            consumer.poll(Duration::from_millis(50)).await?;
            consumer.assign(partitions(&topic, 60))?;
            for partition in &some {
                consumer.seek_to_end(partition)?;
            }
            consumer.poll(QUIET).await?;
        }
    }
    Ok(())
}

async fn late_topic(context: &Context) -> Outcome {
    let topic = context.unique("late");
    let settings = [("metadata.max.age.ms", "200"), ("allow.auto.create.topics", "false")];
    let consumer = consumer(context, &settings).await?;
    consumer.assign([TopicPartition::new(&*topic, 0)])?;
    ensure(consumer.poll(QUIET).await?.is_empty(), || "records of nothing".into())?;
    let new = jackdaw_client::admin::NewTopic::new(&topic).partitions(1);
    let created = context.admin.create_topics([new], jackdaw_client::admin::Apply::Change).await;
    created.into_values().collect::<Result<Vec<_>, _>>()?;
    context.until_partitions(&topic, 1).await;
    let writer = producer(context, &[]).await?;
    fill(&writer, &topic, Some(0), 0..3).await?;
    ensure(take(&consumer, 3).await?.len() == 3, || "it did not come".into())
}

async fn misuse(context: &Context) -> Outcome {
    let topic = context.topic("misuse", 1).await?;
    let alone = consumer(context, &[]).await?;
    ensure(alone.subscribe([&*topic]).is_err(), || "subscribed without a group".into())?;
    ensure(alone.seek(&TopicPartition::new(&*topic, 0), 0).is_err(), || "not assigned".into())?;
    ensure(
        alone.commit_offsets(&BTreeMap::from([(TopicPartition::new("t", 0), 1.into())])).await.is_err(),
        || "no group".into(),
    )?;
    let grouped = consumer(context, &[("group.id", &context.unique("misuse"))]).await?;
    grouped.assign(partitions(&topic, 1))?;
    ensure(grouped.subscribe([&*topic]).is_err(), || "both at once".into())?;
    ensure(grouped.subscribe_pattern("(").is_err(), || "no pattern".into())?;
    grouped.close(PATIENCE).await?;
    ensure(grouped.poll(QUIET).await.is_err(), || "closed".into())?;
    grouped.close(PATIENCE).await?;
    Ok(())
}
