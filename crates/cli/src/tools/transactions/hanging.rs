//! Finding transactions that hang: open in a partition for longer than any may be, while no coordinator is going to end them
//! there.

use std::collections::BTreeMap;

use clap::Args;
use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{ActiveProducer, Admin, TransactionDescription, TransactionFilter};
use jackdaw_protocol::error_code::ErrorCode;

use super::{failed, producers_of};
use crate::clock;
use crate::failure::Failure;

/// How much is asked for at once.
const BATCH_MAX: usize = 500;
const MINUTE_MS: i64 = 60_000;

/// Where hanging transactions are looked for.
#[derive(Args)]
pub(super) struct Search {
    /// On this broker
    #[arg(long)]
    broker_id: Option<i32>,
    /// Open for longer than so many minutes
    #[arg(long, default_value_t = 15, allow_hyphen_values = true)]
    max_transaction_timeout: i32,
    /// In this topic
    #[arg(long)]
    topic: Option<String>,
    /// In this partition
    #[arg(long)]
    partition: Option<i32>,
}

/// A transaction that is open in a partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OpenTransaction {
    pub partition: TopicPartition,
    pub producer: ActiveProducer,
}

impl OpenTransaction {
    /// The row that shows it.
    pub(super) fn row(&self) -> Vec<String> {
        let producer = &self.producer;
        vec![
            self.partition.topic.to_string(),
            self.partition.partition.to_string(),
            producer.producer_id.to_string(),
            producer.producer_epoch.to_string(),
            producer.coordinator_epoch.unwrap_or(-1).to_string(),
            producer.transaction_start_offset.unwrap_or(-1).to_string(),
            producer.last_timestamp_ms.to_string(),
            ((clock::wall_ms() - producer.last_timestamp_ms) / MINUTE_MS).to_string(),
        ]
    }
}

/// The transactions that hang.
pub(super) async fn find(admin: &Admin, search: &Search) -> Result<Vec<OpenTransaction>, Failure> {
    if search.topic.is_none() && search.broker_id.is_none() {
        return Err(Failure::message(
            "The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search",
        ));
    }
    if search.partition.is_some() && search.topic.is_none() {
        return Err(Failure::message("The --partition argument requires --topic to be provided"));
    }
    let partitions = partitions(admin, search).await?;
    let open = open_for_long(admin, search, &partitions).await?;
    if open.is_empty() {
        return Ok(open);
    }
    let producer_ids: Vec<i64> = open.iter().map(|transaction| transaction.producer.producer_id).collect();
    let filter = TransactionFilter { producer_ids: producer_ids.clone(), ..TransactionFilter::default() };
    let listed = admin.list_transactions(&filter).await.map_err(|error| {
        failed(&format!("Failed to list transactions for {} producers", producer_ids.len()), &error)
    })?;
    let ids: BTreeMap<i64, String> =
        listed.into_iter().map(|found| (found.producer_id, found.transactional_id)).collect();
    let mut known = BTreeMap::new();
    for (id, described) in admin.describe_transactions(ids.values().cloned()).await {
        match described {
            Ok(description) => drop(known.insert(id, description)),
            Err(error) if error.is(ErrorCode::TransactionalIdNotFound) => {}
            Err(error) => {
                return Err(failed(&format!("Failed to describe {} transactions", ids.len()), &error));
            }
        }
    }
    Ok(open.into_iter().filter(|transaction| hangs(transaction, &ids, &known)).collect())
}

/// Whether nobody is going to end it: no coordinator knows its producer, or the coordinator does not know of the partition.
pub(super) fn hangs(
    transaction: &OpenTransaction,
    ids: &BTreeMap<i64, String>,
    known: &BTreeMap<String, TransactionDescription>,
) -> bool {
    let description = ids.get(&transaction.producer.producer_id).and_then(|id| known.get(id));
    description.is_none_or(|description| !description.partitions.contains(&transaction.partition))
}

async fn partitions(admin: &Admin, search: &Search) -> Result<Vec<TopicPartition>, Failure> {
    let topics = match (&search.topic, search.partition) {
        (Some(topic), Some(partition)) => return Ok(vec![TopicPartition::new(topic.as_str(), partition)]),
        (Some(topic), None) => vec![topic.clone()],
        (None, _) => {
            let listed = admin.list_topics().await;
            let listed = listed.map_err(|error| failed("Failed to list topics", &error))?;
            listed.into_iter().map(|topic| topic.name).collect()
        }
    };
    let mut partitions = Vec::new();
    for batch in topics.chunks(BATCH_MAX) {
        for (topic, described) in admin.describe_topics(batch).await {
            let described = described
                .map_err(|error| failed(&format!("Failed to describe {} topics", batch.len()), &error))?;
            let is_there = |replicas: &[i32]| search.broker_id.is_none_or(|id| replicas.contains(&id));
            let found = described.partitions.iter().filter(|partition| is_there(&partition.replicas));
            partitions.extend(found.map(|partition| TopicPartition::new(&*topic, partition.partition)));
        }
    }
    Ok(partitions)
}

/// What is open in these partitions for longer than a transaction may be.
async fn open_for_long(
    admin: &Admin,
    search: &Search,
    partitions: &[TopicPartition],
) -> Result<Vec<OpenTransaction>, Failure> {
    let longest_ms = i64::from(search.max_transaction_timeout) * MINUTE_MS;
    let mut open = Vec::new();
    for batch in partitions.chunks(BATCH_MAX) {
        for (partition, producers) in producers_of(admin, search.broker_id, batch).await {
            let producers = producers.map_err(|error| {
                let place = search.broker_id.map_or_else(String::new, |id| format!(" on broker {id}"));
                failed(&format!("Failed to describe producers for {} partitions{place}", batch.len()), &error)
            })?;
            let now = clock::wall_ms();
            let is_long = |producer: &ActiveProducer| {
                producer.transaction_start_offset.is_some() && now - producer.last_timestamp_ms > longest_ms
            };
            open.extend(
                producers
                    .into_iter()
                    .filter(is_long)
                    .map(|producer| OpenTransaction { partition: partition.clone(), producer }),
            );
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests;
