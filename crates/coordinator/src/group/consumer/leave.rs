//! Members go: they leave, or are fenced because they were not heard of or did not give back what they had to. Their
//! partitions are free at once; what the others get of them is the next target assignment's matter.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::member::{AWAY_EPOCH, Current, Held};
use super::migration::{self, Afterwards};
use super::{checks, membership, park, records};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{ConsumerHeartbeat, ConsumerHeartbeatAnswer, GroupError};
use crate::group::state::Group;
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// How long after a good-bye the members that stay are left in peace. The consumers of an application leave one after
/// another when it ends; what the first one had is not handed to one that is about to leave, too. A heartbeat that
/// comes meanwhile is answered with the new assignment as ever.
const FAREWELL_MS: i64 = 50;

/// A heartbeat with epoch -1 or -2.
///
/// # Errors
/// GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
pub(super) fn leave(
    turn: &mut Turn<'_>,
    request: &ConsumerHeartbeat,
) -> Result<ConsumerHeartbeatAnswer, GroupError> {
    let group = &request.group;
    let consumer = match turn.state.groups.get(group).map(Arc::as_ref) {
        Some(Group::Consumer(consumer)) => consumer,
        found => {
            let what = if found.is_some() { "is not a consumer group" } else { "not found" };
            return Err(GroupError::new(ErrorCode::GroupIdNotFound, format!("Group {group} {what}.")));
        }
    };
    let member = match &request.instance {
        None => checks::known(consumer, &request.member)?,
        Some(instance) => checks::known_static(consumer, &request.member, instance)?.1,
    };
    if request.instance.is_some() && request.member_epoch == AWAY_EPOCH {
        let current = away(&member.current);
        turn.write(records::current(group, &request.member, &current));
        turn.cancel_timer(&TimerKey::ConsumerRebalance(Arc::clone(group), Arc::clone(&request.member)));
    } else {
        farewell(turn, group, &[Arc::clone(&request.member)]);
    }
    Ok(ConsumerHeartbeatAnswer {
        error: None,
        member: Some(Arc::clone(&request.member)),
        member_epoch: request.member_epoch,
        heartbeat_interval_ms: 0,
        assignment: None,
    })
}

/// What a static member has while it is away: what it had, for whoever comes with its instance id. Epochs of
/// partitions begin anew, so that what it commits then is taken.
fn away(current: &Current) -> Current {
    let mut assigned = current.assigned.clone();
    assigned.values_mut().flat_map(|partitions| partitions.values_mut()).for_each(|epoch| *epoch = 0);
    Current {
        epoch: AWAY_EPOCH,
        previous_epoch: current.previous_epoch,
        state: current.state,
        assigned,
        revoking: Held::new(),
    }
}

/// Members say good-bye.
pub(super) fn farewell(turn: &mut Turn<'_>, group: &GroupId, leaving: &[MemberId]) {
    remove(turn, group, leaving);
    if turn.state.consumer(group).is_some_and(|consumer| !consumer.is_empty()) && !leaving.is_empty() {
        turn.set_timer(TimerKey::ConsumerAssignment(Arc::clone(group)), FAREWELL_MS);
    }
}

/// Removes members. The group becomes a classic one if only members with the classic protocol stay.
pub(super) fn remove(turn: &mut Turn<'_>, group: &GroupId, leaving: &[MemberId]) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    if leaving.is_empty() {
        return;
    }
    let is_downgraded = migration::is_downgraded_without(turn, consumer, leaving);
    for member in leaving {
        park::answer_gone(turn, group, member);
    }
    if is_downgraded {
        migration::downgrade(turn, group, leaving, Afterwards::Rebalance);
        return;
    }
    for member in leaving {
        for record in records::member_tombstones(group, member) {
            turn.write(record);
        }
        membership::cancel_timers(turn, group, member);
    }
    membership::drop_unused_regexes(turn, group);
    membership::bump(turn, group);
    if turn.state.consumer(group).is_some_and(|consumer| consumer.is_empty()) {
        turn.cancel_timer(&TimerKey::ConsumerAssignment(Arc::clone(group)));
        turn.cancel_timer(&TimerKey::ConsumerRegex(Arc::clone(group)));
    }
}
