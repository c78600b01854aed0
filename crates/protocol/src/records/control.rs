//! Control records: the markers that end transactions (KIP-98) and what the quorum writes about itself (KIP-595,
//! KIP-630, KIP-853). The quorum's bodies are messages; here they are bytes.

use super::Record;

/// What a control record says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ControlRecordType {
    /// A transaction of the batch's producer was aborted.
    Abort,
    /// A transaction of the batch's producer was committed.
    Commit,
    /// A `LeaderChangeMessage`.
    LeaderChange,
    /// A `SnapshotHeaderRecord`.
    SnapshotHeader,
    /// A `SnapshotFooterRecord`.
    SnapshotFooter,
    /// A `KRaftVersionRecord`.
    KRaftVersion,
    /// A `VotersRecord`.
    KRaftVoters,
    /// A type of a later release, to be skipped.
    Unknown(i16),
}

impl ControlRecordType {
    /// The number in the record's key.
    pub fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KRaftVersion => 5,
            Self::KRaftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// The type with this number.
    pub fn from_id(id: i16) -> Self {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            id => Self::Unknown(id),
        }
    }
}

/// Why a record is no control record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ControlRecordError {
    /// The key is missing or shorter than version and type.
    #[error("a control record's key is cut off")]
    KeyTruncated,
    /// The key's or the value's version is negative.
    #[error("a control record has the version {version}")]
    InvalidVersion {
        /// The version field.
        version: i16,
    },
    /// There is no value, or it is shorter than its fields.
    #[error("a control record's value is cut off")]
    ValueTruncated,
    /// The record ends no transaction.
    #[error("a control record of type {id} ends no transaction")]
    NoEndMarker {
        /// The number of its type.
        id: i16,
    },
}

/// A control record: type, version of the key, and the value's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlRecord<'b> {
    /// What it says.
    pub record_type: ControlRecordType,
    /// The version of the key, 0 so far.
    pub key_version: i16,
    /// The value: a message for the quorum's types, an [`EndTransactionMarker`] for commit and abort.
    pub body: &'b [u8],
}

impl<'b> ControlRecord<'b> {
    /// A control record as this release writes it.
    pub fn new(record_type: ControlRecordType, body: &'b [u8]) -> Self {
        Self { record_type, key_version: 0, body }
    }

    /// Reads key and value of a record of a control batch.
    pub fn from_record(record: &Record<'b>) -> Result<Self, ControlRecordError> {
        let (key_version, record_type) = Self::decode_key(record.key)?;
        Ok(Self { record_type, key_version, body: record.value.ok_or(ControlRecordError::ValueTruncated)? })
    }

    /// Reads version and type from a key. Later versions may add fields behind them.
    pub fn decode_key(key: Option<&[u8]>) -> Result<(i16, ControlRecordType), ControlRecordError> {
        let Some([v1, v0, t1, t0, ..]) = key else { return Err(ControlRecordError::KeyTruncated) };
        let version = i16::from_be_bytes([*v1, *v0]);
        match version {
            0.. => Ok((version, ControlRecordType::from_id(i16::from_be_bytes([*t1, *t0])))),
            _ => Err(ControlRecordError::InvalidVersion { version }),
        }
    }

    /// The key.
    pub fn encode_key(&self) -> [u8; 4] {
        let [v1, v0] = self.key_version.to_be_bytes();
        let [t1, t0] = self.record_type.id().to_be_bytes();
        [v1, v0, t1, t0]
    }

    /// The body of a commit or an abort.
    pub fn end_marker(&self) -> Result<EndTransactionMarker, ControlRecordError> {
        match self.record_type {
            ControlRecordType::Abort | ControlRecordType::Commit => EndTransactionMarker::decode(self.body),
            other => Err(ControlRecordError::NoEndMarker { id: other.id() }),
        }
    }
}

/// The value of a commit or an abort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndTransactionMarker {
    /// The version of the value, 0 so far.
    pub version: i16,
    /// The leader epoch of the coordinator that wrote it, which fences older coordinators.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// A marker as this release writes it.
    pub fn new(coordinator_epoch: i32) -> Self {
        Self { version: 0, coordinator_epoch }
    }

    /// Reads the value. Later versions may add fields behind the ones we know.
    pub fn decode(value: &[u8]) -> Result<Self, ControlRecordError> {
        let [v1, v0, e3, e2, e1, e0, ..] = value else { return Err(ControlRecordError::ValueTruncated) };
        let version = i16::from_be_bytes([*v1, *v0]);
        match version {
            0.. => {
                let coordinator_epoch = i32::from_be_bytes([*e3, *e2, *e1, *e0]);
                Ok(Self { version, coordinator_epoch })
            }
            _ => Err(ControlRecordError::InvalidVersion { version }),
        }
    }

    /// The value.
    pub fn encode(&self) -> [u8; 6] {
        let [v1, v0] = self.version.to_be_bytes();
        let [e3, e2, e1, e0] = self.coordinator_epoch.to_be_bytes();
        [v1, v0, e3, e2, e1, e0]
    }
}
