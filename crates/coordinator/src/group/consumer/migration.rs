//! A group changes between the protocols while it has members (KIP-848): a classic group becomes a consumer group when
//! a member comes with the consumer protocol, and goes back when the last one with it leaves, where
//! `group.consumer.migration.policy` allows. Each change is one step: tombstones of the one, records of the other.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::group::ConsumerGroup;
use super::member::{ClassicMetadata, Current, Held, Member, MemberState, Subscription};
use super::{membership, protocol, records};
use crate::group::classic::{self, ClassicGroup, Phase, Waiting};
use crate::group::record::{GroupId, GroupRecord, MemberId};
use crate::group::request::GroupError;
use crate::group::state::{Group, GroupState};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::group::world::MigrationPolicy;

/// How a member's heartbeat finds its group.
pub(super) enum Entry {
    /// As a consumer group.
    Known,
    /// Not at all: its first record makes it.
    New,
    /// As a classic group without members, which these records end.
    Replaces(Vec<GroupRecord>),
    /// As a classic group with members, which becomes a consumer group.
    Upgrades(Box<Upgrade>),
}

/// A classic group as a consumer group.
pub(super) struct Upgrade {
    /// What becomes of it.
    pub group: ConsumerGroup,
    records: Vec<GroupRecord>,
    /// Members with their session timeouts.
    sessions: Vec<(MemberId, i32)>,
}

/// What a classic group would be as a consumer group.
///
/// # Errors
/// GROUP_ID_NOT_FOUND where it may not or cannot become one.
pub(super) fn plan_upgrade(turn: &Turn<'_>, classic: &ClassicGroup) -> Result<Entry, GroupError> {
    let id = classic.id();
    let settings = turn.world.settings(id);
    let refuse = |why: &str| {
        let message = format!("Cannot upgrade classic group {id} to consumer group because {why}.");
        Err(GroupError::new(ErrorCode::GroupIdNotFound, message))
    };
    if !matches!(settings.migration_policy, MigrationPolicy::Upgrade | MigrationPolicy::Bidirectional) {
        return refuse("online upgrade is disabled");
    }
    if !classic.has_consumers() {
        return refuse("the group does not use the consumer embedded protocol");
    }
    if classic.member_count() > settings.consumer_size_max {
        return refuse("the group size exceeds the consumer group maximum size");
    }
    let mut members = Vec::with_capacity(classic.member_count());
    for member in classic.members() {
        match upgraded(turn, classic, member) {
            Ok(upgraded) => members.push(upgraded),
            Err(Unfit::Malformed) => return refuse("the embedded consumer protocol is malformed"),
            Err(Unfit::CustomAssignor) => {
                return refuse(
                    "an unsupported custom assignor is in use. Please refer to the documentation or switch to a \
                     default assignor before re-attempting the upgrade",
                );
            }
        }
    }
    let members = with_partitions(members);
    let upgrade = upgrade(turn, classic, members);
    Ok(Entry::Upgrades(Box::new(upgrade)))
}

/// Partitions of topics.
type Claims = Vec<(Uuid, Vec<i32>)>;

/// A member of a classic group as one of a consumer group, and what may be its.
struct Upgraded {
    id: MemberId,
    member: Member,
    /// Whether it has joined in the rebalance that is under way: then its claims are of now.
    has_joined: bool,
    /// What its leader has assigned to it.
    assignment: Claims,
    /// What it said it owned when it joined.
    claims: Claims,
}

/// Why a member cannot be taken over.
enum Unfit {
    Malformed,
    CustomAssignor,
}

/// Each partition goes to one member at most: to whom said it owned it when it joined in the rebalance under way; then to
/// whom it is assigned; then to whom said earlier that it owned it. A cooperative member in the midst of a rebalance still
/// reads what nobody is assigned, and nobody else is to have it before this member has given it up (C4).
fn with_partitions(mut upgraded: Vec<Upgraded>) -> Vec<(MemberId, Member)> {
    let mut taken = BTreeSet::new();
    for of in upgraded.iter_mut().filter(|of| of.has_joined) {
        take(&mut of.member, &of.claims, &mut taken);
    }
    for of in &mut upgraded {
        take(&mut of.member, &of.assignment, &mut taken);
    }
    for of in &mut upgraded {
        take(&mut of.member, &of.claims, &mut taken);
    }
    upgraded.into_iter().map(|of| (of.id, of.member)).collect()
}

fn take(member: &mut Member, partitions: &Claims, taken: &mut BTreeSet<(Uuid, i32)>) {
    let epoch = member.current.epoch;
    for (topic, partitions) in partitions {
        for partition in partitions {
            if taken.insert((*topic, *partition)) {
                let current = Arc::make_mut(&mut member.current);
                current.assigned.entry(*topic).or_default().insert(*partition, epoch);
            }
        }
    }
}

/// A member of a classic group as one of a consumer group, without partitions yet.
fn upgraded(turn: &Turn<'_>, classic: &ClassicGroup, member: &classic::Member) -> Result<Upgraded, Unfit> {
    let topics = turn.world.topics();
    let assignment = protocol::read_assignment(&member.assignment).map_err(|_| Unfit::Malformed)?;
    if assignment.has_user_data {
        return Err(Unfit::CustomAssignor);
    }
    let metadata = match classic.protocol() {
        Some(protocol) => member.metadata(Some(protocol)),
        None => member.protocols.first().map(|(_, metadata)| Arc::clone(metadata)).unwrap_or_default(),
    };
    let wishes = protocol::read_subscription(&metadata, topics).map_err(|_| Unfit::Malformed)?;
    let epoch = classic.generation();
    let assignment = assignment.partitions.into_iter();
    let assignment =
        assignment.filter_map(|(name, partitions)| Some((topics.by_name(&name)?.id, partitions)));
    let assignment = assignment.collect();
    let subscription = Subscription {
        instance: member.instance.clone(),
        rack: wishes.rack,
        client: member.client.clone(),
        topics: wishes.topics,
        rebalance_timeout_ms: member.rebalance_timeout_ms,
        classic: Some(ClassicMetadata {
            session_timeout_ms: member.session_timeout_ms,
            protocols: member.protocols.clone(),
        }),
        ..Subscription::default()
    };
    let current = Current {
        epoch,
        previous_epoch: epoch,
        state: MemberState::Stable,
        assigned: Held::new(),
        revoking: Held::new(),
    };
    Ok(Upgraded {
        id: Arc::clone(&member.id),
        member: Member { subscription: Arc::new(subscription), current: Arc::new(current) },
        has_joined: classic.phase() == Phase::CompletingRebalance || member.is_joining(),
        assignment,
        claims: wishes.owned,
    })
}

/// The records that make the consumer group, after those that end the classic one; and what they make.
fn upgrade(turn: &Turn<'_>, classic: &ClassicGroup, members: Vec<(MemberId, Member)>) -> Upgrade {
    let id = classic.id();
    let generation = classic.generation();
    let mut records = classic.tombstones();
    records.extend(members.iter().map(|(member, of)| records::subscription(id, member, &of.subscription)));
    let mut scratch = GroupState::default();
    records.iter().for_each(|record| scratch.replay(record));
    let hash = scratch.consumer(id).map_or(0, |group| group.current_hash(turn.world.topics()));
    records.push(records::epoch(id, generation, hash));
    records.extend(members.iter().map(|(member, of)| {
        let target = protocol::without_epochs(&of.current.assigned).collect();
        records::target(id, member, &target)
    }));
    records.push(records::target_epoch(id, generation, 0));
    records.extend(members.iter().map(|(member, of)| records::current(id, member, &of.current)));
    let mut scratch = GroupState::default();
    records.iter().for_each(|record| scratch.replay(record));
    let group = scratch.consumer(id).cloned().unwrap_or_else(|| ConsumerGroup::new(id));
    let timeout_ms =
        |member: &Member| member.subscription.classic.as_ref().map_or(0, |of| of.session_timeout_ms);
    let sessions = members.iter().map(|(id, member)| (Arc::clone(id), timeout_ms(member))).collect();
    Upgrade { group, records, sessions }
}

/// Makes the group what the heartbeat needs it to be.
pub(super) fn enter(turn: &mut Turn<'_>, group: &GroupId, entry: Entry) {
    match entry {
        Entry::Known | Entry::New => {}
        Entry::Replaces(tombstones) => {
            classic::refuse_waiting(turn, group, ErrorCode::RebalanceInProgress);
            tombstones.into_iter().for_each(|record| turn.write(record));
        }
        Entry::Upgrades(upgrade) => {
            // Whoever waits in a rebalance of the classic group joins again, and finds the consumer group.
            classic::refuse_waiting(turn, group, ErrorCode::RebalanceInProgress);
            for (member, timeout_ms) in &upgrade.sessions {
                turn.cancel_timer(&TimerKey::ClassicSession(Arc::clone(group), Arc::clone(member)));
                membership::renew_session(turn, group, member, *timeout_ms);
            }
            upgrade.records.into_iter().for_each(|record| turn.write(record));
        }
    }
}

/// Whether a consumer group becomes a classic one when these members have left it: all who stay speak the classic
/// protocol, at least one of those who leave does not.
pub(super) fn is_downgraded_without(turn: &Turn<'_>, group: &ConsumerGroup, leaving: &[MemberId]) -> bool {
    let stays = |id: &MemberId| !leaving.contains(id);
    let staying = group.members().iter().filter(|(id, _)| stays(id));
    let (count, classic_count) = staying.fold((0, 0), |(count, classic), (_, member)| {
        (count + 1, classic + usize::from(member.is_classic()))
    });
    count > 0 && count == classic_count && may_downgrade(turn, group, count)
}

/// Whether policy and size allow a downgrade to a classic group of `count` members.
pub(super) fn may_downgrade(turn: &Turn<'_>, group: &ConsumerGroup, count: usize) -> bool {
    let settings = turn.world.settings(&group.id);
    matches!(settings.migration_policy, MigrationPolicy::Downgrade | MigrationPolicy::Bidirectional)
        && count <= settings.classic_size_max
}

/// What a downgrade leaves to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Afterwards {
    /// The members that stay share out what the others had.
    Rebalance,
    /// Everybody has what is theirs already.
    Nothing,
}

/// What a member of a consumer group is assigned in the classic one. Kafka writes its target. If everybody joins again that
/// is what some still have to give up and others never got; should the group be upgraded before, or read from its log,
/// it counts as theirs (C4). So then it is what they hold.
fn handed_over(
    group: &ConsumerGroup,
    member: &MemberId,
    current: &Current,
    afterwards: Afterwards,
) -> Claims {
    match afterwards {
        Afterwards::Nothing => {
            let target = group.target(member).cloned().unwrap_or_default();
            target.iter().map(|(topic, partitions)| (*topic, partitions.clone())).collect()
        }
        Afterwards::Rebalance => {
            let mut held = current.assigned.clone();
            for (topic, partitions) in &current.revoking {
                held.entry(*topic).or_default().extend(partitions);
            }
            protocol::without_epochs(&held).collect()
        }
    }
}

/// Makes a consumer group a classic one of all members but those that leave. All who stay speak the classic protocol.
pub(super) fn downgrade(turn: &mut Turn<'_>, group: &GroupId, leaving: &[MemberId], afterwards: Afterwards) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    let topics = turn.world.topics();
    let members: Vec<classic::Member> = consumer
        .members()
        .iter()
        .filter(|(id, _)| !leaving.contains(id))
        .filter_map(|(id, member)| {
            let of = member.subscription.classic.as_ref()?;
            let bytes = of.protocols.first().map(|(_, bytes)| Arc::clone(bytes)).unwrap_or_default();
            let version = protocol::read_subscription(&bytes, topics).map_or(0, |wishes| wishes.version);
            let assigned = handed_over(consumer, id, &member.current, afterwards);
            Some(classic::Member {
                id: Arc::clone(id),
                instance: member.subscription.instance.clone(),
                client: member.subscription.client.clone(),
                rebalance_timeout_ms: member.subscription.rebalance_timeout_ms,
                session_timeout_ms: of.session_timeout_ms,
                protocols: of.protocols.clone(),
                assignment: protocol::write_assignment(assigned.into_iter(), version, topics),
                waiting: Waiting::No,
                is_new: false,
            })
        })
        .collect();
    let classic = ClassicGroup::of_consumers(group, consumer.epoch, members);
    let tombstones = consumer.tombstones();
    let ids: Vec<MemberId> = consumer.members().keys().cloned().collect();
    for id in &ids {
        membership::cancel_timers(turn, group, id);
    }
    turn.cancel_timer(&TimerKey::ConsumerAssignment(Arc::clone(group)));
    turn.cancel_timer(&TimerKey::ConsumerRegex(Arc::clone(group)));
    tombstones.into_iter().for_each(|record| turn.write(record));
    debug_assert!(!matches!(turn.state.groups.get(group).map(Arc::as_ref), Some(Group::Consumer(_))));
    classic::adopt(turn, classic);
    if afterwards == Afterwards::Rebalance {
        classic::prepare(turn, group);
    }
}
