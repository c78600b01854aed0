//! At least once: offsets are committed after the records were worked on, and before partitions go to somebody else. What
//! the program had in hand when it died is worked on again. `at_least_once BROKERS TOPIC GROUP`

use std::time::Duration;

use jackdaw_client::ClientConfig;
use jackdaw_client::consumer::{Consumer, RebalanceKind};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(brokers), Some(topic), Some(group)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: at_least_once BROKERS TOPIC GROUP".into());
    };
    let config = ClientConfig::new(brokers)
        .with("group.id", group)?
        .with("auto.offset.reset", "earliest")?
        .with("enable.auto.commit", "false")?;
    let consumer = Consumer::connect(&config).await?;
    let mut rebalances = consumer.rebalances();
    consumer.subscribe([topic])?;
    loop {
        tokio::select! {
            records = consumer.poll(Duration::from_secs(1)) => {
                for record in &records? {
                    println!("{}", String::from_utf8_lossy(record.value.unwrap_or_default()));
                }
                // It goes on while the next records are worked on; the last one before the end is waited for below.
                drop(consumer.commit_async());
            }
            event = rebalances.next() => match event {
                // The partitions are ours until the event is dropped, and nothing of them is in hand now.
                Some(event) if event.kind == RebalanceKind::Revoked => consumer.commit().await?,
                Some(event) => eprintln!("{:?}: {:?}", event.kind, event.partitions),
                None => break,
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    consumer.commit().await?;
    drop(rebalances);
    consumer.close(Duration::from_secs(5)).await?;
    Ok(())
}
