//! The producer: nothing is lost, doubled or out of order, limits hold, errors say where.

use std::time::{Duration, Instant};

use jackdaw_client::admin::{Apply, NewTopic};
use jackdaw_client::error::ErrorKind;
use jackdaw_client::producer::{Delivery, Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, Error};
use jackdaw_protocol::error_code::ErrorCode;

use super::cases::{Context, Outcome, ensure};
use super::reader;

pub async fn run(context: &Context) {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        context.case(&format!("producer: order and content, {codec}"), content(context, codec)).await;
    }
    context.case("producer: acks 0 and 1", acks(context)).await;
    context.case("producer: flush does not wait for linger", flush(context)).await;
    context.case("producer: close and drop lose nothing", close(context)).await;
    context.case("producer: a small memory holds senders back", memory(context)).await;
    context.case("producer: batches that are too large are split", split(context)).await;
    context.case("producer: errors say where", errors(context)).await;
    context.case("producer: keyless records fill batches, all partitions get some", sticky(context)).await;
    context.case("producer: partitions that are added are used", more_partitions(context)).await;
    context.case("producer: many tasks at once", many_tasks(context)).await;
}

pub async fn producer(context: &Context, settings: &[(&str, &str)]) -> Result<Producer, Error> {
    let mut config = ClientConfig::new(&context.brokers);
    for (name, value) in settings {
        config.set(name, *value)?;
    }
    Producer::new(&config).await
}

/// Waits for all, and returns their partitions and offsets.
pub async fn delivered(deliveries: Vec<Delivery>) -> Result<Vec<(i32, i64)>, Error> {
    let mut places = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let written = delivery.await?;
        places.push((written.partition, written.offset.unwrap_or(-1)));
    }
    Ok(places)
}

async fn content(context: &Context, codec: &str) -> Outcome {
    const COUNT: usize = 5000;
    let topic = context.topic("content", 3).await?;
    let producer = producer(context, &[("compression.type", codec), ("linger.ms", "1")]).await?;
    let mut deliveries = Vec::new();
    for number in 0..COUNT {
        let (key, value) =
            (format!("key-{}", number % 50), format!("value {number} {}", "x".repeat(number % 200)));
        let headers: &[(&str, Option<&[u8]>)] = &[("a", Some(b"1")), ("b", None)];
        deliveries
            .push(producer.send(&ProducerRecord::new(&topic, &value).key(&key).headers(headers)).await?);
    }
    let places = delivered(deliveries).await?;
    let mut total = 0;
    for partition in 0..3 {
        let found = reader::read(&context.cluster, &topic, partition, false).await?;
        total += found.len();
        ensure((0..).zip(&found).all(|(offset, found)| found.offset == offset), || {
            "offsets have gaps".into()
        })?;
        let mut last = [None; 50];
        for record in &found {
            let value = String::from_utf8(record.value.clone().unwrap_or_default())?;
            let number: usize = value.split(' ').nth(1).ok_or("no number")?.parse()?;
            ensure(record.key == Some(format!("key-{}", number % 50).into_bytes()), || value.clone())?;
            ensure(record.header_count == 2, || "headers are missing".into())?;
            ensure(places[number] == (partition, record.offset), || {
                format!("{value}: {:?}", places[number])
            })?;
            ensure(last[number % 50] < Some(number), || format!("{number} is out of order"))?;
            last[number % 50] = Some(number);
        }
    }
    ensure(total == COUNT, || format!("{total} records"))
}

async fn acks(context: &Context) -> Outcome {
    for acks in ["0", "1"] {
        let topic = context.topic("acks", 1).await?;
        let producer = producer(context, &[("acks", acks)]).await?;
        let mut deliveries = Vec::new();
        for number in 0..100 {
            deliveries.push(producer.send(&ProducerRecord::new(&topic, &format!("{number}"))).await?);
        }
        for (number, delivery) in (0..).zip(deliveries) {
            let expected = (acks == "1").then_some(number);
            let offset = delivery.await?.offset;
            ensure(offset == expected, || format!("acks={acks}: offset {offset:?} of record {number}"))?;
        }
        let begin = Instant::now();
        while reader::read(&context.cluster, &topic, 0, false).await?.len() < 100 {
            ensure(begin.elapsed() < Duration::from_secs(10), || {
                format!("acks={acks}: records are missing")
            })?;
        }
    }
    Ok(())
}

async fn flush(context: &Context) -> Outcome {
    let topic = context.topic("flush", 2).await?;
    let producer = producer(context, &[("linger.ms", "60000")]).await?;
    let mut deliveries = Vec::new();
    for partition in [0, 1] {
        deliveries.push(producer.send(&ProducerRecord::new(&topic, "v").partition(partition)).await?);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    ensure(deliveries.iter().all(|delivery| delivery.now().is_none()), || "it did not linger".into())?;
    let begin = Instant::now();
    producer.flush().await;
    ensure(begin.elapsed() < Duration::from_secs(5), || format!("it took {:?}", begin.elapsed()))?;
    ensure(deliveries.iter().all(|it| matches!(it.now(), Some(Ok(_)))), || "not all are delivered".into())
}

async fn close(context: &Context) -> Outcome {
    let topic = context.topic("close", 2).await?;
    let closed = producer(context, &[("linger.ms", "60000")]).await?;
    for number in 0..500 {
        drop(closed.send(&ProducerRecord::new(&topic, &format!("{number}"))).await?);
    }
    closed.close().await?;
    let refused = closed.send(&ProducerRecord::new(&topic, "late")).await;
    ensure(refused.is_err_and(|error| matches!(error.kind(), ErrorKind::Closed)), || {
        "it took one more".into()
    })?;
    let count = |values: Vec<Vec<String>>| values.iter().map(Vec::len).sum::<usize>();
    let found = count(reader::values(&context.cluster, &topic, false).await?);
    ensure(found == 500, || format!("{found} records after close"))?;
    let dropped = producer(context, &[("linger.ms", "60000")]).await?;
    for number in 0..500 {
        drop(dropped.send(&ProducerRecord::new(&topic, &format!("{number}"))).await?);
    }
    drop(dropped);
    let begin = Instant::now();
    while count(reader::values(&context.cluster, &topic, false).await?) < 1000 {
        ensure(begin.elapsed() < Duration::from_secs(10), || {
            "records were dropped with the producer".into()
        })?;
    }
    Ok(())
}

async fn memory(context: &Context) -> Outcome {
    let topic = context.topic("memory", 1).await?;
    let settings = [("buffer.memory", "65536"), ("batch.size", "16384"), ("linger.ms", "20")];
    let producer = producer(context, &settings).await?;
    producer.partitions_for(&topic).await?;
    let value = vec![b'x'; 1000];
    let mut deliveries = Vec::new();
    let mut was_full = false;
    for _ in 0..10_000 {
        match producer.try_send(&ProducerRecord::new(&topic, &value)) {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) => {
                was_full = true;
                ensure(matches!(error.kind(), ErrorKind::BufferFull), || error.to_string())?;
                deliveries.push(producer.send(&ProducerRecord::new(&topic, &value)).await?);
            }
        }
        let buffered = producer.buffered_bytes();
        ensure(buffered <= 65536, || format!("{buffered} bytes are buffered"))?;
    }
    ensure(was_full, || "it was never full".into())?;
    let places = delivered(deliveries).await?;
    ensure((0..).zip(&places).all(|(expected, (_, offset))| *offset == expected), || "out of order".into())?;
    ensure(producer.buffered_bytes() == 0, || format!("{} bytes are left", producer.buffered_bytes()))?;
    let huge = vec![0; 70_000];
    let refused = producer.send(&ProducerRecord::new(&topic, &huge)).await.err();
    ensure(refused.is_some_and(|error| matches!(error.kind(), ErrorKind::RecordTooLarge { .. })), || {
        "a record larger than the memory was taken".into()
    })
}

async fn split(context: &Context) -> Outcome {
    for codec in ["none", "zstd"] {
        let topic = context.unique("split");
        let created = NewTopic::new(&topic).partitions(1).config("max.message.bytes", "1500");
        for result in context.admin.create_topics([created], Apply::Change).await.into_values() {
            result?;
        }
        let settings = [("linger.ms", "50"), ("compression.type", codec)];
        let producer = producer(context, &settings).await?;
        let mut deliveries = Vec::new();
        // Numbers that hardly compress.
        let value = |number: u64| {
            let mix = |step: u64| (number * 100 + step).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string();
            format!("{number} {}", (0..5).map(mix).collect::<String>())
        };
        for number in 0..300 {
            deliveries.push(producer.send(&ProducerRecord::new(&topic, &value(number))).await?);
        }
        let places = delivered(deliveries).await?;
        ensure((0..).zip(&places).all(|(expected, (_, offset))| *offset == expected), || {
            format!("{places:?}")
        })?;
        let found = reader::values(&context.cluster, &topic, false).await?.remove(0);
        ensure((0..300).map(value).eq(found), || format!("{codec}: the content differs"))?;
        let large = producer.send(&ProducerRecord::new(&topic, &"x".repeat(1_000_000)[..])).await;
        if codec == "none" {
            let error = large?.await.err().ok_or("a record that is too large was written")?;
            ensure(error.is(ErrorCode::MessageTooLarge), || error.to_string())?;
            ensure(error.topic() == Some(&topic) && error.partition() == Some(0), || error.to_string())?;
        }
        // What follows the lost one arrives.
        delivered(vec![producer.send(&ProducerRecord::new(&topic, "after")).await?]).await?;
    }
    Ok(())
}

async fn errors(context: &Context) -> Outcome {
    let topic = context.topic("errors", 2).await?;
    let producer = producer(context, &[("max.block.ms", "500")]).await?;
    let error =
        producer.send(&ProducerRecord::new(&topic, "v").partition(7)).await.err().ok_or("no error")?;
    ensure(error.topic() == Some(&topic) && error.partition() == Some(7), || error.to_string())?;
    let error = producer.send(&ProducerRecord::new("not a name!", "v")).await.err().ok_or("no error")?;
    ensure(error.is(ErrorCode::InvalidTopicException), || error.to_string())?;
    ensure(error.topic() == Some("not a name!"), || error.to_string())?;
    let huge = vec![0; 2_000_000];
    let error = producer.send(&ProducerRecord::new(&topic, &huge)).await.err().ok_or("no error")?;
    ensure(matches!(error.kind(), ErrorKind::RecordTooLarge { .. }) && !error.is_retriable(), || {
        error.to_string()
    })?;
    let unreachable = ClientConfig::new("127.0.0.1:1");
    let error = Producer::new(&unreachable).await.err().ok_or("no error")?;
    ensure(matches!(error.kind(), ErrorKind::NoBroker(_)) && error.is_retriable(), || error.to_string())
}

async fn sticky(context: &Context) -> Outcome {
    const COUNT: usize = 40_000;
    let topic = context.topic("sticky", 4).await?;
    let producer = producer(context, &[("linger.ms", "5"), ("batch.size", "8192")]).await?;
    let mut switches = 0;
    let mut last = None;
    for _ in 0..COUNT {
        let delivery = producer.send(&ProducerRecord::new(&topic, &[b'x'; 100])).await?;
        switches += usize::from(last != Some(delivery.partition()));
        last = Some(delivery.partition());
    }
    producer.close().await?;
    let counts: Vec<usize> =
        reader::values(&context.cluster, &topic, false).await?.iter().map(Vec::len).collect();
    ensure(counts.iter().sum::<usize>() == COUNT, || format!("{counts:?}"))?;
    ensure(counts.iter().all(|count| *count > COUNT / 20), || format!("{counts:?}"))?;
    ensure(switches < COUNT / 40, || format!("{switches} switches"))
}

async fn more_partitions(context: &Context) -> Outcome {
    use jackdaw_client::admin::NewPartitions;
    let topic = context.topic("more", 1).await?;
    let producer = producer(context, &[("metadata.max.age.ms", "200")]).await?;
    producer.send(&ProducerRecord::new(&topic, "v")).await?.await?;
    let more =
        context.admin.create_partitions([(&*topic, NewPartitions::increase_to(3))], Apply::Change).await;
    more.into_values().collect::<Result<(), Error>>()?;
    let begin = Instant::now();
    loop {
        match producer.send(&ProducerRecord::new(&topic, "v").partition(2)).await {
            Ok(delivery) => return delivery.await.map(|_| ()).map_err(Into::into),
            Err(error) => ensure(begin.elapsed() < Duration::from_secs(10), || error.to_string())?,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn many_tasks(context: &Context) -> Outcome {
    const TASKS: usize = 8;
    const EACH: usize = 3000;
    let topic = context.topic("tasks", 2).await?;
    let producer = producer(context, &[("linger.ms", "0"), ("batch.size", "2000")]).await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (producer, topic) = (producer.clone(), topic.clone());
            tokio::spawn(async move {
                let mut deliveries = Vec::new();
                for number in 0..EACH {
                    let value = format!("{task} {number}");
                    let record = ProducerRecord::new(&topic, &value).partition((task % 2) as i32);
                    deliveries.push(producer.send(&record).await?);
                }
                delivered(deliveries).await
            })
        })
        .collect();
    for task in tasks {
        let places = task.await??;
        ensure(places.is_sorted(), || "the records of a task are out of order".into())?;
    }
    let found = reader::values(&context.cluster, &topic, false).await?;
    for (partition, values) in found.iter().enumerate() {
        ensure(values.len() == TASKS / 2 * EACH, || format!("{} in partition {partition}", values.len()))?;
        let mut next = [0; TASKS];
        for value in values {
            let (task, number) = value.split_once(' ').ok_or("no number")?;
            let (task, number): (usize, usize) = (task.parse()?, number.parse()?);
            ensure(next[task] == number, || format!("{value} instead of {}", next[task]))?;
            next[task] += 1;
        }
    }
    Ok(())
}
