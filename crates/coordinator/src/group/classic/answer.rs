//! What callers of classic groups are answered, in the shapes that Kafka gives them.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::ClassicGroup;
use super::member::{Member, Waiting};
use crate::group::record::MemberId;
use crate::group::request::{GroupAnswer, Joined, Synced};
use crate::group::turn::Turn;
use crate::shard::Token;

/// A JoinGroup is refused. `member` is the id to go on with; empty for none.
pub fn join_refused(member: &str, code: ErrorCode) -> GroupAnswer {
    GroupAnswer::Joined(Joined {
        error: Some(code.into()),
        generation: -1,
        protocol_type: None,
        protocol: None,
        leader: Arc::from(""),
        skip_assignment: false,
        member: Arc::from(member),
        members: Vec::new(),
    })
}

/// What the members of a generation are told, each with its own id.
pub fn joined(group: &ClassicGroup, member: &MemberId) -> Joined {
    let is_leader = group.leader() == Some(member);
    let protocol = group.protocol().map(Arc::as_ref);
    Joined {
        error: None,
        generation: group.generation(),
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol().cloned(),
        leader: group.leader().cloned().unwrap_or_default(),
        skip_assignment: false,
        member: Arc::clone(member),
        members: match is_leader {
            true => group.members().map(|member| member.for_leader(protocol)).collect(),
            false => Vec::new(),
        },
    }
}

/// A SyncGroup is refused.
pub fn sync_refused(code: ErrorCode) -> GroupAnswer {
    GroupAnswer::Synced(Synced {
        error: Some(code.into()),
        protocol_type: None,
        protocol: None,
        assignment: Arc::default(),
    })
}

/// What a member is to do.
pub fn synced(group: &ClassicGroup, member: &Member) -> GroupAnswer {
    GroupAnswer::Synced(Synced {
        error: None,
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol().cloned(),
        assignment: Arc::clone(&member.assignment),
    })
}

/// Answers whatever this member waits for with an error; `member` is the id that a JoinGroup's answer has.
pub fn refuse(turn: &mut Turn<'_>, waiting: Waiting, member: &str, code: ErrorCode) {
    match waiting {
        Waiting::No => {}
        Waiting::Joined(token) => turn.answer(token, join_refused(member, code)),
        Waiting::Synced(token) => turn.answer(token, sync_refused(code)),
    }
}

/// Answers a Heartbeat.
pub fn heartbeat(turn: &mut Turn<'_>, token: Token, result: Result<(), ErrorCode>) {
    turn.answer(token, GroupAnswer::Heartbeat(result.map_err(Into::into)));
}
