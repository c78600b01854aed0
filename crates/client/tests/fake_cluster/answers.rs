//! What the brokers of a [`FakeCluster`] answer.

use std::sync::Arc;
use std::time::Duration;

use jackdaw_base::Uuid;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::{
    api_versions_response as api_versions, fetch_request, fetch_response as fetch, find_coordinator_request,
    find_coordinator_response as find_coordinator, init_producer_id_response, list_offsets_request,
    list_offsets_response as list_offsets, metadata_response as metadata, offset_commit_request,
    offset_commit_response as commit, offset_fetch_request, offset_fetch_response as offset_fetch,
    offset_for_leader_epoch_request, offset_for_leader_epoch_response as epochs, produce_request,
    produce_response as produce,
};
use jackdaw_protocol::records::{Batch, BatchBuilder, BatchOptions, Batches, RecordLimits, add_to_sequence};
use jackdaw_protocol::wire::{Records, Str};

use super::{APIS, Committed, Entry, FakeCluster, World};
use crate::fake_broker::{Answer, Asked, TOPIC, frame};

/// How long a fetch waits for news before it is answered all the same.
const FETCH_WAIT: Duration = Duration::from_millis(50);

pub(super) fn answer(cluster: &Arc<FakeCluster>, node: i32, asked: &Asked) -> Answer {
    if asked.key == ApiKey::Fetch {
        return fetched(cluster, node, asked);
    }
    let mut world = cluster.world.lock();
    Answer::Frame(match asked.key {
        ApiKey::ApiVersions => frame(asked, &versions(&world)),
        ApiKey::Metadata => frame(asked, &metadata(&world)),
        ApiKey::InitProducerId => frame(
            asked,
            &init_producer_id_response::InitProducerIdResponse { producer_id: 7, ..Default::default() },
        ),
        ApiKey::FindCoordinator => frame(asked, &coordinators(asked)),
        ApiKey::ListOffsets => frame(asked, &offsets(&world, asked)),
        ApiKey::OffsetForLeaderEpoch => frame(asked, &ends(&world, node, asked)),
        ApiKey::OffsetCommit => frame(asked, &committing(&mut world, asked)),
        ApiKey::OffsetFetch => frame(asked, &committed(&world, asked)),
        ApiKey::Produce => frame(asked, &produced(&mut world, node, asked)),
        other => panic!("{other} is not served"),
    })
}

fn versions(world: &World) -> api_versions::ApiVersionsResponse<'static> {
    let api = |(key, min_version, max_version): &(ApiKey, i16, i16)| api_versions::ApiVersion {
        api_key: key.key(),
        min_version: *min_version,
        max_version: *world.versions_max.get(&key.key()).unwrap_or(max_version),
        ..Default::default()
    };
    api_versions::ApiVersionsResponse { api_keys: APIS.iter().map(api).collect(), ..Default::default() }
}

fn metadata(world: &World) -> metadata::MetadataResponse<'static> {
    let broker = |node_id: &i32| metadata::MetadataResponseBroker {
        node_id: *node_id,
        host: "127.0.0.1".into(),
        port: world.ports[node_id].into(),
        ..Default::default()
    };
    let partition = metadata::MetadataResponsePartition {
        leader_id: world.leader,
        leader_epoch: world.leader_epoch,
        replica_nodes: vec![1, 2],
        isr_nodes: vec![1, 2],
        ..Default::default()
    };
    let topic = metadata::MetadataResponseTopic {
        name: Some(TOPIC.into()),
        topic_id: world.topic_id,
        partitions: vec![partition],
        ..Default::default()
    };
    metadata::MetadataResponse {
        brokers: world.in_metadata.iter().map(broker).collect(),
        controller_id: 1,
        topics: vec![topic],
        ..Default::default()
    }
}

fn coordinators(asked: &Asked) -> find_coordinator::FindCoordinatorResponse<'static> {
    let request = find_coordinator_request::FindCoordinatorRequest::decode_exact(&asked.body, asked.version)
        .expect("is a request");
    let coordinator = |key: &Str<'_>| find_coordinator::Coordinator {
        key: key.to_string().into(),
        node_id: 1,
        ..Default::default()
    };
    find_coordinator::FindCoordinatorResponse {
        node_id: if asked.version < 4 { 1 } else { 0 },
        coordinators: request.coordinator_keys.iter().map(coordinator).collect(),
        ..Default::default()
    }
}

fn offsets(world: &World, asked: &Asked) -> list_offsets::ListOffsetsResponse<'static> {
    let request = list_offsets_request::ListOffsetsRequest::decode_exact(&asked.body, asked.version)
        .expect("is a request");
    let is_earliest = request.topics[0].partitions[0].timestamp == -2;
    let partition = list_offsets::ListOffsetsPartitionResponse {
        offset: if is_earliest { 0 } else { world.log.len() as i64 },
        ..Default::default()
    };
    let topic = list_offsets::ListOffsetsTopicResponse {
        name: TOPIC.into(),
        partitions: vec![partition],
        ..Default::default()
    };
    list_offsets::ListOffsetsResponse { topics: vec![topic], ..Default::default() }
}

/// What is wrong with a request to `node` of somebody who knows this leader epoch.
fn refusal(world: &World, node: i32, topic_id: Option<Uuid>, leader_epoch: i32) -> ErrorCode {
    if topic_id.is_some_and(|id| id != world.topic_id) {
        ErrorCode::UnknownTopicId
    } else if node != world.leader && world.closest != Some(node) {
        ErrorCode::NotLeaderOrFollower
    } else if leader_epoch >= 0 && leader_epoch < world.leader_epoch {
        ErrorCode::FencedLeaderEpoch
    } else if leader_epoch > world.leader_epoch {
        ErrorCode::UnknownLeaderEpoch
    } else {
        ErrorCode::None
    }
}

fn ends(world: &World, node: i32, asked: &Asked) -> epochs::OffsetForLeaderEpochResponse<'static> {
    let request = offset_for_leader_epoch_request::OffsetForLeaderEpochRequest::decode_exact(
        &asked.body,
        asked.version,
    )
    .expect("is a request");
    let question = &request.topics[0].partitions[0];
    let refused = refusal(world, node, None, question.current_leader_epoch);
    let (leader_epoch, end_offset) =
        world.end_of(question.leader_epoch).filter(|_| refused.is_none()).unwrap_or((-1, -1));
    let end =
        epochs::EpochEndOffset { error_code: refused.code(), leader_epoch, end_offset, ..Default::default() };
    let topic = epochs::OffsetForLeaderTopicResult {
        topic: TOPIC.into(),
        partitions: vec![end],
        ..Default::default()
    };
    epochs::OffsetForLeaderEpochResponse { topics: vec![topic], ..Default::default() }
}

fn committing(world: &mut World, asked: &Asked) -> commit::OffsetCommitResponse<'static> {
    let request = offset_commit_request::OffsetCommitRequest::decode_exact(&asked.body, asked.version)
        .expect("is a request");
    let topic = &request.topics[0];
    let by_id = asked.version >= 10;
    let refused = by_id && topic.topic_id != world.topic_id;
    if !refused {
        let partition = &topic.partitions[0];
        let (offset, leader_epoch) = (partition.committed_offset, partition.committed_leader_epoch);
        world.committed.insert(world.topic_id, Committed { offset, leader_epoch });
    }
    let error_code = if refused { ErrorCode::UnknownTopicId.code() } else { 0 };
    let topic = commit::OffsetCommitResponseTopic {
        name: if by_id { "".into() } else { TOPIC.into() },
        topic_id: topic.topic_id,
        partitions: vec![commit::OffsetCommitResponsePartition { error_code, ..Default::default() }],
        ..Default::default()
    };
    commit::OffsetCommitResponse { topics: vec![topic], ..Default::default() }
}

fn committed(world: &World, asked: &Asked) -> offset_fetch::OffsetFetchResponse<'static> {
    let request = offset_fetch_request::OffsetFetchRequest::decode_exact(&asked.body, asked.version)
        .expect("is a request");
    let none = Committed { offset: -1, leader_epoch: -1 };
    let found = world.committed.get(&world.topic_id).copied().unwrap_or(none);
    if asked.version < 8 {
        let partition = offset_fetch::OffsetFetchResponsePartition {
            committed_offset: found.offset,
            committed_leader_epoch: found.leader_epoch,
            metadata: Some("".into()),
            ..Default::default()
        };
        let topic = offset_fetch::OffsetFetchResponseTopic {
            name: TOPIC.into(),
            partitions: vec![partition],
            ..Default::default()
        };
        return offset_fetch::OffsetFetchResponse { topics: vec![topic], ..Default::default() };
    }
    let group = &request.groups[0];
    let asked_topic = &group.topics.as_ref().expect("asks for topics")[0];
    let by_id = asked.version >= 10;
    let refused = by_id && asked_topic.topic_id != world.topic_id;
    let partition = offset_fetch::OffsetFetchResponsePartitions {
        committed_offset: if refused { -1 } else { found.offset },
        committed_leader_epoch: if refused { -1 } else { found.leader_epoch },
        metadata: Some("".into()),
        error_code: if refused { ErrorCode::UnknownTopicId.code() } else { 0 },
        ..Default::default()
    };
    let topic = offset_fetch::OffsetFetchResponseTopics {
        name: if by_id { "".into() } else { TOPIC.into() },
        topic_id: asked_topic.topic_id,
        partitions: vec![partition],
        ..Default::default()
    };
    let group = offset_fetch::OffsetFetchResponseGroup {
        group_id: group.group_id.to_string().into(),
        topics: vec![topic],
        ..Default::default()
    };
    offset_fetch::OffsetFetchResponse { groups: vec![group], ..Default::default() }
}

/// Where the leader lives, for answers that say so.
fn home(world: &World) -> (i32, String, i32) {
    (world.leader, "127.0.0.1".to_owned(), world.ports[&world.leader].into())
}

/// Whether a batch is the next one of its producer, which it is then.
fn sequence(world: &mut World, bytes: &[u8]) -> ErrorCode {
    let batch = Batch::parse(bytes).expect("is a batch");
    let (epoch, sequence) = (batch.producer_epoch(), batch.base_sequence());
    let is_next = match world.producer {
        None => true,
        Some((known, _)) if epoch > known => sequence == 0,
        Some(known) => known == (epoch, sequence),
    };
    if is_next {
        world.producer = Some((epoch, add_to_sequence(sequence, batch.record_count())));
        ErrorCode::None
    } else {
        ErrorCode::OutOfOrderSequenceNumber
    }
}

fn produced(world: &mut World, node: i32, asked: &Asked) -> produce::ProduceResponse<'static> {
    let request =
        produce_request::ProduceRequest::decode_exact(&asked.body, asked.version).expect("is a request");
    let topic = &request.topic_data[0];
    let by_id = asked.version >= 13;
    let mut refused = refusal(world, node, by_id.then_some(topic.topic_id), -1);
    let Some(Records::Inline(bytes)) = &topic.partition_data[0].records else { panic!("no records") };
    if refused.is_none() && bytes.len() > world.batch_bytes_max {
        refused = ErrorCode::MessageTooLarge;
    }
    let base_offset = world.log.len() as i64;
    if refused.is_none() {
        refused = sequence(world, bytes);
    }
    if refused.is_none() {
        world.batch_bytes.push(bytes.len());
        for batch in Batches::new(bytes) {
            let batch = batch.expect("is a batch");
            let mut records = batch.records(RecordLimits::default());
            while let Some(record) = records.next_record() {
                let value = record.expect("is a record").value.unwrap_or_default();
                let value = String::from_utf8_lossy(value).into_owned();
                world.log.push(Entry { leader_epoch: world.leader_epoch, value });
            }
        }
    }
    let has_moved = refused == ErrorCode::NotLeaderOrFollower && world.names_leaders;
    let mut partition = produce::PartitionProduceResponse {
        error_code: refused.code(),
        base_offset: if refused.is_none() { base_offset } else { -1 },
        ..Default::default()
    };
    if has_moved {
        partition.current_leader.leader_id = world.leader;
        partition.current_leader.leader_epoch = world.leader_epoch;
    }
    let topic = produce::TopicProduceResponse {
        name: if by_id { "".into() } else { TOPIC.into() },
        topic_id: topic.topic_id,
        partition_responses: vec![partition],
        ..Default::default()
    };
    let (node_id, host, port) = home(world);
    let endpoint = produce::NodeEndpoint { node_id, host: host.into(), port, ..Default::default() };
    produce::ProduceResponse {
        responses: vec![topic],
        node_endpoints: if has_moved { vec![endpoint] } else { Vec::new() },
        ..Default::default()
    }
}

/// Records at once, or when there are some; what is wrong at once.
fn fetched(cluster: &Arc<FakeCluster>, node: i32, asked: &Asked) -> Answer {
    let (answer, is_empty) = fetch_now(&cluster.world.lock(), node, asked);
    if !is_empty {
        return Answer::Frame(answer);
    }
    let cluster = Arc::clone(cluster);
    let asked = Asked { body: asked.body.clone(), ..*asked };
    Answer::Later(Box::pin(async move {
        // Another test's wish to see something is no news; it only makes the answer come sooner.
        let _ = tokio::time::timeout(FETCH_WAIT, cluster.changed.notified()).await;
        fetch_now(&cluster.world.lock(), node, &asked).0
    }))
}

fn fetch_now(world: &World, node: i32, asked: &Asked) -> (Vec<u8>, bool) {
    let request =
        fetch_request::FetchRequest::decode_exact(&asked.body, asked.version).expect("is a request");
    let Some(topic) = request.topics.first() else {
        return (frame(asked, &fetch::FetchResponse::default()), true);
    };
    let by_id = asked.version >= 13;
    let wanted = &topic.partitions[0];
    let refused = refusal(world, node, by_id.then_some(topic.topic_id), wanted.current_leader_epoch);
    let end = world.log.len() as i64;
    let mut data = fetch::PartitionData {
        error_code: refused.code(),
        high_watermark: end,
        last_stable_offset: end,
        ..Default::default()
    };
    let mut is_empty = false;
    let closest = world.closest.filter(|closest| *closest != node && !request.rack_id.is_empty());
    let has_moved = refused == ErrorCode::NotLeaderOrFollower && world.names_leaders;
    if has_moved {
        data.current_leader.leader_id = world.leader;
        data.current_leader.leader_epoch = world.leader_epoch;
    }
    if let Some(closest) = closest.filter(|_| refused.is_none()) {
        data.preferred_read_replica = closest;
    } else if refused.is_none() {
        let known = world.end_of(wanted.last_fetched_epoch).unwrap_or((-1, 0));
        let diverges = wanted.last_fetched_epoch >= 0
            && (known.0 < wanted.last_fetched_epoch || known.1 < wanted.fetch_offset);
        if diverges {
            (data.diverging_epoch.epoch, data.diverging_epoch.end_offset) = known;
        } else if wanted.fetch_offset > end {
            data.error_code = ErrorCode::OffsetOutOfRange.code();
        } else {
            let bytes = batches(world, wanted.fetch_offset);
            is_empty = bytes.is_empty();
            data.records = Some(Records::Inline(bytes.into()));
        }
    }
    let topic = fetch::FetchableTopicResponse {
        topic: if by_id { "".into() } else { TOPIC.into() },
        topic_id: topic.topic_id,
        partitions: vec![data],
        ..Default::default()
    };
    let (node_id, host, port) = home(world);
    let endpoint = fetch::NodeEndpoint { node_id, host: host.into(), port, ..Default::default() };
    let response = fetch::FetchResponse {
        responses: vec![topic],
        node_endpoints: if has_moved && asked.version >= 16 { vec![endpoint] } else { Vec::new() },
        ..Default::default()
    };
    (frame(asked, &response), is_empty)
}

fn batches(world: &World, from: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut offset = from;
    let rest = &world.log[from as usize..];
    for entries in rest.chunk_by(|left, right| left.leader_epoch == right.leader_epoch) {
        for entries in entries.chunks(world.batch_records) {
            let leader_epoch = entries[0].leader_epoch;
            let options = BatchOptions { base_offset: offset, leader_epoch, ..BatchOptions::default() };
            let mut batch = BatchBuilder::new(options);
            for entry in entries {
                batch.append(0, None, Some(entry.value.as_bytes()), &[]).expect("fits");
            }
            bytes.extend(batch.build().expect("is built"));
            offset += entries.len() as i64;
        }
    }
    bytes
}
