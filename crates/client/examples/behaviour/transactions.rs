//! Transactions: all or nothing, one producer per id, offsets with records.

use jackdaw_client::error::ErrorKind;
use jackdaw_client::producer::{ConsumedOffset, GroupMetadata, Producer, ProducerRecord};
use jackdaw_protocol::error_code::ErrorCode;

use super::cases::{Context, Outcome, ensure};
use super::producer::{delivered, producer};
use super::reader;

pub async fn run(context: &Context) {
    if !is_served(context).await {
        println!("skip transactions: the broker does not serve them yet");
        return;
    }
    context.case("transactions: commit and abort", commit_and_abort(context)).await;
    context.case("transactions: many in a row, over partitions", many(context)).await;
    context.case("transactions: a newer producer fences the older", fencing(context)).await;
    context.case("transactions: a lost record leaves only the abort", lost_record(context)).await;
    context.case("transactions: offsets of a group", offsets(context)).await;
    context.case("transactions: calls out of turn are refused", out_of_turn(context)).await;
}

/// Whether any broker knows InitProducerId with a transactional id.
pub async fn is_served(context: &Context) -> bool {
    let Some(node) = context.cluster.metadata().brokers.keys().next().copied() else { return false };
    let versions = context.cluster.api_versions(node).await;
    versions.is_ok_and(|versions| versions.range(jackdaw_protocol::api_key::ApiKey::EndTxn.key()).is_some())
}

async fn transactional(context: &Context, id: &str) -> Result<Producer, jackdaw_client::Error> {
    let producer = producer(context, &[("transactional.id", id), ("linger.ms", "1")]).await?;
    producer.init_transactions().await?;
    Ok(producer)
}

async fn commit_and_abort(context: &Context) -> Outcome {
    let topic = context.topic("transaction", 2).await?;
    let producer = transactional(context, &context.unique("id")).await?;
    for (round, commits) in [true, false, true, false, false, true].into_iter().enumerate() {
        producer.begin_transaction()?;
        let mut deliveries = Vec::new();
        for partition in [0, 1] {
            let value = format!("{round} {commits}");
            deliveries.push(producer.send(&ProducerRecord::new(&topic, &value).partition(partition)).await?);
        }
        if commits {
            producer.commit_transaction().await?;
            delivered(deliveries).await?;
        } else {
            // Sent and aborted, or refused before it was sent.
            if round == 3 {
                producer.flush().await;
            }
            producer.abort_transaction().await?;
        }
    }
    producer.begin_transaction()?;
    producer.commit_transaction().await?;
    for values in reader::values(&context.cluster, &topic, true).await? {
        ensure(values == ["0 true", "2 true", "5 true"], || format!("{values:?}"))?;
    }
    Ok(())
}

async fn many(context: &Context) -> Outcome {
    const ROUNDS: usize = 30;
    let topic = context.topic("many", 4).await?;
    let producer = transactional(context, &context.unique("id")).await?;
    for round in 0..ROUNDS {
        producer.begin_transaction()?;
        for number in 0..100 {
            let value = format!("{round} {number}");
            producer.send(&ProducerRecord::new(&topic, &value).partition(number % 4)).await?;
        }
        producer.commit_transaction().await?;
    }
    for values in reader::values(&context.cluster, &topic, true).await? {
        ensure(values.len() == ROUNDS * 25, || format!("{} records", values.len()))?;
        let order = |value: &String| {
            let (round, number) = value.split_once(' ').unwrap_or_default();
            (round.parse::<usize>().unwrap_or_default(), number.parse::<usize>().unwrap_or_default())
        };
        ensure(values.iter().map(order).is_sorted(), || "out of order".into())?;
    }
    Ok(())
}

async fn fencing(context: &Context) -> Outcome {
    let topic = context.topic("fencing", 1).await?;
    let id = context.unique("id");
    let old = transactional(context, &id).await?;
    old.begin_transaction()?;
    old.send(&ProducerRecord::new(&topic, "old")).await?.await?;
    let new = transactional(context, &id).await?;
    new.begin_transaction()?;
    new.send(&ProducerRecord::new(&topic, "new")).await?;
    new.commit_transaction().await?;
    let error = old.commit_transaction().await.err().ok_or("the older one could commit")?;
    ensure(matches!(error.kind(), ErrorKind::Fenced), || error.to_string())?;
    let error = old.abort_transaction().await.err().ok_or("the older one could abort")?;
    ensure(matches!(error.kind(), ErrorKind::Fenced), || error.to_string())?;
    ensure(old.begin_transaction().is_err(), || "the older one could begin".into())?;
    let values = reader::values(&context.cluster, &topic, true).await?.remove(0);
    ensure(values == ["new"], || format!("{values:?}"))
}

async fn lost_record(context: &Context) -> Outcome {
    use jackdaw_client::admin::{Apply, NewTopic};
    let topic = context.unique("lost");
    let created = NewTopic::new(&topic).partitions(1).config("max.message.bytes", "1500");
    for result in context.admin.create_topics([created], Apply::Change).await.into_values() {
        result?;
    }
    let producer = transactional(context, &context.unique("id")).await?;
    producer.begin_transaction()?;
    producer.send(&ProducerRecord::new(&topic, "before")).await?.await?;
    let large = producer.send(&ProducerRecord::new(&topic, &"x".repeat(100_000)[..])).await?;
    let error = large.await.err().ok_or("a record that is too large was written")?;
    ensure(error.is(ErrorCode::MessageTooLarge), || error.to_string())?;
    let error = producer.commit_transaction().await.err().ok_or("it was committed")?;
    ensure(matches!(error.kind(), ErrorKind::TransactionAborted(Some(_))), || error.to_string())?;
    let error = producer.send(&ProducerRecord::new(&topic, "v")).await.err().ok_or("a record was taken")?;
    ensure(matches!(error.kind(), ErrorKind::TransactionAborted(Some(_))), || error.to_string())?;
    producer.abort_transaction().await?;
    for round in 0..3 {
        producer.begin_transaction()?;
        producer.send(&ProducerRecord::new(&topic, &format!("{round}"))).await?;
        producer.commit_transaction().await?;
    }
    let values = reader::values(&context.cluster, &topic, true).await?.remove(0);
    ensure(values == ["0", "1", "2"], || format!("{values:?}"))
}

async fn offsets(context: &Context) -> Outcome {
    let topic = context.topic("offsets", 1).await?;
    let group = context.unique("group");
    let producer = transactional(context, &context.unique("id")).await?;
    let consumed = |offset| {
        let topic = topic.clone();
        [ConsumedOffset { topic, partition: 0, offset, leader_epoch: None, metadata: "m".into() }]
    };
    let committed = async || -> Result<Option<i64>, Box<dyn std::error::Error + Send + Sync>> {
        use jackdaw_protocol::messages::offset_fetch_request::{OffsetFetchRequest, OffsetFetchRequestTopic};
        let kind = jackdaw_client::cluster::CoordinatorKind::Group;
        let node = context.cluster.coordinator(kind, &group).await?;
        let wanted = OffsetFetchRequestTopic {
            name: topic.as_str().into(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopic::default()
        };
        let request = OffsetFetchRequest {
            group_id: group.as_str().into(),
            topics: Some(vec![wanted]),
            require_stable: true,
            ..OffsetFetchRequest::default()
        };
        let response = context.cluster.call_version(node, &request, 7..=7).await?;
        let found =
            response.topics.first().and_then(|topic| topic.partitions.first()).ok_or("no partition")?;
        jackdaw_client::Error::check(found.error_code, None)?;
        Ok(Some(found.committed_offset).filter(|offset| *offset >= 0))
    };
    for (offset, commits) in [(5, true), (9, false), (12, true)] {
        producer.begin_transaction()?;
        producer.send(&ProducerRecord::new(&topic, "v")).await?;
        let metadata = GroupMetadata::without_member(&group);
        producer.send_offsets_to_transaction(&consumed(offset), &metadata).await?;
        if commits {
            producer.commit_transaction().await?;
        } else {
            producer.abort_transaction().await?;
        }
        let expected = Some(if commits { offset } else { 5 });
        // The markers follow the answer.
        let begin = std::time::Instant::now();
        loop {
            let found = committed().await;
            if matches!(&found, Ok(found) if *found == expected) {
                break;
            }
            ensure(begin.elapsed().as_secs() < 5, || format!("{found:?} instead of {expected:?}"))?;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    let gone = GroupMetadata {
        generation_id: 3,
        member_id: "nobody".into(),
        ..GroupMetadata::without_member(&group)
    };
    producer.begin_transaction()?;
    let refused = producer.send_offsets_to_transaction(&consumed(20), &gone).await;
    let error = refused.err().ok_or("offsets of a stranger were taken")?;
    ensure(!error.is_retriable(), || error.to_string())?;
    ensure(producer.commit_transaction().await.is_err(), || "it was committed".into())?;
    producer.abort_transaction().await?;
    Ok(())
}

async fn out_of_turn(context: &Context) -> Outcome {
    let topic = context.topic("turn", 1).await?;
    let refused = |result: Result<(), jackdaw_client::Error>, what: &str| {
        ensure(result.is_err_and(|error| matches!(error.kind(), ErrorKind::InvalidState(_))), || what.into())
    };
    let plain = producer(context, &[]).await?;
    refused(plain.init_transactions().await, "initialized without an id")?;
    refused(plain.begin_transaction(), "begun without an id")?;
    let id = context.unique("id");
    let fresh = producer(context, &[("transactional.id", &id)]).await?;
    refused(fresh.begin_transaction(), "begun before initialized")?;
    fresh.init_transactions().await?;
    refused(fresh.init_transactions().await, "initialized twice")?;
    refused(fresh.commit_transaction().await, "committed without begin")?;
    refused(fresh.send(&ProducerRecord::new(&topic, "v")).await.map(drop), "sent without begin")?;
    fresh.begin_transaction()?;
    refused(fresh.begin_transaction(), "begun twice")?;
    fresh.abort_transaction().await?;
    Ok(())
}
