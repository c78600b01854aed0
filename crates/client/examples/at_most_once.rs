//! At most once: offsets are committed before the records are worked on. What the program had in hand when it died is
//! never seen again, and nothing is worked on twice. `at_most_once BROKERS TOPIC GROUP`

use std::time::Duration;

use jackdaw_client::ClientConfig;
use jackdaw_client::consumer::Consumer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(brokers), Some(topic), Some(group)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: at_most_once BROKERS TOPIC GROUP".into());
    };
    let config = ClientConfig::new(brokers)
        .with("group.id", group)?
        .with("auto.offset.reset", "earliest")?
        .with("enable.auto.commit", "false")?;
    let consumer = Consumer::connect(&config).await?;
    consumer.subscribe([topic])?;
    loop {
        let records = tokio::select! {
            records = consumer.poll(Duration::from_secs(1)) => records?,
            _ = tokio::signal::ctrl_c() => break,
        };
        if !records.is_empty() {
            // First this: a commit that fails means that somebody else will get these records.
            consumer.commit().await?;
        }
        for record in &records {
            println!("{}", String::from_utf8_lossy(record.value.unwrap_or_default()));
        }
    }
    consumer.close(Duration::from_secs(5)).await?;
    Ok(())
}
