//! Where each batch of a Produce request goes, and where its bytes lie in the frame.

use std::ops::Range;
use std::sync::Arc;

use jackdaw_base::{PartitionIndex, TopicId};
use jackdaw_partition::Partition;
use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest};
use jackdaw_protocol::records::BatchHeader;
use jackdaw_protocol::wire::{Blob, Records};

use crate::internal_topics::is_internal;
use crate::node::Node;
use crate::request::{Frame, RequestContext};

/// The client id that may write to internal topics, as in Kafka.
const ADMIN_CLIENT_ID: &str = "__admin_client";
/// The first version whose batches may be packed with zstd (KIP-110); before it the codec is looked at without the partition.
const ZSTD_VERSION: i16 = 7;
/// The first version that names topics by id (KIP-516).
const TOPIC_ID_VERSION: i16 = 13;

/// A topic of the request.
pub(super) struct TargetTopic {
    pub(super) name: Arc<str>,
    pub(super) id: TopicId,
    /// Named by an id that no topic has.
    is_unknown_id: bool,
    /// How many of the targets are its.
    pub(super) count: usize,
}

impl TargetTopic {
    pub(super) fn unknown_error(&self) -> ErrorCode {
        if self.is_unknown_id { ErrorCode::UnknownTopicId } else { ErrorCode::UnknownTopicOrPartition }
    }
}

/// A partition of the request.
pub(super) struct Target {
    pub(super) index: i32,
    pub(super) partition: Option<Arc<Partition>>,
    pub(super) range: Option<Range<usize>>,
    pub(super) record_count: u64,
    pub(super) refusal: Option<ErrorCode>,
}

/// All of them, in the order of the request.
pub(super) struct Targets {
    pub(super) topics: Vec<TargetTopic>,
    pub(super) partitions: Vec<Target>,
}

impl Targets {
    pub(super) fn resolve(
        node: &Node,
        context: &RequestContext,
        frame: &Frame<'_>,
        request: &ProduceRequest<'_>,
    ) -> Self {
        let version = context.api_version();
        let mut topics = Vec::with_capacity(request.topic_data.len());
        let mut partitions = Vec::with_capacity(request.topic_data.len());
        for topic in &request.topic_data {
            let by_id = version >= TOPIC_ID_VERSION;
            let known = if by_id {
                node.partitions.by_id(topic.topic_id)
            } else {
                node.partitions.by_name(&topic.name)
            };
            let name =
                known.as_ref().map_or_else(|| Arc::from(&*topic.name), |known| Arc::clone(&known.name));
            let refusal = (is_internal(&name) && context.client_id() != ADMIN_CLIENT_ID)
                .then_some(ErrorCode::InvalidTopicException);
            for data in &topic.partition_data {
                let mut target = Target::of(frame, data, version);
                target.partition =
                    known.as_ref().and_then(|known| known.get(PartitionIndex(data.index)).cloned());
                target.refusal = match (&target.partition, refusal) {
                    // An unknown partition says so, whatever else is wrong with its records.
                    (None, _) => None,
                    (Some(_), refusal) => refusal.or(target.refusal),
                };
                partitions.push(target);
            }
            let id = if by_id { topic.topic_id } else { TopicId::ZERO };
            let is_unknown_id = by_id && known.is_none();
            topics.push(TargetTopic { name, id, is_unknown_id, count: topic.partition_data.len() });
        }
        Self { topics, partitions }
    }

    pub(super) fn count(&self) -> usize {
        self.partitions.len()
    }

    /// Each partition with its topic.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&TargetTopic, &Target)> {
        let topics = self.topics.iter().flat_map(|topic| std::iter::repeat_n(topic, topic.count));
        topics.zip(&self.partitions)
    }
}

impl Target {
    fn of(frame: &Frame<'_>, data: &PartitionProduceData<'_>, version: i16) -> Self {
        let bytes: &[u8] = match &data.records {
            Some(Records::Inline(Blob::Borrowed(bytes))) => bytes,
            None => &[],
            // A decoded request borrows its records from the frame; anything else is refused as if there were none.
            Some(Records::Inline(_) | Records::External(_)) => &[],
        };
        // Bytes that are no batch reach the partition, whose validation says what is wrong with them.
        let header = BatchHeader::parse(bytes).ok();
        let is_new_codec =
            header.is_some_and(|header| matches!(header.compression(), None | Some(Compression::Zstd)));
        let refusal = if bytes.is_empty() {
            Some(ErrorCode::InvalidRecord)
        } else if is_new_codec && version < ZSTD_VERSION {
            Some(ErrorCode::UnsupportedCompressionType)
        } else {
            None
        };
        Self {
            index: data.index,
            partition: None,
            range: frame.range_of(bytes).filter(|range| !range.is_empty()),
            record_count: header.map_or(0, |header| u64::try_from(header.record_count()).unwrap_or(0)),
            refusal,
        }
    }
}
