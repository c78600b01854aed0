//! Why a record cannot be applied. In a committed log that means corruption or a newer writer; the caller stops.

use jackdaw_base::{NodeId, Offset, PartitionIndex, TopicId, Uuid};

/// A record that contradicts the image.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The offset does not rise.
    #[error("the record at offset {offset} comes after the one at {last}")]
    OffsetNotRising {
        /// Of this record.
        offset: Offset,
        /// Of the record before.
        last: Offset,
    },
    /// A topic with this id exists.
    #[error("a topic with the id {id} exists already")]
    TopicIdExists {
        /// The id.
        id: TopicId,
    },
    /// A topic with this name exists.
    #[error("a topic with the name {name} exists already")]
    TopicNameExists {
        /// The name.
        name: String,
    },
    /// No topic has this id.
    #[error("there is no topic with the id {id}")]
    UnknownTopicId {
        /// The id.
        id: TopicId,
    },
    /// No topic has this name.
    #[error("there is no topic with the name {name}")]
    UnknownTopicName {
        /// The name.
        name: String,
    },
    /// The topic has no such partition.
    #[error("the topic {id} has no partition {index}")]
    UnknownPartition {
        /// The topic.
        id: TopicId,
        /// The partition.
        index: PartitionIndex,
    },
    /// The partition's directories do not match its replicas, or its recovery state is unknown.
    #[error("the record of partition {index} of topic {id} contradicts itself")]
    MalformedPartition {
        /// The topic.
        id: TopicId,
        /// The partition.
        index: PartitionIndex,
    },
    /// No such broker is registered.
    #[error("broker {id} is not registered")]
    UnknownBroker {
        /// The broker.
        id: NodeId,
    },
    /// The record is about another registration of the broker.
    #[error("broker {id} has the epoch {current}, not {epoch}")]
    StaleBrokerEpoch {
        /// The broker.
        id: NodeId,
        /// The record's epoch.
        epoch: i64,
        /// The epoch of its registration.
        current: i64,
    },
    /// A fencing change that we do not know.
    #[error("broker {id}: unknown fencing change {value}")]
    UnknownFencing {
        /// The broker.
        id: NodeId,
        /// The record's value.
        value: i8,
    },
    /// A change of controlled shutdown that we do not know.
    #[error("broker {id}: unknown controlled shutdown change {value}")]
    UnknownControlledShutdown {
        /// The broker.
        id: NodeId,
        /// The record's value.
        value: i8,
    },
    /// A `metadata.version` that this software does not work with.
    #[error("metadata.version {level} is not supported")]
    UnknownMetadataVersion {
        /// The level.
        level: i16,
    },
    /// No ACL has this id.
    #[error("there is no ACL with the id {id}")]
    UnknownAcl {
        /// The id.
        id: Uuid,
    },
    /// A SCRAM mechanism that we do not know.
    #[error("unknown SCRAM mechanism {code}")]
    UnknownScramMechanism {
        /// The code.
        code: i8,
    },
    /// A transaction begins within a transaction.
    #[error("a transaction begins at offset {offset} while that of offset {open} is open")]
    TransactionOpen {
        /// Where it begins.
        offset: Offset,
        /// Where the open one began.
        open: Offset,
    },
    /// A transaction ends that never began.
    #[error("a transaction ends at offset {offset}, but none is open")]
    NoTransaction {
        /// Where it ends.
        offset: Offset,
    },
}
