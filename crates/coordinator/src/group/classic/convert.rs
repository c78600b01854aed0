//! A group changes between the protocols (KIP-848): what the other protocol needs of this one.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::{ClassicGroup, Phase};
use super::member::{Member, Waiting};
use super::{answer, patience, rebalance, replay};
use crate::group::record::{GroupId, MemberId};
use crate::group::state::Group;
use crate::group::turn::Turn;

impl ClassicGroup {
    /// A stable group of consumers with these members and their assignments. The first member leads.
    pub fn of_consumers(id: &GroupId, generation: i32, members: Vec<Member>) -> Self {
        let protocol_type = Arc::from(super::CONSUMER_PROTOCOL_TYPE);
        let mut group = Self::new(id);
        group.generation = generation;
        group.protocol_type = Some(Arc::clone(&protocol_type));
        for member in members {
            group.add(member, &protocol_type);
        }
        group.protocol = group.elect_protocol();
        group.phase = if group.member_count() == 0 { Phase::Empty } else { Phase::Stable };
        group.read_topics();
        group
    }
}

/// Puts a group into the place of one whose tombstones are written: its record is written, and sessions begin. The
/// caller prepares a rebalance where there is to be one.
pub fn adopt(turn: &mut Turn<'_>, mut group: ClassicGroup) {
    group.since = Some(turn.now.wall);
    let id = Arc::clone(group.id());
    let record = replay::record(&group);
    // What the record does not hold (all protocols of each member, who waits) has to be there when it is folded.
    turn.state.groups.insert(Arc::clone(&id), Arc::new(Group::Classic(group)));
    turn.write(record);
    replay::start_sessions(turn, &id);
}

/// Answers everybody whose JoinGroup or SyncGroup waits with an error: the group is about to become another one.
pub fn refuse_waiting(turn: &mut Turn<'_>, id: &GroupId, code: ErrorCode) {
    let is_waiting = |member: &&Member| member.waiting != Waiting::No;
    let Some(group) = turn.state.classic(id) else { return };
    let waiting: Vec<MemberId> =
        group.members().filter(is_waiting).map(|member| Arc::clone(&member.id)).collect();
    for member in waiting {
        let before = turn
            .state
            .classic_mut(id)
            .and_then(|group| group.update(&member, |member| std::mem::take(&mut member.waiting)));
        patience::let_go(turn, id, &member);
        answer::refuse(turn, before.unwrap_or_default(), &member, code);
    }
    rebalance::cancel_deadlines(turn, id);
}
