//! Produce, versions 3 to 13 (0 to 2 are advertised for old clients' sake and refused; KIP-98, KIP-467, KIP-516,
//! KIP-951). The append happens where the request was read; only the wait for the disk and for replicas comes later.

mod answer;
mod target;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jackdaw_partition::{AckStatus, Origin, RequiredAcks, Watch};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::produce_request::ProduceRequest;

use self::answer::{Outcome, PartitionAnswer};
use self::target::{Target, Targets};
use crate::metrics::Stage;
use crate::node::Node;
use crate::park::{Park, Wake};
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply};

/// Executes a Produce request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let (targets, acks, timeout_ms) = match read(node, context, frame) {
        Ok(read) => read,
        Err(reason) => return Reply::Close(reason),
    };
    context.laps.mark(Stage::Decode);
    let Some(acks) = acks else {
        return answer::refuse_all(context, &targets, ErrorCode::InvalidRequiredAcks);
    };
    let answers = append_all(node, context, frame, &targets, acks);
    context.laps.mark(Stage::Write);
    count(node, &answers);
    if acks == RequiredAcks::None {
        return match answers.iter().any(|answer| answer.outcome.error() != ErrorCode::None) {
            // Closing is the only way to tell a producer that asks for no answers.
            true => Reply::Close(CloseReason::SilentError("Produce with acks=0")),
            false => Reply::NoAnswer,
        };
    }
    if answers.iter().all(|answer| !answer.is_pending(acks)) {
        return answer::encode(node, context, &targets, &answers, acks).into();
    }
    let park = Park::new(jackdaw_base::Signal::new(), u64::try_from(timeout_ms).unwrap_or(0));
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        wait(&answers, acks, park).await;
        context.laps.mark(Stage::SyncWait);
        answer::encode(&node, &context, &targets, &answers, acks)
    }))
}

type Read = (Targets, Option<RequiredAcks>, i32);

/// Decodes the request down to where each partition's bytes are.
fn read(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Read, CloseReason> {
    let request: ProduceRequest<'_> = frame.decode(context.head)?;
    let acks = match request.acks {
        0 => Some(RequiredAcks::None),
        1 => Some(RequiredAcks::Leader),
        -1 => Some(RequiredAcks::All),
        _ => None,
    };
    let targets = Targets::resolve(node, context, frame, &request);
    Ok((targets, acks, request.timeout_ms))
}

fn append_all(
    node: &Node,
    context: &RequestContext,
    frame: &mut Frame<'_>,
    targets: &Targets,
    acks: RequiredAcks,
) -> Vec<PartitionAnswer> {
    let mut answers = Vec::with_capacity(targets.count());
    for (topic, target) in targets.iter() {
        let outcome = match target {
            Target { refusal: Some(error), .. } => Outcome::Refused(*error),
            Target { partition: Some(partition), range: Some(range), .. } => {
                let bytes = &mut frame.body_mut()[range.clone()];
                let origin = Origin::Client { acks };
                match partition.append(origin, bytes, node.clock.wall(), context.arrived) {
                    Ok(appended) => Outcome::Appended { partition: Arc::clone(partition), appended },
                    Err(error) => Outcome::Failed { error, log_start: partition.watermarks().log_start },
                }
            }
            Target { .. } => Outcome::Refused(topic.unknown_error()),
        };
        let size_bytes = target.range.as_ref().map_or(0, |range| range.len() as u64);
        answers.push(PartitionAnswer { outcome, size_bytes, records: target.record_count });
    }
    answers
}

fn count(node: &Node, answers: &[PartitionAnswer]) {
    let topics = &node.metrics.topics;
    let (mut bytes, mut records, mut failed) = (0, 0, 0);
    for answer in answers {
        match answer.outcome {
            Outcome::Appended { .. } => {
                bytes += answer.size_bytes;
                records += answer.records;
            }
            Outcome::Refused(_) | Outcome::Failed { .. } => {
                failed += 1;
                topics.bytes_rejected.fetch_add(answer.size_bytes, Ordering::Relaxed);
            }
        }
    }
    topics.produce_requests.fetch_add(answers.len() as u64, Ordering::Relaxed);
    topics.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    topics.messages_in.fetch_add(records, Ordering::Relaxed);
    if failed > 0 {
        topics.produce_requests_failed.fetch_add(failed, Ordering::Relaxed);
    }
}

/// Waits until every appended batch is what the producer asked for, or the time is up.
async fn wait(answers: &[PartitionAnswer], acks: RequiredAcks, mut park: Park) {
    for answer in answers {
        let Outcome::Appended { partition, appended } = &answer.outcome else { continue };
        let watch = match acks {
            RequiredAcks::All => Watch::HighWatermark(appended.required_end),
            RequiredAcks::Leader | RequiredAcks::None => Watch::Flushed(appended.required_end),
        };
        // Most partitions of a request are done together, so the second one rarely waits.
        while partition.ack_status(appended, acks) == AckStatus::Pending {
            park.lower();
            let _subscription = partition.subscribe(watch, park.signal());
            if park.wait().await == Wake::Expired {
                return;
            }
        }
    }
}
