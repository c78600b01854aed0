//! The bytes of the records of `__consumer_offsets`: a key's first two bytes say what it is about (KIP-848's numbers
//! among them), a value's first two its version. Byte for byte as Kafka 4.3 writes them.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey;
use jackdaw_protocol::messages::consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey;
use jackdaw_protocol::messages::consumer_group_metadata_key::ConsumerGroupMetadataKey;
use jackdaw_protocol::messages::consumer_group_partition_metadata_key::ConsumerGroupPartitionMetadataKey;
use jackdaw_protocol::messages::consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey;
use jackdaw_protocol::messages::consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey;
use jackdaw_protocol::messages::consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey;
use jackdaw_protocol::messages::group_metadata_key::GroupMetadataKey;
use jackdaw_protocol::messages::legacy_offset_commit_key::LegacyOffsetCommitKey;
use jackdaw_protocol::messages::offset_commit_key::OffsetCommitKey;
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;
use jackdaw_protocol::wire::{DecodeError, EncodeError, Reader, Writer};

use super::GroupRecord;

/// What a record takes in a batch beside its key and its value, at most.
pub const RECORD_OVERHEAD_BYTES: usize = 32;

/// Only one version of every key exists.
const KEY_BODY_VERSION: i16 = 0;

/// Kafka 4.3 still writes the last version without tagged fields.
const CLASSIC_VALUE_VERSION: i16 = 3;

/// Since topic ids are written with offsets.
const OFFSET_VALUE_VERSION: i16 = 4;

/// The one version that has the time of expiry.
const EXPIRING_OFFSET_VALUE_VERSION: i16 = 1;

/// Values of consumer groups.
const CONSUMER_VALUE_VERSION: i16 = 0;

/// A record as bytes; a tombstone has no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodedRecord {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Option<Vec<u8>>,
}

/// Why a record is skipped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeRecordError {
    /// Nobody writes these.
    #[error("the record has no key")]
    NoKey,
    /// A record of another kind of group (share groups, streams groups), or of a later Kafka.
    #[error("the key has type {0}, which is not one of classic and consumer groups")]
    UnknownKey(i16),
    /// Key or value cannot be read.
    #[error("{part} of a record with key type {key_type}: {error}")]
    Malformed {
        /// The key's type.
        key_type: i16,
        /// `key` or `value`.
        part: &'static str,
        /// What is wrong.
        error: DecodeError,
    },
}

/// Reads a record. Bytes behind the end of a key or a value are ignored, as Kafka does.
///
/// # Errors
/// See [`DecodeRecordError`]; such records are skipped.
pub fn decode(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<GroupRecord, DecodeRecordError> {
    let mut reader = Reader::new(key.ok_or(DecodeRecordError::NoKey)?);
    let key_type =
        reader.i16().map_err(|error| DecodeRecordError::Malformed { key_type: -1, part: "key", error })?;
    let malformed = |part| move |error| DecodeRecordError::Malformed { key_type, part, error };
    read(&mut reader, key_type, value.map(Reader::new)).map_err(|error| match error {
        ReadError::Key(error) => malformed("key")(error),
        ReadError::Value(error) => malformed("value")(error),
        ReadError::UnknownKey => DecodeRecordError::UnknownKey(key_type),
    })
}

enum ReadError {
    Key(DecodeError),
    Value(DecodeError),
    UnknownKey,
}

fn read(key: &mut Reader<'_>, key_type: i16, value: Option<Reader<'_>>) -> Result<GroupRecord, ReadError> {
    Ok(match key_type {
        LegacyOffsetCommitKey::RECORD_TYPE | OffsetCommitKey::RECORD_TYPE => {
            let key: OffsetCommitKey<'_> = read_key(key)?;
            let (group, topic) = (Arc::from(key.group.as_ref()), Arc::from(key.topic.as_ref()));
            let value = value.map(read_value::<OffsetCommitValue<'_>>).transpose()?;
            GroupRecord::Offset {
                group,
                topic,
                partition: key.partition,
                value: value.map(Message::into_owned),
            }
        }
        GroupMetadataKey::RECORD_TYPE => {
            let key: GroupMetadataKey<'_> = read_key(key)?;
            GroupRecord::Classic { group: Arc::from(key.group.as_ref()), value: read_owned(value)? }
        }
        ConsumerGroupMetadataKey::RECORD_TYPE => {
            let key: ConsumerGroupMetadataKey<'_> = read_key(key)?;
            GroupRecord::Consumer { group: Arc::from(key.group_id.as_ref()), value: read_owned(value)? }
        }
        ConsumerGroupPartitionMetadataKey::RECORD_TYPE => {
            let key: ConsumerGroupPartitionMetadataKey<'_> = read_key(key)?;
            GroupRecord::ConsumerPartitionMetadata {
                group: Arc::from(key.group_id.as_ref()),
                value: read_owned(value)?,
            }
        }
        ConsumerGroupTargetAssignmentMetadataKey::RECORD_TYPE => {
            let key: ConsumerGroupTargetAssignmentMetadataKey<'_> = read_key(key)?;
            GroupRecord::TargetMetadata { group: Arc::from(key.group_id.as_ref()), value: read_owned(value)? }
        }
        ConsumerGroupRegularExpressionKey::RECORD_TYPE => {
            let key: ConsumerGroupRegularExpressionKey<'_> = read_key(key)?;
            GroupRecord::RegularExpression {
                group: Arc::from(key.group_id.as_ref()),
                regex: Arc::from(key.regular_expression.as_ref()),
                value: read_owned(value)?,
            }
        }
        _ => return read_of_member(key, key_type, value),
    })
}

/// Records whose key is a group and a member.
fn read_of_member(
    key: &mut Reader<'_>,
    key_type: i16,
    value: Option<Reader<'_>>,
) -> Result<GroupRecord, ReadError> {
    Ok(match key_type {
        ConsumerGroupMemberMetadataKey::RECORD_TYPE => {
            let key: ConsumerGroupMemberMetadataKey<'_> = read_key(key)?;
            let (group, member) = (Arc::from(key.group_id.as_ref()), Arc::from(key.member_id.as_ref()));
            GroupRecord::ConsumerMember { group, member, value: read_owned(value)? }
        }
        ConsumerGroupTargetAssignmentMemberKey::RECORD_TYPE => {
            let key: ConsumerGroupTargetAssignmentMemberKey<'_> = read_key(key)?;
            let (group, member) = (Arc::from(key.group_id.as_ref()), Arc::from(key.member_id.as_ref()));
            GroupRecord::TargetMember { group, member, value: read_owned(value)? }
        }
        ConsumerGroupCurrentMemberAssignmentKey::RECORD_TYPE => {
            let key: ConsumerGroupCurrentMemberAssignmentKey<'_> = read_key(key)?;
            let (group, member) = (Arc::from(key.group_id.as_ref()), Arc::from(key.member_id.as_ref()));
            GroupRecord::CurrentAssignment { group, member, value: read_owned(value)? }
        }
        _ => return Err(ReadError::UnknownKey),
    })
}

fn read_key<'a, M: Message<'a>>(reader: &mut Reader<'a>) -> Result<M, ReadError> {
    M::decode(reader, KEY_BODY_VERSION).map_err(ReadError::Key)
}

fn read_value<'a, M: Message<'a>>(mut reader: Reader<'a>) -> Result<M, ReadError> {
    let version = reader.i16().map_err(ReadError::Value)?;
    M::decode(&mut reader, version).map_err(ReadError::Value)
}

/// A value that borrows nothing any more; `O` is the same message with any lifetime.
fn read_owned<O>(reader: Option<Reader<'_>>) -> Result<Option<O>, ReadError>
where
    O: OwnedValue,
{
    reader.map(O::read).transpose()
}

/// Values that can be read and then owned.
trait OwnedValue: Sized {
    fn read(reader: Reader<'_>) -> Result<Self, ReadError>;
}

macro_rules! owned_values {
    ($($module:ident::$value:ident,)*) => {
        $(impl OwnedValue for jackdaw_protocol::messages::$module::$value<'static> {
            fn read(reader: Reader<'_>) -> Result<Self, ReadError> {
                read_value::<jackdaw_protocol::messages::$module::$value<'_>>(reader).map(Message::into_owned)
            }
        })*
    };
}

owned_values! {
    group_metadata_value::GroupMetadataValue,
    consumer_group_metadata_value::ConsumerGroupMetadataValue,
    consumer_group_partition_metadata_value::ConsumerGroupPartitionMetadataValue,
    consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue,
    consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue,
    consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue,
    consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue,
    consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue,
}

/// What is done with the parts of a record: written, or measured.
trait Parts {
    fn key<'a, M: Message<'a>>(&mut self, key_type: i16, key: &M) -> Result<(), EncodeError>;
    fn value<'a, M: Message<'a>>(&mut self, version: i16, value: Option<&M>) -> Result<(), EncodeError>;
}

/// The bytes of a record.
///
/// # Errors
/// A string that is too long for its field.
pub fn encode(record: &GroupRecord) -> Result<EncodedRecord, EncodeError> {
    let mut bytes = EncodedRecord { key: Vec::new(), value: None };
    visit(record, &mut bytes)?;
    Ok(bytes)
}

/// How many bytes a record takes in a batch, at most. One that cannot be written takes more than every batch has.
pub fn size_bytes(record: &GroupRecord) -> usize {
    let mut size = Measured(RECORD_OVERHEAD_BYTES);
    match visit(record, &mut size) {
        Ok(()) => size.0,
        Err(_) => usize::MAX / 2,
    }
}

impl Parts for EncodedRecord {
    fn key<'a, M: Message<'a>>(&mut self, key_type: i16, key: &M) -> Result<(), EncodeError> {
        self.key = with_number(key_type, key, KEY_BODY_VERSION)?;
        Ok(())
    }

    fn value<'a, M: Message<'a>>(&mut self, version: i16, value: Option<&M>) -> Result<(), EncodeError> {
        self.value = value.map(|value| with_number(version, value, version)).transpose()?;
        Ok(())
    }
}

fn with_number<'a, M: Message<'a>>(number: i16, message: &M, version: i16) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    writer.bytes.extend_from_slice(&number.to_be_bytes());
    message.encode(&mut writer, version)?;
    Ok(writer.bytes)
}

/// Bytes counted so far.
struct Measured(usize);

impl Parts for Measured {
    fn key<'a, M: Message<'a>>(&mut self, _key_type: i16, key: &M) -> Result<(), EncodeError> {
        self.0 += size_of::<i16>() + key.encoded_size(KEY_BODY_VERSION)?;
        Ok(())
    }

    fn value<'a, M: Message<'a>>(&mut self, version: i16, value: Option<&M>) -> Result<(), EncodeError> {
        if let Some(value) = value {
            self.0 += size_of::<i16>() + value.encoded_size(version)?;
        }
        Ok(())
    }
}

fn visit(record: &GroupRecord, parts: &mut impl Parts) -> Result<(), EncodeError> {
    match record {
        GroupRecord::Offset { group, topic, partition, value } => {
            let key = OffsetCommitKey {
                group: group.as_ref().into(),
                topic: topic.as_ref().into(),
                partition: *partition,
            };
            parts.key(OffsetCommitKey::RECORD_TYPE, &key)?;
            let has_expiry = value.as_ref().is_some_and(|value| value.expire_timestamp >= 0);
            let version = if has_expiry { EXPIRING_OFFSET_VALUE_VERSION } else { OFFSET_VALUE_VERSION };
            parts.value(version, value.as_ref())
        }
        GroupRecord::Classic { group, value } => {
            let key = GroupMetadataKey { group: group.as_ref().into() };
            parts.key(GroupMetadataKey::RECORD_TYPE, &key)?;
            parts.value(CLASSIC_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::Consumer { group, value } => {
            let key = ConsumerGroupMetadataKey { group_id: group.as_ref().into() };
            parts.key(ConsumerGroupMetadataKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::ConsumerPartitionMetadata { group, value } => {
            let key = ConsumerGroupPartitionMetadataKey { group_id: group.as_ref().into() };
            parts.key(ConsumerGroupPartitionMetadataKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::TargetMetadata { group, value } => {
            let key = ConsumerGroupTargetAssignmentMetadataKey { group_id: group.as_ref().into() };
            parts.key(ConsumerGroupTargetAssignmentMetadataKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::RegularExpression { group, regex, value } => {
            let key = ConsumerGroupRegularExpressionKey {
                group_id: group.as_ref().into(),
                regular_expression: regex.as_ref().into(),
            };
            parts.key(ConsumerGroupRegularExpressionKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::ConsumerMember { .. }
        | GroupRecord::TargetMember { .. }
        | GroupRecord::CurrentAssignment { .. } => visit_of_member(record, parts),
    }
}

/// Records whose key is a group and a member.
fn visit_of_member(record: &GroupRecord, parts: &mut impl Parts) -> Result<(), EncodeError> {
    match record {
        GroupRecord::ConsumerMember { group, member, value } => {
            let (group_id, member_id) = (group.as_ref().into(), member.as_ref().into());
            let key = ConsumerGroupMemberMetadataKey { group_id, member_id };
            parts.key(ConsumerGroupMemberMetadataKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::TargetMember { group, member, value } => {
            let (group_id, member_id) = (group.as_ref().into(), member.as_ref().into());
            let key = ConsumerGroupTargetAssignmentMemberKey { group_id, member_id };
            parts.key(ConsumerGroupTargetAssignmentMemberKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        GroupRecord::CurrentAssignment { group, member, value } => {
            let (group_id, member_id) = (group.as_ref().into(), member.as_ref().into());
            let key = ConsumerGroupCurrentMemberAssignmentKey { group_id, member_id };
            parts.key(ConsumerGroupCurrentMemberAssignmentKey::RECORD_TYPE, &key)?;
            parts.value(CONSUMER_VALUE_VERSION, value.as_ref())
        }
        _ => Ok(()),
    }
}
