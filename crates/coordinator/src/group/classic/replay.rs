//! Classic groups in the log: `GroupMetadataValue`, versions 0 to 4. What the log says is folded onto what only lives in
//! memory (who waits, which other protocols members support), which stays.

use std::sync::Arc;

use jackdaw_base::TimestampMs;
use jackdaw_protocol::messages::group_metadata_value::{GroupMetadataValue, MemberMetadata};

use super::group::{ClassicGroup, Phase};
use super::member::{Member, Waiting};
use super::{pending, rebalance};
use crate::group::record::{GroupId, GroupRecord, MemberId};
use crate::group::request::Client;
use crate::group::state::{Group, GroupState};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// A group without members, as it is first written.
pub fn empty_record(id: &GroupId, wall: TimestampMs) -> GroupRecord {
    let value = GroupMetadataValue {
        protocol: None,
        leader: None,
        current_state_timestamp: wall.0,
        ..GroupMetadataValue::default()
    };
    GroupRecord::Classic { group: Arc::clone(id), value: Some(value) }
}

/// The group with its members and their assignments.
pub fn record(group: &ClassicGroup) -> GroupRecord {
    let protocol = group.protocol().map(Arc::as_ref);
    let value = GroupMetadataValue {
        protocol_type: group.protocol_type().to_string().into(),
        generation: group.generation(),
        protocol: protocol.map(|name| name.to_owned().into()),
        leader: group.leader().map(|leader| leader.to_string().into()),
        current_state_timestamp: group.since.map_or(-1, |since| since.0),
        members: group.members().map(|member| member_record(member, protocol)).collect(),
        unknown_tags: Vec::new(),
    };
    GroupRecord::Classic { group: Arc::clone(group.id()), value: Some(value) }
}

fn member_record(member: &Member, protocol: Option<&str>) -> MemberMetadata<'static> {
    MemberMetadata {
        member_id: member.id.to_string().into(),
        group_instance_id: member.instance.as_ref().map(|instance| instance.to_string().into()),
        client_id: member.client.id.to_string().into(),
        client_host: member.client.host.to_string().into(),
        rebalance_timeout: member.rebalance_timeout_ms,
        session_timeout: member.session_timeout_ms,
        subscription: member.metadata(protocol).to_vec().into(),
        assignment: member.assignment.to_vec().into(),
        unknown_tags: Vec::new(),
    }
}

/// Folds a record with key version 2. A tombstone of a group that has the consumer protocol by now says nothing.
pub fn replay(state: &mut GroupState, id: &GroupId, value: Option<&GroupMetadataValue<'static>>) {
    match value {
        Some(value) => {
            let group = fold(state.classic(id), id, value);
            state.groups.insert(Arc::clone(id), Arc::new(Group::Classic(group)));
        }
        None if state.classic(id).is_some() => remove(state, id),
        None => {}
    }
}

fn fold(before: Option<&ClassicGroup>, id: &GroupId, value: &GroupMetadataValue<'static>) -> ClassicGroup {
    let protocol_type: Arc<str> = Arc::from(&*value.protocol_type);
    let mut group = ClassicGroup::new(id);
    group.generation = value.generation;
    group.protocol = value.protocol.as_deref().map(Arc::from);
    group.leader = value.leader.as_deref().map(Arc::from);
    group.since = (value.current_state_timestamp >= 0).then_some(TimestampMs(value.current_state_timestamp));
    for recorded in &value.members {
        if group.member(&recorded.member_id).is_none() {
            let member = fold_member(before, group.protocol.as_ref(), recorded);
            group.add(member, &protocol_type);
        }
    }
    group.protocol_type = (!protocol_type.is_empty()).then_some(protocol_type);
    group.phase = match group.member_count() {
        0 => Phase::Empty,
        _ => Phase::Stable,
    };
    if let Some(before) = before {
        group.pending_joins = before.pending_joins;
        group.pending_syncs.clone_from(&before.pending_syncs);
        let is_member = |id: &Arc<str>| value.members.iter().any(|member| member.member_id == **id);
        group.pending_syncs.retain(is_member);
    }
    group.read_topics();
    group
}

fn fold_member(
    before: Option<&ClassicGroup>,
    protocol: Option<&Arc<str>>,
    recorded: &MemberMetadata<'static>,
) -> Member {
    let metadata: Arc<[u8]> = Arc::from(&*recorded.subscription);
    let known = before.and_then(|group| group.member(&recorded.member_id));
    let name = protocol.cloned().unwrap_or_default();
    let supports = |member: &&Member| member.protocols.contains(&(Arc::clone(&name), Arc::clone(&metadata)));
    let protocols = known.filter(supports).map(|member| member.protocols.clone());
    Member {
        id: known.map_or_else(|| Arc::from(&*recorded.member_id), |member| Arc::clone(&member.id)),
        instance: recorded.group_instance_id.as_deref().map(Arc::from),
        client: Client { id: Arc::from(&*recorded.client_id), host: Arc::from(&*recorded.client_host) },
        rebalance_timeout_ms: match recorded.rebalance_timeout {
            // Version 0 has none.
            -1 => recorded.session_timeout,
            timeout_ms => timeout_ms,
        },
        session_timeout_ms: recorded.session_timeout,
        protocols: protocols.unwrap_or_else(|| vec![(name, metadata)]),
        assignment: Arc::from(&*recorded.assignment),
        waiting: known.map_or(Waiting::No, |member| member.waiting),
        is_new: known.is_some_and(|member| member.is_new),
    }
}

fn remove(state: &mut GroupState, id: &GroupId) {
    let Some(group) = state.classic(id) else { return };
    let of_group =
        [TimerKey::ClassicJoin, TimerKey::ClassicGather, TimerKey::ClassicQuiet, TimerKey::ClassicSync];
    let mut deadlines: Vec<TimerKey> = of_group.iter().map(|key| key(Arc::clone(id))).collect();
    deadlines.extend(
        group.members().map(|member| TimerKey::ClassicSession(Arc::clone(id), Arc::clone(&member.id))),
    );
    for key in &deadlines {
        state.timers.cancel(key);
    }
    pending::forget_all(state, id);
    state.groups.remove(id);
}

/// The log was read: sessions begin to run. A group that is too large by now rebalances, so that members which find no
/// place can commit before.
pub fn on_loaded(turn: &mut Turn<'_>, id: &GroupId) {
    start_sessions(turn, id);
    let size_max = turn.world.settings(id).classic_size_max;
    if turn.state.classic(id).is_some_and(|group| group.member_count() > size_max) {
        rebalance::prepare(turn, id);
    }
}

/// The session of each member begins.
pub fn start_sessions(turn: &mut Turn<'_>, id: &GroupId) {
    let Some(group) = turn.state.classic(id) else { return };
    let sessions: Vec<(MemberId, i32)> =
        group.members().map(|member| (Arc::clone(&member.id), member.session_timeout_ms)).collect();
    for (member, timeout_ms) in &sessions {
        rebalance::restart_session(turn, id, member, *timeout_ms);
    }
}
