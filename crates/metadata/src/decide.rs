//! Deciders: pure functions of an image and a request to records and an answer (rule of the house: decide, append,
//! replay). The answer is true once the records are committed (M2). Wire structs stop at the caller (A3).

pub mod alter_configs;
pub mod alter_partition;
pub mod assign_directories;
pub mod bootstrap;
pub mod broker_lifecycle;
mod chance;
mod context;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_topics;
pub mod elect_leaders;
mod election;
mod manual_assignment;
mod partition_change;
mod placement;
pub mod producer_ids;
pub mod reassignments;
pub mod register_broker;
pub mod register_controller;
pub mod unregister_broker;
pub mod update_features;

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_base::topic_name::{TOPIC_NAME_LENGTH_MAX, TopicNameError, check_topic_name};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use crate::image::{Broker, Image};

pub use chance::Chance;
pub use context::{Context, Via};

/// How many records one decision may have: they are appended as one batch, all or nothing.
pub const RECORDS_PER_DECISION_MAX: usize = 10_000;

/// What is to be appended, and what is to be answered when it is committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<A> {
    /// The records, in their order. Their versions are those of [`crate::MetadataVersion::record_version`].
    pub records: Vec<MetadataRecord<'static>>,
    /// The answer.
    pub answer: A,
}

impl<A> Decision<A> {
    /// An answer that needs no records.
    pub fn only(answer: A) -> Self {
        Self { records: Vec::new(), answer }
    }
}

/// Whether a request is to be carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Yes.
    Apply,
    /// It is checked and answered as if, but nothing is written.
    ValidateOnly,
}

impl Mode {
    fn keep(self, records: Vec<MetadataRecord<'static>>) -> Vec<MetadataRecord<'static>> {
        match self {
            Self::Apply => records,
            Self::ValidateOnly => Vec::new(),
        }
    }
}

/// More records than [`RECORDS_PER_DECISION_MAX`]: the whole request is refused (POLICY_VIOLATION).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("Unable to perform excessively large batch operation.")]
pub struct TooManyRecords;

impl TooManyRecords {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        ErrorCode::PolicyViolation
    }

    fn check(records: &[MetadataRecord<'static>]) -> Result<(), Self> {
        if records.len() > RECORDS_PER_DECISION_MAX { Err(Self) } else { Ok(()) }
    }
}

/// A topic name that is not allowed (INVALID_TOPIC_EXCEPTION).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidTopicName {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub error: TopicNameError,
}

impl InvalidTopicName {
    fn check(name: &str) -> Result<(), Self> {
        check_topic_name(name).map_err(|error| Self { name: name.to_owned(), error })
    }
}

impl std::fmt::Display for InvalidTopicName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, error } = self;
        f.write_str("Topic name is invalid: ")?;
        match error {
            TopicNameError::Empty | TopicNameError::Dots => error.fmt(f),
            TopicNameError::TooLong => {
                write!(
                    f,
                    "the length of '{name}' is longer than the max allowed length {TOPIC_NAME_LENGTH_MAX}"
                )
            }
            TopicNameError::IllegalCharacter => write!(
                f,
                "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
            ),
        }
    }
}

impl std::error::Error for InvalidTopicName {}

/// A request whose broker epoch is not that of the broker's registration (STALE_BROKER_EPOCH).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StaleBroker {
    /// No such broker is registered.
    #[error("No broker registration found for broker id {0}")]
    NotRegistered(NodeId),
    /// Its registration has another epoch.
    #[error("Expected broker epoch {expected}, but got broker epoch {given}")]
    WrongEpoch {
        /// That of the registration.
        expected: i64,
        /// That of the request.
        given: i64,
    },
}

impl StaleBroker {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        ErrorCode::StaleBrokerEpoch
    }

    fn check(image: &Image, broker: NodeId, given: i64) -> Result<&Arc<Broker>, Self> {
        let registration = image.cluster.broker(broker).ok_or(Self::NotRegistered(broker))?;
        match registration.epoch == given {
            true => Ok(registration),
            false => Err(Self::WrongEpoch { expected: registration.epoch, given }),
        }
    }
}

#[cfg(test)]
mod tests;
