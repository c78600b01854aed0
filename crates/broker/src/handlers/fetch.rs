//! Fetch, versions 4 to 18 (KIP-74 limits, KIP-98 isolation, KIP-227 sessions, KIP-320 epochs, KIP-516 topic ids,
//! KIP-595 divergence, KIP-951 leader hints). Only plans are made here; bytes go from file to socket.

mod answer;
mod round;

use std::sync::Arc;

use jackdaw_base::{LeaderEpoch, Offset, TopicId};
use jackdaw_partition::{Isolation, Reader};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::fetch_request::{FetchPartition, FetchRequest};

use self::round::{Limits, Round};
use crate::fetch_sessions::{FINAL_EPOCH, SessionError, SessionRequest, Turn, Wanted};
use crate::metrics::Stage;
use crate::node::Node;
use crate::park::{Park as Waiting, Wake};
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply};

/// The first version that names topics by id.
const TOPIC_ID_VERSION: i16 = 13;
/// The first version that knows sessions.
const SESSION_VERSION: i16 = 7;
/// The first version that carries the replica's state instead of its id.
const REPLICA_STATE_VERSION: i16 = 15;

/// A request, decoded and owned.
struct Query {
    session: SessionRequest,
    limits: Limits,
    max_wait_ms: u64,
    replica_id: i32,
}

/// Executes a Fetch request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let query = match read(node, context, frame) {
        Ok(query) => query,
        Err(reason) => return Reply::Close(reason),
    };
    let Query { session, limits, max_wait_ms, replica_id } = query;
    let new_id = (node.entropy.next_u64() >> 33) as i32;
    let turn = match node.fetch_sessions.begin(session, context.arrived, new_id) {
        Ok(turn) => turn,
        Err(error) => return answer::session_error(context, session_error_code(error)).into(),
    };
    context.laps.mark(Stage::Decode);
    let round = Round::run(node, &turn.wanted, &limits, replica_id);
    context.laps.mark(Stage::Write);
    if round.is_enough(&limits) || max_wait_ms == 0 || turn.wanted.is_empty() {
        return answer::encode(node, context, &turn, round).into();
    }
    park(node, context, turn, limits, replica_id, max_wait_ms, round)
}

/// Waits for the partitions to move, and looks again.
fn park(
    node: &Arc<Node>,
    context: &RequestContext,
    turn: Turn,
    limits: Limits,
    replica_id: i32,
    max_wait_ms: u64,
    first: Round,
) -> Reply {
    let mut waiting = Waiting::new(jackdaw_base::Signal::new(), max_wait_ms);
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let mut round = first;
        loop {
            waiting.lower();
            let subscriptions = round.subscribe(waiting.signal());
            let wake = waiting.wait().await;
            drop(subscriptions);
            round = Round::run(&node, &turn.wanted, &limits, replica_id);
            if wake == Wake::Expired || round.is_enough(&limits) {
                break;
            }
        }
        context.laps.mark(Stage::Parked);
        answer::encode(&node, &context, &turn, round)
    }))
}

fn read(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Query, CloseReason> {
    let request: FetchRequest<'_> = frame.decode(context.head)?;
    let version = context.api_version();
    let uses_topic_ids = version >= TOPIC_ID_VERSION;
    let topic_key = |name: &str, id: TopicId| {
        let known = if uses_topic_ids { node.partitions.by_id(id) } else { node.partitions.by_name(name) };
        (
            known.map_or_else(|| Arc::from(name), |known| Arc::clone(&known.name)),
            if uses_topic_ids { id } else { TopicId::ZERO },
        )
    };
    let mut wanted = Vec::new();
    for topic in &request.topics {
        let (name, id) = topic_key(&topic.topic, topic.topic_id);
        wanted.extend(topic.partitions.iter().map(|partition| wanted_of(&name, id, partition)));
    }
    let mut forgotten = Vec::new();
    for topic in &request.forgotten_topics_data {
        let (name, id) = topic_key(&topic.topic, topic.topic_id);
        forgotten.extend(topic.partitions.iter().map(|index| (Arc::clone(&name), id, *index)));
    }
    let (session_id, epoch) = match version >= SESSION_VERSION {
        true => (request.session_id, request.session_epoch),
        false => (0, FINAL_EPOCH),
    };
    let replica_id =
        if version >= REPLICA_STATE_VERSION { request.replica_state.replica_id } else { request.replica_id };
    let isolation = match request.isolation_level {
        1 => Isolation::ReadCommitted,
        _ => Isolation::ReadUncommitted,
    };
    let size_bytes_max = u64::try_from(request.max_bytes).unwrap_or(0).min(node.settings().fetch_bytes_max);
    let limits = Limits {
        reader: Reader::Consumer { isolation },
        size_bytes_min: u64::try_from(request.min_bytes).unwrap_or(0).min(size_bytes_max),
        size_bytes_max,
    };
    Ok(Query {
        session: SessionRequest { session_id, epoch, uses_topic_ids, wanted, forgotten },
        limits,
        max_wait_ms: u64::try_from(request.max_wait_ms).unwrap_or(0),
        replica_id,
    })
}

fn wanted_of(topic: &Arc<str>, topic_id: TopicId, partition: &FetchPartition<'_>) -> Wanted {
    let epoch = |epoch: i32| (epoch >= 0).then_some(LeaderEpoch(epoch));
    Wanted {
        topic: Arc::clone(topic),
        topic_id,
        index: partition.partition,
        offset: Offset(partition.fetch_offset),
        size_bytes_max: partition.partition_max_bytes,
        leader_epoch: epoch(partition.current_leader_epoch),
        last_fetched_epoch: epoch(partition.last_fetched_epoch),
    }
}

fn session_error_code(error: SessionError) -> ErrorCode {
    match error {
        SessionError::NotFound => ErrorCode::FetchSessionIdNotFound,
        SessionError::WrongEpoch => ErrorCode::InvalidFetchSessionEpoch,
        SessionError::TopicIdMismatch => ErrorCode::FetchSessionTopicIdError,
    }
}
