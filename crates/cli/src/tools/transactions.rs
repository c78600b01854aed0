//! `kafka-transactions`: transactions and the producers that have them open.

mod hanging;

use clap::{Parser, Subcommand};
use jackdaw_client::admin::{ActiveProducer, Admin, Results, TransactionFilter, TransactionToAbort};
use jackdaw_client::{Error, TopicPartition};
use jackdaw_protocol::error_code::ErrorCode;

use super::Tool;
use crate::connect::{Place, words};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::{clock, out, runtime, subcommands};

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-transactions", classes: &["org.apache.kafka.tools.TransactionsCommand"], run };

/// Shows transactions and aborts hanging ones.
#[derive(Parser)]
#[command(name = "kafka-transactions.sh", disable_help_subcommand = true)]
struct Line {
    /// Properties of the client
    #[arg(long)]
    command_config: Option<String>,
    /// The brokers to ask first
    #[arg(long)]
    bootstrap_server: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All transactional ids and their states
    List {
        /// Only transactions that run for longer than so many milliseconds
        #[arg(long)]
        duration_filter: Option<i64>,
        /// Only ids that fit this pattern
        #[arg(long)]
        transactional_id_pattern: Option<String>,
    },
    /// One transactional id
    Describe {
        /// Which
        #[arg(long)]
        transactional_id: String,
    },
    /// The producers that a partition remembers
    DescribeProducers {
        /// Ask this broker instead of the leader
        #[arg(long)]
        broker_id: Option<i32>,
        /// The topic
        #[arg(long)]
        topic: String,
        /// The partition
        #[arg(long)]
        partition: i32,
    },
    /// Abort a transaction that hangs
    Abort(Abort),
    /// Transactions that hang
    FindHanging(hanging::Search),
    /// Abort the transaction of an id from outside
    #[command(name = "forceTerminateTransaction")]
    ForceTerminate {
        /// Which
        #[arg(long = "transactionalId")]
        transactional_id: String,
    },
}

#[derive(clap::Args)]
struct Abort {
    /// The topic
    #[arg(long)]
    topic: String,
    /// The partition
    #[arg(long)]
    partition: i32,
    /// Where the transaction starts
    #[arg(long, required_unless_present = "producer_id")]
    start_offset: Option<i64>,
    /// Whose it is
    #[arg(long, requires_all = ["producer_epoch", "coordinator_epoch"])]
    producer_id: Option<i64>,
    /// Its epoch
    #[arg(long)]
    producer_epoch: Option<i16>,
    /// The epoch of its coordinator
    #[arg(long, allow_hyphen_values = true)]
    coordinator_epoch: Option<i32>,
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-transactions.sh", arguments)? {
        Ok(line) => line,
        Err(done) => return Ok(done),
    };
    runtime::block_on(async {
        let place = Place {
            servers: Some(line.bootstrap_server.as_str()),
            controllers: None,
            file: line.command_config.as_deref(),
        };
        let admin = place.admin("kafka-transactions").await?;
        match line.command {
            Command::List { duration_filter, transactional_id_pattern } => {
                list(&admin, duration_filter, transactional_id_pattern).await
            }
            Command::Describe { transactional_id } => describe(&admin, &transactional_id).await,
            Command::DescribeProducers { broker_id, topic, partition } => {
                producers(&admin, broker_id, &TopicPartition::new(topic, partition)).await
            }
            Command::Abort(which) => abort(&admin, &which).await,
            Command::FindHanging(search) => {
                let found = hanging::find(&admin, &search).await?;
                print(&HANGING, found.iter().map(hanging::OpenTransaction::row).collect())
            }
            Command::ForceTerminate { transactional_id } => terminate(&admin, &transactional_id).await,
        }
    })
}

/// The columns of hanging transactions.
const HANGING: [&str; 8] = [
    "Topic",
    "Partition",
    "ProducerId",
    "ProducerEpoch",
    "CoordinatorEpoch",
    "StartOffset",
    "LastTimestamp",
    "Duration(min)",
];

/// What the tool says of a failure.
fn failed(what: &str, error: &Error) -> Failure {
    Failure::message(format!("{what}: {}", words(error)))
}

/// The producers that partitions remember: their leaders, or this broker.
async fn producers_of(
    admin: &Admin,
    broker: Option<i32>,
    partitions: &[TopicPartition],
) -> Results<TopicPartition, Vec<ActiveProducer>> {
    match broker {
        Some(broker) => admin.describe_producers_on(broker, partitions.iter().cloned()).await,
        None => admin.describe_producers(partitions.iter().cloned()).await,
    }
}

/// A new producer of this id fences the old one, and the coordinator aborts what it had open.
async fn terminate(admin: &Admin, id: &str) -> Outcome {
    for fenced in admin.fence_producers([id]).await.into_values() {
        fenced
            .map_err(|error| failed(&format!("Failed to force terminate transactionalId `{id}`"), &error))?;
    }
    Ok(Done::Well)
}

fn print(headings: &[&str], rows: Vec<Vec<String>>) -> Outcome {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    out::print(&out::tabbed(&std::iter::once(headings).chain(rows).collect::<Vec<_>>()))?;
    Ok(Done::Well)
}

async fn list(admin: &Admin, longer_than_ms: Option<i64>, pattern: Option<String>) -> Outcome {
    let longer_than =
        longer_than_ms.and_then(|ms| u64::try_from(ms).ok()).map(std::time::Duration::from_millis);
    let filter =
        TransactionFilter { longer_than, transactional_id_pattern: pattern, ..TransactionFilter::default() };
    let listed = admin.list_transactions(&filter).await?;
    let rows = listed.into_iter().map(|transaction| {
        vec![
            transaction.transactional_id,
            transaction.coordinator.to_string(),
            transaction.producer_id.to_string(),
            transaction.state,
        ]
    });
    print(&["TransactionalId", "Coordinator", "ProducerId", "TransactionState"], rows.collect())
}

async fn describe(admin: &Admin, id: &str) -> Outcome {
    let described = admin.describe_transactions([id]).await.into_values().next();
    let found = match described {
        Some(Ok(found)) => found,
        Some(Err(error)) => {
            let what = match error.is(ErrorCode::TransactionalIdNotFound) {
                true => "the ID could not be found".to_owned(),
                false => words(&error),
            };
            return Err(Failure::message(format!(
                "Failed to describe transaction state of transactional-id `{id}`: {what}"
            )));
        }
        None => return Err(Failure::message("the coordinator did not answer for it")),
    };
    let partitions: Vec<String> = found.partitions.iter().map(ToString::to_string).collect();
    let none = || "None".to_owned();
    let row = vec![
        found.coordinator.to_string(),
        found.transactional_id,
        found.producer_id.to_string(),
        found.producer_epoch.to_string(),
        found.state,
        found.timeout_ms.to_string(),
        found.start_ms.map_or_else(none, |start| start.to_string()),
        found.start_ms.map_or_else(none, |start| (clock::wall_ms() - start).to_string()),
        partitions.join(","),
    ];
    print(
        &[
            "CoordinatorId",
            "TransactionalId",
            "ProducerId",
            "ProducerEpoch",
            "TransactionState",
            "TransactionTimeoutMs",
            "CurrentTransactionStartTimeMs",
            "TransactionDurationMs",
            "TopicPartitions",
        ],
        vec![row],
    )
}

async fn producers(admin: &Admin, broker: Option<i32>, place: &TopicPartition) -> Outcome {
    let found = producers_of(admin, broker, std::slice::from_ref(place)).await.into_values().next();
    let found = found.transpose().map_err(|error| {
        let who = broker.map_or_else(|| "leader".to_owned(), |id| format!("broker {id}"));
        failed(&format!("Failed to describe producers for partition {place} on {who}"), &error)
    })?;
    let rows = found.unwrap_or_default().into_iter().map(|producer| {
        vec![
            producer.producer_id.to_string(),
            producer.producer_epoch.to_string(),
            producer.coordinator_epoch.unwrap_or(-1).to_string(),
            producer.last_sequence.unwrap_or(-1).to_string(),
            producer.last_timestamp_ms.to_string(),
            producer.transaction_start_offset.map_or("None".to_owned(), |offset| offset.to_string()),
        ]
    });
    print(
        &[
            "ProducerId",
            "ProducerEpoch",
            "LatestCoordinatorEpoch",
            "LastSequence",
            "LastTimestamp",
            "CurrentTransactionStartOffset",
        ],
        rows.collect(),
    )
}

async fn abort(admin: &Admin, which: &Abort) -> Outcome {
    let partition = TopicPartition::new(which.topic.as_str(), which.partition);
    let transaction = match (
        which.start_offset,
        which.producer_id,
        which.producer_epoch,
        which.coordinator_epoch,
    ) {
        (Some(start), ..) => {
            let found = admin.describe_producers([partition.clone()]).await.into_values().next();
            let producers = found.transpose()?.unwrap_or_default();
            let found =
                producers.into_iter().find(|producer| producer.transaction_start_offset == Some(start));
            let found = found.ok_or_else(|| {
                Failure::message(format!(
                    "Could not find any open transactions starting at offset {start} on partition {partition}"
                ))
            })?;
            TransactionToAbort {
                partition,
                producer_id: found.producer_id,
                producer_epoch: i16::try_from(found.producer_epoch).unwrap_or(i16::MAX),
                coordinator_epoch: found.coordinator_epoch.unwrap_or(0).max(0),
            }
        }
        (None, Some(producer_id), Some(producer_epoch), Some(coordinator_epoch)) => TransactionToAbort {
            partition,
            producer_id,
            producer_epoch,
            // -1 is what a producer shows that has never ended one: no leader is older than 0.
            coordinator_epoch: coordinator_epoch.max(0),
        },
        _ => {
            return Err(Failure::message(
                "The transaction to abort must be identified by --start-offset or by --producer-id, --producer-epoch and --coordinator-epoch",
            ));
        }
    };
    admin.abort_transaction(&transaction).await?;
    Ok(Done::Well)
}
