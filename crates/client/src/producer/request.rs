//! Produce requests from batches, and batches' answers from Produce responses.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jackdaw_base::Uuid;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use jackdaw_protocol::messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use jackdaw_protocol::records::BATCH_OVERHEAD;
use jackdaw_protocol::wire::Records;

use super::dispatch::{Answer, Batch, Failure, PartitionId};
use super::partition::{Partition, Payload};
use super::record_writer::{Stamp, header};
use super::shared::Shared;
use crate::cluster::{LeaderNews, NamedLeader};
use crate::connection::{Attachment, Connection, RequestFrame, ResponseFrame};
use crate::error::{Error, ErrorKind, Result};

/// From this version on topics go by their ids (KIP-516).
const TOPIC_IDS_FROM: i16 = 13;
/// Up to this version a transaction's partitions are added beforehand (before KIP-890).
const TRANSACTIONS_V1_MAX: i16 = 11;

/// The answer to a batch that was sent with `acks=0`.
pub(super) const UNANSWERED: Answer = Answer::Written { base_offset: None, append_time_ms: None };

/// What has to be remembered of a request in order to read its answer.
pub(super) struct Layout {
    /// The topics with their ids, zero unless they went by them.
    topics: Vec<(Arc<str>, Uuid)>,
    /// For each batch its topic's position and its partition.
    places: Vec<(usize, i32)>,
}

/// One request for these batches.
///
/// # Errors
/// The broker speaks no version that can carry them.
pub(super) fn encode(
    shared: &Shared,
    connection: &Connection,
    batches: &[(PartitionId, Batch<Payload>)],
) -> Result<(RequestFrame, Layout)> {
    let layout = layout(shared, batches);
    let has_ids = layout.topics.iter().all(|(_, id)| !id.is_zero());
    let mut version_max = if has_ids { i16::MAX } else { TOPIC_IDS_FROM - 1 };
    if shared.transactions.must_enlist() {
        version_max = version_max.min(TRANSACTIONS_V1_MAX);
    }
    let version = connection.versions().negotiate(ApiKey::Produce, 0..=version_max)?;
    let transactional_id = shared.config.transactional_id.as_deref();
    let mut topics: Vec<TopicProduceData<'_>> = layout
        .topics
        .iter()
        .map(|(name, id)| TopicProduceData {
            name: (&**name).into(),
            topic_id: *id,
            ..TopicProduceData::default()
        })
        .collect();
    for (position, (topic, index)) in layout.places.iter().enumerate() {
        let size = BATCH_OVERHEAD + batches[position].1.payload.records.len();
        let data = PartitionProduceData {
            index: *index,
            records: Some(Records::External(size)),
            ..PartitionProduceData::default()
        };
        topics[*topic].partition_data.push(data);
    }
    let request = ProduceRequest {
        transactional_id: transactional_id.map(Into::into),
        acks: shared.config.acks.code(),
        timeout_ms: i32::try_from(shared.config.common.request_timeout.as_millis()).unwrap_or(i32::MAX),
        topic_data: topics,
        ..ProduceRequest::default()
    };
    let attachments = attachments(&layout, batches, transactional_id.is_some());
    let frame = RequestFrame::with_attachments(&request, version, connection.client_id(), attachments)?;
    Ok((frame, layout))
}

/// The batches in the order of the request: by topic, and within a topic as they came.
fn attachments(
    layout: &Layout,
    batches: &[(PartitionId, Batch<Payload>)],
    is_transactional: bool,
) -> Vec<Attachment> {
    let mut by_topic: Vec<(usize, &Batch<Payload>)> =
        layout.places.iter().zip(batches).map(|((topic, _), (_, batch))| (*topic, batch)).collect();
    by_topic.sort_by_key(|(topic, _)| *topic);
    let attach = |(_, batch): (usize, &Batch<Payload>)| {
        let records = &batch.payload.records;
        let header =
            header(&batch.payload.shape, batch.stamp.unwrap_or(Stamp::NONE), is_transactional, records);
        [Bytes::copy_from_slice(&header), Bytes::from_owner(Shareable(Arc::clone(records)))]
    };
    by_topic.into_iter().map(attach).collect()
}

/// Records that several owners read.
struct Shareable(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shareable {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn layout(shared: &Shared, batches: &[(PartitionId, Batch<Payload>)]) -> Layout {
    let metadata = shared.cluster.metadata();
    let locked = shared.locked.lock();
    let mut topics: Vec<(Arc<str>, Uuid)> = Vec::new();
    let mut places = Vec::with_capacity(batches.len());
    for (id, _) in batches {
        let partition: &Partition = &locked.partitions[id.0];
        let position = match topics.iter().rposition(|(name, _)| Arc::ptr_eq(name, &partition.topic)) {
            Some(position) => position,
            None => {
                let topic_id = metadata.topic(&partition.topic).map_or(Uuid::ZERO, |topic| topic.id);
                topics.push((Arc::clone(&partition.topic), topic_id));
                topics.len() - 1
            }
        };
        places.push((position, partition.index));
    }
    Layout { topics, places }
}

/// The answer of each batch.
///
/// # Errors
/// The frame is not what the protocol says.
pub(super) fn decode(
    shared: &Shared,
    node: i32,
    frame: &ResponseFrame,
    layout: &Layout,
    batches: &[(PartitionId, Batch<Payload>)],
) -> Result<Vec<Answer>> {
    let response: ProduceResponse<'_> = frame.decode()?;
    let mut found = BTreeMap::new();
    let mut news = LeaderNews::default();
    for broker in &response.node_endpoints {
        news.add_broker(broker.node_id, &broker.host, broker.port, broker.rack.as_deref());
    }
    for topic in &response.responses {
        let by_id = frame.version() >= TOPIC_IDS_FROM;
        let position = layout
            .topics
            .iter()
            .position(|(name, id)| if by_id { *id == topic.topic_id } else { **name == *topic.name });
        let Some(position) = position else { continue };
        for partition in &topic.partition_responses {
            if partition.current_leader.leader_id >= 0 {
                news.leaders.push(NamedLeader {
                    topic: Arc::clone(&layout.topics[position].0),
                    partition: partition.index,
                    leader: partition.current_leader.leader_id,
                    leader_epoch: partition.current_leader.leader_epoch,
                });
            }
            found.insert((position, partition.index), partition);
        }
    }
    shared.cluster.learn(&news);
    let answers = layout.places.iter().zip(batches).map(|(place, (_, batch))| match found.get(place) {
        Some(partition) => answer(shared, node, &layout.topics[place.0].0, partition, batch),
        None => {
            let error = Error::new(ErrorKind::InvalidAnswer("a partition is missing in it"));
            let error = error.with_partition(&layout.topics[place.0].0, place.1);
            Answer::Failed(Failure::of(error))
        }
    });
    Ok(answers.collect())
}

fn answer(
    shared: &Shared,
    node: i32,
    topic: &Arc<str>,
    partition: &PartitionProduceResponse<'_>,
    batch: &Batch<Payload>,
) -> Answer {
    if partition.error_code == 0 {
        return Answer::Written {
            base_offset: (partition.base_offset >= 0).then_some(partition.base_offset),
            append_time_ms: (partition.log_append_time_ms >= 0).then_some(partition.log_append_time_ms),
        };
    }
    let place = |error: Error| error.with_partition(topic, partition.index).with_api(ApiKey::Produce);
    let error = place(Error::from_code(partition.error_code, partition.error_message.as_deref()));
    let in_batch = partition.record_errors.iter().filter(|it| (0..batch.count).contains(&it.batch_index));
    let records = in_batch.map(|refused| {
        let message = refused.batch_index_error_message.as_deref();
        (refused.batch_index, place(Error::from_code(partition.error_code, message)))
    });
    let moved_to = shared.moved_from(node, topic, partition.index, &error);
    Answer::Failed(Failure { error, records: records.collect(), moved_to })
}
