//! Producers and transactions: described, listed, and ended from outside (KIP-664).

use std::collections::BTreeMap;
use std::time::Duration;

use jackdaw_protocol::messages::describe_producers_request::{DescribeProducersRequest, TopicRequest};
use jackdaw_protocol::messages::describe_producers_response::ProducerState;
use jackdaw_protocol::messages::describe_transactions_request::DescribeTransactionsRequest;
use jackdaw_protocol::messages::describe_transactions_response::TransactionState;
use jackdaw_protocol::messages::init_producer_id_request::InitProducerIdRequest;
use jackdaw_protocol::messages::list_transactions_request::ListTransactionsRequest;
use jackdaw_protocol::messages::write_txn_markers_request::{
    WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest,
};

use super::routing::{Subject, Target, refusal, refusal_of};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::cluster::CoordinatorKind;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

/// A producer that a partition's leader remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActiveProducer {
    /// Its id.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i32,
    /// The sequence of its last batch; `None` if it wrote nothing yet.
    pub last_sequence: Option<i32>,
    /// When it wrote last, in milliseconds since 1970.
    pub last_timestamp_ms: i64,
    /// The epoch of the coordinator that ended its last transaction here.
    pub coordinator_epoch: Option<i32>,
    /// Where its open transaction starts, if there is one.
    pub transaction_start_offset: Option<i64>,
}

/// A transaction as its coordinator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionDescription {
    /// Its id.
    pub transactional_id: String,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// Its state: `Ongoing`, `PrepareCommit`, `CompleteAbort`, …
    pub state: String,
    /// The producer that has it.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
    /// After how many milliseconds the coordinator aborts it.
    pub timeout_ms: i32,
    /// When it began, in milliseconds since 1970, if it has.
    pub start_ms: Option<i64>,
    /// Where it has written.
    pub partitions: Vec<TopicPartition>,
}

/// Which transactions are listed. Everything empty: all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TransactionFilter {
    /// In one of these states.
    pub states: Vec<String>,
    /// Of one of these producers.
    pub producer_ids: Vec<i64>,
    /// Running for longer than this (Kafka 3.8, KIP-994).
    pub longer_than: Option<Duration>,
    /// With an id that matches this pattern (Kafka 4.1, KIP-1152).
    pub transactional_id_pattern: Option<String>,
}

/// A transaction as lists show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TransactionListing {
    /// Its id.
    pub transactional_id: String,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// The producer that has it.
    pub producer_id: i64,
    /// Its state.
    pub state: String,
}

/// A transaction to end from outside: one that hangs in a partition while no coordinator knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionToAbort {
    /// Where.
    pub partition: TopicPartition,
    /// The producer, as [`Admin::describe_producers`] tells it.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
    /// The epoch of the coordinator; -1 if none ever ended one.
    pub coordinator_epoch: i32,
}

impl Admin {
    /// The producers that the leaders of `partitions` remember.
    pub async fn describe_producers(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Results<TopicPartition, Vec<ActiveProducer>> {
        let call = move |target, partitions, _| self.producers_at(target, partitions);
        self.each_by_leader(partitions, call).await
    }

    /// The producers that `broker` remembers, leader or not.
    pub async fn describe_producers_on(
        &self,
        broker: i32,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Results<TopicPartition, Vec<ActiveProducer>> {
        let call = move |target, partitions, _| self.producers_at(target, partitions);
        self.each_at(Target::Node(broker), partitions, call).await
    }

    async fn producers_at(
        &self,
        target: Target,
        partitions: Vec<TopicPartition>,
    ) -> Result<Results<TopicPartition, Vec<ActiveProducer>>, Error> {
        let topics = by_topic(&partitions).into_iter().map(|(name, partition_indexes)| TopicRequest {
            name: name.into(),
            partition_indexes,
            ..Default::default()
        });
        let request = DescribeProducersRequest { topics: topics.collect(), ..Default::default() };
        let answer = self.send(target, request).await?;
        let mut results = Results::new();
        for topic in answer.topics {
            for result in topic.partitions {
                let partition = TopicPartition::new(&*topic.name, result.partition_index);
                let refused =
                    refusal(result.error_code, &result.error_message, Subject::Partition(&partition));
                let producers = refused.map(|()| result.active_producers.into_iter().map(producer).collect());
                results.insert(partition, producers);
            }
        }
        Ok(results)
    }

    /// Transactions by their ids.
    pub async fn describe_transactions(
        &self,
        transactional_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, TransactionDescription> {
        let ids = transactional_ids.into_iter().map(Into::into);
        self.each_by_coordinator(
            CoordinatorKind::Transaction,
            ids,
            move |target, ids: Vec<String>, _| async move {
                let request = DescribeTransactionsRequest {
                    transactional_ids: ids.iter().map(|id| id.clone().into()).collect(),
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                let results = answer.transaction_states.into_iter();
                Ok(results
                    .map(|state| (state.transactional_id.to_string(), described(state, target.node())))
                    .collect())
            },
        )
        .await
    }

    /// The transactions of all coordinators, by id.
    ///
    /// # Errors
    /// One of the brokers could not be asked, or does not know a state that was asked for.
    pub async fn list_transactions(
        &self,
        filter: &TransactionFilter,
    ) -> Result<Vec<TransactionListing>, Error> {
        let listed = self
            .each_broker(move |target| async move {
                let request = ListTransactionsRequest {
                    state_filters: filter.states.iter().map(|state| state.clone().into()).collect(),
                    producer_id_filters: filter.producer_ids.clone(),
                    duration_filter: filter
                        .longer_than
                        .map_or(-1, |longer_than| i64::try_from(longer_than.as_millis()).unwrap_or(i64::MAX)),
                    transactional_id_pattern: filter.transactional_id_pattern.clone().map(Into::into),
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                refusal_of(answer.error_code, Subject::Nothing)?;
                if let Some(unknown) = answer.unknown_state_filters.first() {
                    let what = format!("the broker knows no transaction state {unknown}");
                    return Err(ErrorKind::InvalidArgument(what.into()).into());
                }
                Ok(answer.transaction_states)
            })
            .await?;
        let mut transactions = Vec::new();
        for (coordinator, states) in listed {
            transactions.extend(states?.into_iter().map(|state| TransactionListing {
                transactional_id: state.transactional_id.into_owned(),
                coordinator,
                producer_id: state.producer_id,
                state: state.transaction_state.into_owned(),
            }));
        }
        transactions.sort();
        Ok(transactions)
    }

    /// Ends a transaction that hangs in a partition, by writing the marker that its coordinator never wrote.
    ///
    /// # Errors
    /// The leader cannot be asked in time, or refuses.
    pub async fn abort_transaction(&self, transaction: &TransactionToAbort) -> Result<(), Error> {
        let partition = &transaction.partition;
        let call = move |target, _: Vec<TopicPartition>, _| async move {
            let topic = WritableTxnMarkerTopic {
                name: partition.topic.to_string().into(),
                partition_indexes: vec![partition.partition],
                ..Default::default()
            };
            let marker = WritableTxnMarker {
                producer_id: transaction.producer_id,
                producer_epoch: transaction.producer_epoch,
                transaction_result: false,
                topics: vec![topic],
                coordinator_epoch: transaction.coordinator_epoch,
                ..Default::default()
            };
            let request = WriteTxnMarkersRequest { markers: vec![marker], ..Default::default() };
            let answer = self.send(target, request).await?;
            let topics = answer.markers.into_iter().flat_map(|marker| marker.topics);
            let mut results = topics.flat_map(|topic| topic.partitions);
            let result =
                results.next().ok_or(ErrorKind::InvalidAnswer("it does not mention the partition"))?;
            let written = refusal_of(result.error_code, Subject::Partition(partition));
            Ok(BTreeMap::from([(partition.clone(), written)]))
        };
        let results = self.each_by_leader([partition.clone()], call).await;
        results.into_values().collect()
    }

    /// Fences the producers of `transactional_ids`: their open transactions are aborted, and whatever they send is
    /// refused until they start anew.
    pub async fn fence_producers(
        &self,
        transactional_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, ()> {
        let ids = transactional_ids.into_iter().map(Into::into);
        self.each_by_coordinator(
            CoordinatorKind::Transaction,
            ids,
            move |target, ids: Vec<String>, timeout_ms| async move {
                let mut results = Results::new();
                for id in ids {
                    let request = InitProducerIdRequest {
                        transactional_id: Some(id.clone().into()),
                        transaction_timeout_ms: timeout_ms.max(1),
                        ..Default::default()
                    };
                    let fenced = match self.send(target, request).await {
                        Ok(answer) => refusal_of(answer.error_code, Subject::Named("transactional id", &id)),
                        Err(error) => Err(error),
                    };
                    results.insert(id, fenced);
                }
                Ok(results)
            },
        )
        .await
    }
}

fn producer(producer: ProducerState<'_>) -> ActiveProducer {
    ActiveProducer {
        producer_id: producer.producer_id,
        producer_epoch: producer.producer_epoch,
        last_sequence: (producer.last_sequence >= 0).then_some(producer.last_sequence),
        last_timestamp_ms: producer.last_timestamp,
        coordinator_epoch: (producer.coordinator_epoch >= 0).then_some(producer.coordinator_epoch),
        transaction_start_offset: (producer.current_txn_start_offset >= 0)
            .then_some(producer.current_txn_start_offset),
    }
}

fn described(state: TransactionState<'_>, coordinator: Option<i32>) -> Result<TransactionDescription, Error> {
    refusal_of(state.error_code, Subject::Named("transactional id", &state.transactional_id))?;
    let partitions = state.topics.into_iter().flat_map(|topic| {
        let name: std::sync::Arc<str> = topic.topic.into();
        topic.partitions.into_iter().map(move |partition| TopicPartition::new(name.clone(), partition))
    });
    Ok(TransactionDescription {
        transactional_id: state.transactional_id.into_owned(),
        coordinator: coordinator.unwrap_or(-1),
        state: state.transaction_state.into_owned(),
        producer_id: state.producer_id,
        producer_epoch: state.producer_epoch,
        timeout_ms: state.transaction_timeout_ms,
        start_ms: (state.transaction_start_time_ms >= 0).then_some(state.transaction_start_time_ms),
        partitions: partitions.collect(),
    })
}
