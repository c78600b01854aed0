//! Exactly once, from topic to topic: what was produced and how far was consumed are committed together, in one transaction.
//! Whoever reads the output with `isolation.level=read_committed` sees each result once, whenever this program dies.
//! `exactly_once BROKERS INPUT OUTPUT GROUP`

use std::time::Duration;

use jackdaw_client::ClientConfig;
use jackdaw_client::consumer::{Consumer, Records};
use jackdaw_client::producer::{Producer, ProducerRecord};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, input, output, group] = &arguments[..] else {
        return Err("usage: exactly_once BROKERS INPUT OUTPUT GROUP".into());
    };
    let common = ClientConfig::new(brokers);
    let consumer = Consumer::connect(
        &common
            .clone()
            .with("group.id", group)?
            .with("auto.offset.reset", "earliest")?
            .with("enable.auto.commit", "false")?
            .with("isolation.level", "read_committed")?,
    )
    .await?;
    let producer = Producer::new(&common.with("transactional.id", format!("{group}-1"))?).await?;
    producer.init_transactions().await?;
    consumer.subscribe([input])?;
    loop {
        let records = tokio::select! {
            records = consumer.poll(Duration::from_secs(1)) => records?,
            _ = tokio::signal::ctrl_c() => break,
        };
        if records.is_empty() {
            continue;
        }
        if let Err(error) = transform(&consumer, &producer, &records, output).await {
            eprintln!("once more: {error}");
            producer.abort_transaction().await?;
            go_back(&consumer).await?;
        }
    }
    consumer.close(Duration::from_secs(5)).await?;
    producer.close().await?;
    Ok(())
}

async fn transform(
    consumer: &Consumer,
    producer: &Producer,
    records: &Records,
    output: &str,
) -> Result<(), jackdaw_client::Error> {
    producer.begin_transaction()?;
    for record in records {
        let value = record.value.unwrap_or_default().to_ascii_uppercase();
        // Not waited for one by one: the commit fails if one of them does.
        drop(producer.send(&ProducerRecord::new(output, &value)).await?);
    }
    if let Some(group) = consumer.group_metadata() {
        producer.send_offsets_to_transaction(&consumer.consumed_offsets(), &group).await?;
    }
    producer.commit_transaction().await
}

/// Reads again what the aborted transaction was made of.
async fn go_back(consumer: &Consumer) -> Result<(), jackdaw_client::Error> {
    let assigned: Vec<_> = consumer.assignment().into_iter().collect();
    let committed = consumer.committed(&assigned).await?;
    for partition in &assigned {
        // A rebalance may have taken it meanwhile; then it is no longer ours to go back in.
        let moved = match committed.get(partition) {
            Some(offset) => consumer.seek_to(partition, offset),
            None => consumer.seek_to_beginning(partition),
        };
        if let Err(error) = moved {
            eprintln!("{error}");
        }
    }
    Ok(())
}
