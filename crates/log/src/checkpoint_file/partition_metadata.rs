//! `partition.metadata`: the topic id of a partition's directory (KIP-516).

use jackdaw_base::TopicId;

use super::rows::excerpt;

/// The name of the file.
pub const PARTITION_METADATA_FILE: &str = "partition.metadata";

/// Why a text is no `partition.metadata`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartitionMetadataError {
    /// A line is not `name: value` with the expected name, or is missing.
    #[error("line {line}: expected \"{expected}: …\", found {text:?}")]
    UnexpectedLine {
        /// Which line, from 1.
        line: usize,
        /// The name that belongs there.
        expected: &'static str,
        /// The line.
        text: String,
    },
    /// The version is not 0.
    #[error("line 1: unknown version {text:?}")]
    UnknownVersion {
        /// The version.
        text: String,
    },
    /// The topic id is no UUID, or the zero UUID.
    #[error("line 2: not a topic id: {text:?}")]
    InvalidTopicId {
        /// The topic id.
        text: String,
    },
}

/// What the file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionMetadata {
    /// The topic's id.
    pub topic_id: TopicId,
}

impl PartitionMetadata {
    /// The text of the file. Kafka ends it without a line feed.
    pub fn encode(&self) -> String {
        format!("version: 0\ntopic_id: {}", self.topic_id)
    }

    /// Reads the file.
    pub fn decode(text: &str) -> Result<Self, PartitionMetadataError> {
        let mut lines = text.lines();
        let version = value_of(lines.next(), 1, "version")?;
        if version.parse::<i32>() != Ok(0) {
            return Err(PartitionMetadataError::UnknownVersion { text: excerpt(version) });
        }
        let topic_id = value_of(lines.next(), 2, "topic_id")?;
        let invalid = || PartitionMetadataError::InvalidTopicId { text: excerpt(topic_id) };
        let topic_id: TopicId = topic_id.parse().map_err(|_| invalid())?;
        if topic_id.is_zero() { Err(invalid()) } else { Ok(Self { topic_id }) }
    }
}

fn value_of<'t>(
    line: Option<&'t str>,
    number: usize,
    expected: &'static str,
) -> Result<&'t str, PartitionMetadataError> {
    let text = line.unwrap_or_default();
    match text.split_once(':') {
        Some((name, value)) if name.trim() == expected => Ok(value.trim()),
        Some(_) | None => {
            Err(PartitionMetadataError::UnexpectedLine { line: number, expected, text: excerpt(text) })
        }
    }
}
