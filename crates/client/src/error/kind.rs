//! The ways in which a client fails, with their data, and which of them a retry can mend.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::records::{BatchError, RecordError};
use jackdaw_protocol::wire::{DecodeError, EncodeError};

use super::SecurityMismatch;
use crate::config::ConfigError;
use crate::security::{AuthenticationError, TlsError};

/// What went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A broker answered with an error.
    Broker {
        /// Kafka's error.
        code: ErrorCode,
        /// Its number, which says more where `code` is not known to us.
        number: i16,
        /// What the broker adds.
        message: Option<Arc<str>>,
    },
    /// No connection: refused, not found, reset.
    Connect(Arc<io::Error>),
    /// The broker's listener seems to expect another `security.protocol`.
    SecurityMismatch(SecurityMismatch),
    /// A connection could not be secured.
    Tls(TlsError),
    /// The broker does not believe who we say we are, or nothing could be said.
    Authentication(AuthenticationError),
    /// The connection ended before the answer came; the broker may have done what was asked.
    Disconnected,
    /// No answer in time; the broker may have done what was asked.
    RequestTimeout {
        /// After so long.
        after: Duration,
    },
    /// What was waited for did not happen in time.
    Timeout {
        /// What it was, as in "timed out while waiting for …".
        waiting_for: &'static str,
        /// After so long.
        after: Duration,
    },
    /// None of the brokers could be reached; the last one's error.
    NoBroker(Option<Box<crate::error::Error>>),
    /// Nobody in the cluster's metadata has this node id.
    UnknownBroker,
    /// The partition has no leader now.
    LeaderNotAvailable,
    /// The topic or partition is not in the metadata.
    UnknownTopicOrPartition,
    /// The broker speaks no version of an API that can carry the request.
    UnsupportedVersion {
        /// The API.
        api: ApiKey,
        /// What would have to be spoken, as in "version 4 or newer".
        needed: (i16, i16),
        /// What the broker speaks, if it knows the API at all.
        offered: Option<(i16, i16)>,
    },
    /// A setting is wrong.
    Config(ConfigError),
    /// An answer is not what the protocol says.
    Decode(DecodeError),
    /// A request cannot be written in the version that both sides speak.
    Encode(EncodeError),
    /// An answer is well-formed and makes no sense.
    InvalidAnswer(&'static str),
    /// A frame is larger than allowed.
    FrameTooLarge {
        /// The size it claims.
        size_bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A fetched batch is damaged.
    Batch(BatchError),
    /// A record of a fetched batch is damaged.
    Record(RecordError),
    /// The CRC of a fetched batch does not match its bytes.
    CorruptBatch {
        /// Its base offset.
        base_offset: i64,
    },
    /// The log was cut below the consumer's place (KIP-320): records that were handed out are no longer there. Told where
    /// `auto.offset.reset` is `none`; else the consumer goes on where the log is what it was.
    LogTruncated {
        /// Where the consumer is.
        position: i64,
        /// Up to where the log is what it was: to be sought, in order to go on there. `None` if the broker cannot tell.
        diverges_at: Option<i64>,
    },
    /// The topic was deleted, and another one with its name created: what was said is about the old one.
    TopicRecreated,
    /// A record is larger than `max.request.size` or `buffer.memory` allow.
    RecordTooLarge {
        /// Its size with everything around it.
        size_bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// There is no room now, and the call does not wait.
    BufferFull,
    /// Too many requests wait on one connection.
    TooManyRequests,
    /// The client was closed.
    Closed,
    /// The call does not fit the state of the client, as in "no transaction has begun".
    InvalidState(&'static str),
    /// A newer producer with the same transactional id, or a newer member with the same id, has taken over.
    Fenced,
    /// The transaction can only be aborted.
    TransactionAborted(Option<Box<crate::error::Error>>),
    /// An earlier error that nothing mends: make a new client.
    Fatal(Box<crate::error::Error>),
    /// Something a user gave is wrong, as in "a pattern that is no regular expression".
    InvalidArgument(Arc<str>),
    /// The cluster, or this client, cannot do that.
    Unsupported(&'static str),
}

impl ErrorKind {
    /// See [`crate::Error::is_retriable`].
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Broker { code, .. } => code.is_retriable(),
            Self::NoBroker(cause) => cause.as_ref().is_none_or(|cause| cause.is_retriable()),
            Self::SecurityMismatch(mismatch) => mismatch.is_end(),
            Self::Authentication(error) => error.is_retriable(),
            Self::Connect(_)
            | Self::Disconnected
            | Self::RequestTimeout { .. }
            | Self::Timeout { .. }
            | Self::UnknownBroker
            | Self::LeaderNotAvailable
            | Self::UnknownTopicOrPartition
            | Self::BufferFull
            | Self::TooManyRequests
            | Self::CorruptBatch { .. } => true,
            Self::UnsupportedVersion { .. }
            | Self::Config(_)
            | Self::Tls(_)
            | Self::Decode(_)
            | Self::Encode(_)
            | Self::InvalidAnswer(_)
            | Self::FrameTooLarge { .. }
            | Self::Batch(_)
            | Self::Record(_)
            | Self::RecordTooLarge { .. }
            | Self::LogTruncated { .. }
            | Self::TopicRecreated
            | Self::Closed
            | Self::InvalidState(_)
            | Self::Fenced
            | Self::TransactionAborted(_)
            | Self::Fatal(_)
            | Self::InvalidArgument(_)
            | Self::Unsupported(_) => false,
        }
    }

    pub(super) fn is_disconnect(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Disconnected | Self::RequestTimeout { .. } => true,
            Self::SecurityMismatch(mismatch) => mismatch.is_end(),
            _ => false,
        }
    }

    pub(super) fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error.as_ref()),
            Self::Config(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Authentication(error) => Some(error),
            Self::Decode(error) => Some(error),
            Self::Encode(error) => Some(error),
            Self::Batch(error) => Some(error),
            Self::Record(error) => Some(error),
            Self::NoBroker(Some(error)) | Self::TransactionAborted(Some(error)) | Self::Fatal(error) => {
                Some(error.as_ref())
            }
            _ => None,
        }
    }
}

impl From<SecurityMismatch> for ErrorKind {
    fn from(mismatch: SecurityMismatch) -> Self {
        Self::SecurityMismatch(mismatch)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker { code, number, message } => {
                write!(f, "{code}")?;
                if code.code() != *number {
                    write!(f, " (code {number}, of a newer Kafka)")?;
                }
                message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
            Self::Connect(error) => write!(f, "cannot connect: {error}"),
            Self::SecurityMismatch(mismatch) => mismatch.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Authentication(error) => error.fmt(f),
            Self::Disconnected => f.write_str("the connection ended before the answer came"),
            Self::RequestTimeout { after } => write!(f, "no answer within {} ms", after.as_millis()),
            Self::Timeout { waiting_for, after } => {
                write!(f, "timed out after {} ms while waiting for {waiting_for}", after.as_millis())
            }
            Self::NoBroker(None) => f.write_str("no broker can be reached"),
            Self::NoBroker(Some(cause)) => write!(f, "no broker can be reached: {cause}"),
            Self::UnknownBroker => f.write_str("no such broker in the cluster"),
            Self::LeaderNotAvailable => f.write_str("the partition has no leader now"),
            Self::UnknownTopicOrPartition => f.write_str("no such topic or partition"),
            Self::UnsupportedVersion { api, needed: (low, high), offered: None } => {
                write!(f, "the broker does not know {api} (versions {low} to {high} would do)")
            }
            Self::UnsupportedVersion { api, needed: (low, high), offered: Some((from, to)) } => write!(
                f,
                "the broker speaks {api} in versions {from} to {to}, needed is one of {low} to {high}"
            ),
            Self::Config(error) => error.fmt(f),
            Self::Decode(error) => write!(f, "an answer cannot be read: {error}"),
            Self::Encode(error) => {
                write!(f, "the broker's version of the protocol cannot carry this: {error}")
            }
            Self::InvalidAnswer(what) => write!(f, "an answer makes no sense: {what}"),
            Self::FrameTooLarge { size_bytes, bytes_max } => {
                write!(f, "a frame of {size_bytes} bytes is larger than {bytes_max}")
            }
            Self::Batch(error) => error.fmt(f),
            Self::Record(error) => error.fmt(f),
            Self::CorruptBatch { base_offset } => {
                write!(f, "the batch at offset {base_offset} does not match its CRC")
            }
            Self::LogTruncated { position, diverges_at } => {
                write!(f, "the log was cut below offset {position}")?;
                diverges_at.map_or(Ok(()), |offset| write!(f, "; it is unchanged up to {offset}"))
            }
            Self::TopicRecreated => {
                f.write_str("the topic was deleted and created again: this is about the old one")
            }
            Self::RecordTooLarge { size_bytes, bytes_max } => {
                write!(f, "a record of {size_bytes} bytes is larger than the limit of {bytes_max}")
            }
            Self::BufferFull => f.write_str("the buffer is full"),
            Self::TooManyRequests => f.write_str("too many requests wait on the connection"),
            Self::Closed => f.write_str("the client is closed"),
            Self::InvalidState(what) => f.write_str(what),
            Self::Fenced => f.write_str("fenced: a newer instance has taken over"),
            Self::TransactionAborted(None) => f.write_str("the transaction has been aborted"),
            Self::TransactionAborted(Some(cause)) => write!(f, "the transaction must be aborted: {cause}"),
            Self::Fatal(cause) => write!(f, "the client cannot go on after an earlier error: {cause}"),
            Self::InvalidArgument(what) => f.write_str(what),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}
