//! What the records of a log say: text, or the records of Kafka's internal topics as JSON, as `kafka-dump-log` shows them.

use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::records::Record;
use jackdaw_protocol::schema::{self, SchemaError, Tagged};
use jackdaw_protocol::varint::take_unsigned_varint;
use serde_json::{Value, json};

/// How keys and values are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decoder {
    /// As text.
    Text,
    /// `__consumer_offsets`.
    Offsets,
    /// `__transaction_state`.
    Transactions,
    /// `__cluster_metadata`.
    ClusterMetadata,
    /// `__share_group_state`.
    ShareGroupState,
}

/// Key and value as they are printed; `None` is not printed at all.
pub type Shown = (Option<String>, Option<String>);

/// The records of the group coordinator by the type in their key.
const GROUP_RECORDS: [(i16, &str); 24] = [
    (0, "LegacyOffsetCommit"),
    (1, "OffsetCommit"),
    (2, "GroupMetadata"),
    (3, "ConsumerGroupMetadata"),
    (4, "ConsumerGroupPartitionMetadata"),
    (5, "ConsumerGroupMemberMetadata"),
    (6, "ConsumerGroupTargetAssignmentMetadata"),
    (7, "ConsumerGroupTargetAssignmentMember"),
    (8, "ConsumerGroupCurrentMemberAssignment"),
    (9, "ShareGroupPartitionMetadata"),
    (10, "ShareGroupMemberMetadata"),
    (11, "ShareGroupMetadata"),
    (12, "ShareGroupTargetAssignmentMetadata"),
    (13, "ShareGroupTargetAssignmentMember"),
    (14, "ShareGroupCurrentMemberAssignment"),
    (15, "ShareGroupStatePartitionMetadata"),
    (16, "ConsumerGroupRegularExpression"),
    (17, "StreamsGroupMetadata"),
    (18, "StreamsGroupPartitionMetadata"),
    (19, "StreamsGroupMemberMetadata"),
    (20, "StreamsGroupTargetAssignmentMetadata"),
    (21, "StreamsGroupTargetAssignmentMember"),
    (22, "StreamsGroupCurrentMemberAssignment"),
    (23, "StreamsGroupTopology"),
];
const TRANSACTION_RECORDS: [(i16, &str); 1] = [(0, "TransactionLog")];
const SHARE_RECORDS: [(i16, &str); 2] = [(0, "ShareSnapshot"), (1, "ShareUpdate")];

impl Decoder {
    /// The key and the value of a record.
    pub fn show(self, offset: i64, record: &Record<'_>) -> Result<Shown, String> {
        Ok(match self {
            Self::Text => (record.key.map(text), record.value.map(text)),
            Self::ClusterMetadata => (None, Some(metadata(offset, record.value.unwrap_or_default()))),
            Self::Offsets => coordinator(&GROUP_RECORDS, "offset", offset, record)?,
            Self::Transactions => coordinator(&TRANSACTION_RECORDS, "transaction", offset, record)?,
            Self::ShareGroupState => coordinator(&SHARE_RECORDS, "share group state", offset, record)?,
        })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn metadata(offset: i64, mut bytes: &[u8]) -> String {
    let whole = bytes;
    let mut frame = || -> Option<(u32, u32)> {
        let _version = take_unsigned_varint(&mut bytes).ok()?;
        Some((take_unsigned_varint(&mut bytes).ok()?, take_unsigned_varint(&mut bytes).ok()?))
    };
    let Some((kind, version)) = frame() else {
        return format!("Error at {offset}, skipping. The frame of {} bytes is cut off", whole.len());
    };
    let known = MetadataRecord::TYPES.iter().find(|(id, _)| u32::try_from(*id) == Ok(kind));
    let (Some((_, name)), Ok(version)) = (known, i16::try_from(version)) else {
        return format!("Error at {offset}, skipping. Unknown metadata record type {kind}");
    };
    match schema::to_json(name, version, bytes, Tagged::Set) {
        Ok(data) => json!({"type": screaming(name), "version": version, "data": data}).to_string(),
        Err(error) => format!("Error at {offset}, skipping. {error}"),
    }
}

/// `TopicRecord` as `TOPIC_RECORD`.
fn screaming(name: &str) -> String {
    let mut screaming = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            screaming.push('_');
        }
        screaming.extend(letter.to_uppercase());
    }
    screaming
}

fn coordinator(
    records: &[(i16, &str)],
    what: &str,
    offset: i64,
    record: &Record<'_>,
) -> Result<Shown, String> {
    let Some(key) = record.key else {
        return Err(format!(
            "Failed to decode message at offset {offset} using {what} topic decoder (message had a missing key)"
        ));
    };
    let Some((kind, key)) = versioned(key) else {
        return Ok((Some(format!("Error at offset {offset}, skipping. The key is cut off")), None));
    };
    let Some((_, name)) = records.iter().find(|(id, _)| *id == kind) else {
        return Ok((Some(format!("Unknown record type {kind} at offset {offset}, skipping.")), None));
    };
    let shown = || -> Result<Shown, SchemaError> {
        let key = schema::to_json(&format!("{name}Key"), 0, key, Tagged::Set)?;
        let key = json!({"type": kind.to_string(), "data": key}).to_string();
        let value = match record.value.map(versioned) {
            None => "<DELETE>".to_owned(),
            Some(None) => format!("Error at offset {offset}, skipping. The value is cut off"),
            Some(Some((version, value))) => {
                let mut data = schema::to_json(&format!("{name}Value"), version, value, Tagged::Set)?;
                unpack_members(&mut data);
                json!({"version": version.to_string(), "data": data}).to_string()
            }
        };
        Ok((Some(key), Some(value)))
    };
    Ok(shown().unwrap_or_else(|error| (Some(format!("Error at offset {offset}, skipping. {error}")), None)))
}

/// The version in front of a key or a value, and what follows it.
fn versioned(bytes: &[u8]) -> Option<(i16, &[u8])> {
    let (version, rest) = bytes.split_first_chunk::<2>()?;
    Some((i16::from_be_bytes(*version), rest))
}

/// Members of a group of consumers carry messages within messages.
fn unpack_members(data: &mut Value) {
    if data["protocolType"] != "consumer" {
        return;
    }
    let members = data.get_mut("members").and_then(Value::as_array_mut);
    for member in members.into_iter().flatten() {
        unpack(member, "subscription", "ConsumerProtocolSubscription");
        unpack(member, "assignment", "ConsumerProtocolAssignment");
    }
}

/// What cannot be unpacked stays as it is: clients may put anything there.
fn unpack(member: &mut Value, field: &str, message: &str) {
    let Some(bytes) = member[field].as_str().and_then(schema::base64_decode) else { return };
    let Some((version, body)) = versioned(&bytes) else { return };
    if let Ok(data) = schema::to_json(message, version, body, Tagged::Set) {
        member[field] = data;
    }
}
