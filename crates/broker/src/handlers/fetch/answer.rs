//! The answer to a Fetch request: offsets in memory, records as pieces of files.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jackdaw_partition::ReadPlan;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::fetch_response::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch,
    PartitionData,
};
use jackdaw_protocol::wire::{Blob, Records};

use super::round::{Found, Round};
use crate::fetch_sessions::{News, Told, Turn, Wanted};
use crate::metrics::Stage;
use crate::node::Node;
use crate::request::RequestContext;
use crate::response::{CloseReason, Piece, Response};

/// The first version that names the leader (KIP-951).
const CURRENT_LEADER_VERSION: i16 = 12;
/// The first version that says where the leader is.
const NODE_ENDPOINTS_VERSION: i16 = 16;

/// Older clients are not told who leads.
fn with_hint_in_version(found: Found, version: i16) -> Found {
    match found {
        Found::Error(error, _) if version < CURRENT_LEADER_VERSION => Found::Error(error, None),
        found => found,
    }
}

/// The whole request fails.
pub(super) fn session_error(context: &RequestContext, error: ErrorCode) -> Result<Response, CloseReason> {
    Response::encode(context.head, &FetchResponse { error_code: error.code(), ..Default::default() })
}

/// Encodes what a round has found; in an incremental session only what is news.
pub(super) fn encode(
    node: &Node,
    context: &RequestContext,
    turn: &Turn,
    round: Round,
) -> Result<Response, CloseReason> {
    count(node, &round);
    let told = match turn.session_id {
        0 => vec![true; round.found.len()],
        id => {
            let results: Vec<_> = turn
                .wanted
                .iter()
                .zip(&round.found)
                .map(|(wanted, found)| {
                    let (told, news) = summary(found);
                    (wanted.clone(), told, news)
                })
                .collect();
            let changed = node.fetch_sessions.finish(id, &results);
            if turn.is_incremental { changed } else { vec![true; round.found.len()] }
        }
    };
    let mut pieces = Vec::new();
    let mut response = FetchResponse { session_id: turn.session_id, ..Default::default() };
    let mut has_hints = false;
    for ((wanted, found), is_told) in turn.wanted.iter().zip(round.found).zip(told) {
        if is_told {
            let found = with_hint_in_version(found, context.api_version());
            has_hints |= matches!(found, Found::Error(_, Some(_)));
            let data = partition_data(wanted.index, found, &mut pieces);
            push(&mut response.responses, wanted, data);
        }
    }
    if has_hints && context.api_version() >= NODE_ENDPOINTS_VERSION {
        response.node_endpoints = node.fetch_endpoints(&context.connection.listener_name);
    }
    let encoded = Response::encode_with(context.head, &response, pieces);
    context.laps.mark(Stage::Answer);
    encoded
}

fn count(node: &Node, round: &Round) {
    let topics = &node.metrics.topics;
    let failed = round.found.iter().filter(|found| matches!(found, Found::Error(..))).count() as u64;
    topics.fetch_requests.fetch_add(round.found.len() as u64, Ordering::Relaxed);
    topics.bytes_out.fetch_add(round.size_bytes(), Ordering::Relaxed);
    if failed > 0 {
        topics.fetch_requests_failed.fetch_add(failed, Ordering::Relaxed);
    }
}

fn summary(found: &Found) -> (Told, News) {
    match found {
        Found::Plan(_, plan) => {
            let told = Told { high_watermark: plan.high_watermark.0, log_start: plan.log_start.0 };
            let news = match (&plan.slice, &plan.diverging) {
                (_, Some(_)) => News::Trouble,
                (Some(_), None) => News::Records,
                (None, None) => News::None,
            };
            (told, news)
        }
        Found::Error(..) => (Told { high_watermark: -1, log_start: -1 }, News::Trouble),
    }
}

/// Partitions of one topic stand together, as long as they follow each other.
fn push<'a>(responses: &mut Vec<FetchableTopicResponse<'a>>, wanted: &'a Wanted, data: PartitionData<'a>) {
    match responses.last_mut() {
        Some(last) if last.topic_id == wanted.topic_id && *last.topic == *wanted.topic => {
            last.partitions.push(data)
        }
        _ => responses.push(FetchableTopicResponse {
            topic: (&*wanted.topic).into(),
            topic_id: wanted.topic_id,
            partitions: vec![data],
            ..Default::default()
        }),
    }
}

fn partition_data<'a>(partition_index: i32, found: Found, pieces: &mut Vec<Piece>) -> PartitionData<'a> {
    match found {
        Found::Plan(_, plan) => planned(partition_index, *plan, pieces),
        Found::Error(error, hint) => {
            let (leader_id, leader_epoch) = hint.unwrap_or((-1, -1));
            // As Kafka's: null once the log was asked, an empty list where there is none to ask.
            let is_unknown = matches!(error, ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId);
            PartitionData {
                partition_index,
                error_code: error.code(),
                high_watermark: -1,
                last_stable_offset: -1,
                log_start_offset: -1,
                current_leader: LeaderIdAndEpoch { leader_id, leader_epoch, ..Default::default() },
                aborted_transactions: is_unknown.then(Vec::new),
                records: Some(no_records()),
                ..Default::default()
            }
        }
    }
}

fn planned<'a>(partition_index: i32, plan: ReadPlan, pieces: &mut Vec<Piece>) -> PartitionData<'a> {
    let records = match plan.slice {
        Some(slice) => {
            let size_bytes = slice.size_bytes;
            pieces.push(Piece::File { file: Arc::clone(&slice.file), position: slice.position, size_bytes });
            Records::External(size_bytes as usize)
        }
        None => no_records(),
    };
    let diverging = plan.diverging.map(|end| EpochEndOffset {
        epoch: end.epoch.0,
        end_offset: end.end.0,
        ..Default::default()
    });
    let aborted_transactions = plan.aborted.map(|aborted| {
        let wire = |transaction: &jackdaw_log::txn_index::AbortedTransaction| AbortedTransaction {
            producer_id: transaction.producer_id.0,
            first_offset: transaction.first_offset.0,
            ..Default::default()
        };
        aborted.iter().map(wire).collect()
    });
    PartitionData {
        partition_index,
        high_watermark: plan.high_watermark.0,
        last_stable_offset: plan.last_stable.0,
        log_start_offset: plan.log_start.0,
        diverging_epoch: diverging.unwrap_or_default(),
        aborted_transactions,
        records: Some(records),
        ..Default::default()
    }
}

fn no_records<'a>() -> Records<'a> {
    Records::Inline(Blob::Borrowed(&[]))
}
