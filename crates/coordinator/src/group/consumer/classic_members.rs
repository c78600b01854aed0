//! Members that speak the classic protocol in a consumer group (KIP-848, online migration): they join and sync, but the
//! coordinator assigns. A join is a heartbeat that may give back partitions, a sync tells what the member has, a
//! heartbeat tells it to join again.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::ConsumerGroup;
use super::member::{ClassicMetadata, Member, MemberState, Subscription};
use super::membership::{self, Pace, Place};
use super::migration::{self, Afterwards};
use super::protocol::{self, ClassicSubscription};
use super::{checks, leave, park, target};
use crate::group::classic::{self, CONSUMER_PROTOCOL_TYPE};
use crate::group::parked::ParkedKind;
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{
    GroupAnswer, GroupError, Heartbeat, JoinGroup, Joined, LeaveGroup, Leaving, Left, SyncGroup, Synced,
};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::group::world::MigrationPolicy;
use crate::shard::Token;

/// JoinGroup of a member with the classic protocol. A group without members becomes a classic one.
pub fn classic_join(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    let group = &request.group;
    if let Some(empty) = turn.state.consumer(group).filter(|consumer| consumer.is_empty()) {
        let tombstones = empty.tombstones();
        tombstones.into_iter().for_each(|record| turn.write(record));
        return classic::join(turn, token, request);
    }
    park::answer_parked(turn, group, &request.member);
    let answer = match plan(turn, request) {
        Ok(plan) => join(turn, request, plan),
        Err(refusal) => Joined {
            error: Some(refusal.error),
            generation: -1,
            protocol_type: None,
            protocol: None,
            leader: Arc::from(""),
            skip_assignment: false,
            member: refusal.member,
            members: Vec::new(),
        },
    };
    turn.answer(token, GroupAnswer::Joined(answer));
}

/// A join that may be taken.
struct Plan {
    member: MemberId,
    place: Place,
    wishes: ClassicSubscription,
    /// Whether the last member with the consumer protocol is replaced by this one.
    is_downgrade: bool,
}

/// A join that is refused, with the member id that the answer carries.
struct Refusal {
    error: GroupError,
    member: MemberId,
}

impl From<GroupError> for Refusal {
    fn from(error: GroupError) -> Self {
        Self { error, member: MemberId::from("") }
    }
}

fn plan(turn: &Turn<'_>, request: &JoinGroup) -> Result<Plan, Refusal> {
    let group = &request.group;
    // Only who is asked to come again is told an id.
    let refuse = |code: ErrorCode, message: String| Refusal::from(GroupError::new(code, message));
    let settings = turn.world.settings(group);
    let Some(consumer) = turn.state.consumer(group) else {
        return Err(refuse(ErrorCode::UnknownMemberId, format!("Group {group} not found.")));
    };
    if settings.migration_policy == MigrationPolicy::Disabled {
        let message = format!(
            "Cannot join the consumer group {group} with the classic protocol because the group migration is disabled."
        );
        return Err(refuse(ErrorCode::InconsistentGroupProtocol, message));
    }
    let is_unknown = request.member.is_empty();
    let member = match is_unknown {
        true => MemberId::from(turn.now.random.to_string()),
        false => Arc::clone(&request.member),
    };
    if !consumer.members().contains_key(&member) {
        checks::check_size(consumer.members().len(), &settings).map_err(Refusal::from)?;
    }
    if !supports(consumer, request) {
        let message = format!("Member {member}'s protocols are not supported.");
        return Err(refuse(ErrorCode::InconsistentGroupProtocol, message));
    }
    if is_unknown && request.instance.is_none() && request.requires_known_member_id {
        return Err(Refusal { error: ErrorCode::MemberIdRequired.into(), member });
    }
    let place = place(consumer, &member, request, is_unknown).map_err(Refusal::from)?;
    let first = request.protocols.first().map(|(_, bytes)| Arc::clone(bytes)).unwrap_or_default();
    let wishes = protocol::read_subscription(&first, turn.world.topics()).map_err(|_| {
        let message = "Malformed embedded consumer protocol in subscription deserialization.";
        refuse(ErrorCode::UnknownServerError, message.to_string())
    })?;
    if place == Place::New && !is_unknown && !wishes.owned.is_empty() {
        // It was a member and was expelled; what it believes to own may be somebody else's by now (C4). Kafka lets it in
        // under its old id, with all it claims, until it syncs; this way it gives everything up first.
        return Err(refuse(
            ErrorCode::UnknownMemberId,
            format!("{member} is not a member of group {group}."),
        ));
    }
    let is_downgrade = match &place {
        Place::Replaces(old) => {
            is_last_consumer(consumer, old)
                && migration::may_downgrade(turn, consumer, consumer.members().len())
        }
        Place::Present | Place::New => false,
    };
    Ok(Plan { member, place, wishes, is_downgrade })
}

/// Whether the group has a protocol in common with the member.
fn supports(group: &ConsumerGroup, request: &JoinGroup) -> bool {
    let classic = || group.members().values().filter_map(|member| member.subscription.classic.as_ref());
    let has = |of: &ClassicMetadata, name: &str| of.protocols.iter().any(|(known, _)| **known == *name);
    *request.protocol_type == *CONSUMER_PROTOCOL_TYPE
        && request.protocols.iter().any(|(name, _)| classic().all(|of| has(of, name)))
}

fn place(
    group: &ConsumerGroup,
    id: &MemberId,
    request: &JoinGroup,
    is_unknown: bool,
) -> Result<Place, GroupError> {
    match &request.instance {
        None if group.members().contains_key(id) => Ok(Place::Present),
        None => Ok(Place::New),
        Some(instance) if is_unknown => match group.member_of_instance(instance) {
            None => Ok(Place::New),
            Some((owner, _)) => Ok(Place::Replaces(Arc::clone(owner))),
        },
        Some(instance) => checks::known_static(group, id, instance).map(|_| Place::Present),
    }
}

/// Whether a member is the only one that does not speak the classic protocol.
fn is_last_consumer(group: &ConsumerGroup, id: &MemberId) -> bool {
    let speaks_classic = |id: &MemberId| group.members().get(id).is_some_and(Member::is_classic);
    !speaks_classic(id) && group.classic_count() + 1 == group.members().len()
}

fn join(turn: &mut Turn<'_>, request: &JoinGroup, plan: Plan) -> Joined {
    let Plan { member, place, wishes, is_downgrade } = plan;
    let group = &request.group;
    membership::take_place(turn, group, &member, &place);
    let reads_others = update_subscription(turn, request, &member, &wishes);
    if reads_others || place == Place::New {
        membership::bump(turn, group);
    }
    let is_behind =
        |turn: &Turn<'_>| turn.state.consumer(group).is_some_and(|of| of.epoch() > of.target_epoch());
    let generation = if is_downgrade {
        let afterwards = if is_behind(turn) { Afterwards::Rebalance } else { Afterwards::Nothing };
        migration::downgrade(turn, group, &[], afterwards);
        turn.state.classic(group).map_or(-1, |classic| classic.generation())
    } else {
        target::advance(turn, group);
        membership::reconcile(turn, group, &member, Some(&wishes.owned), reads_others, Pace::AtOnce);
        turn.cancel_timer(&TimerKey::ConsumerClassicJoin(Arc::clone(group), Arc::clone(&member)));
        membership::renew_session(turn, group, &member, request.session_timeout_ms);
        let sync = TimerKey::ConsumerClassicSync(Arc::clone(group), Arc::clone(&member));
        turn.set_timer(sync, i64::from(request.rebalance_timeout_ms));
        turn.state
            .consumer(group)
            .and_then(|consumer| consumer.members().get(&member))
            .map_or(-1, |member| member.current.epoch)
    };
    Joined {
        error: None,
        generation,
        protocol_type: Some(Arc::from(CONSUMER_PROTOCOL_TYPE)),
        protocol: request.protocols.first().map(|(name, _)| Arc::clone(name)),
        leader: Arc::from(""),
        skip_assignment: false,
        member,
        members: Vec::new(),
    }
}

fn update_subscription(
    turn: &mut Turn<'_>,
    request: &JoinGroup,
    member: &MemberId,
    wishes: &ClassicSubscription,
) -> bool {
    let known = turn.state.consumer(&request.group).and_then(|consumer| consumer.members().get(member));
    let old = known.map(|known| Arc::clone(&known.subscription)).unwrap_or_default();
    let new = Subscription {
        instance: request.instance.clone().or_else(|| old.instance.clone()),
        rack: wishes.rack.clone().or_else(|| old.rack.clone()),
        client: request.client.clone(),
        topics: wishes.topics.clone(),
        regex_sent: Some(Arc::from("")),
        rebalance_timeout_ms: match request.rebalance_timeout_ms {
            -1 => old.rebalance_timeout_ms,
            timeout_ms => timeout_ms,
        },
        assignor: old.assignor.clone(),
        classic: Some(ClassicMetadata {
            session_timeout_ms: request.session_timeout_ms,
            protocols: request.protocols.clone(),
        }),
    };
    membership::set_subscription(turn, &request.group, member, &old, new)
}

/// SyncGroup of a member with the classic protocol: what it has, in its own bytes.
pub fn classic_sync(turn: &mut Turn<'_>, token: Token, request: &SyncGroup) {
    let answer = match sync(turn, request) {
        Ok(assignment) => Synced {
            error: None,
            protocol_type: request.protocol_type.clone(),
            protocol: request.protocol.clone(),
            assignment,
        },
        Err(error) => {
            Synced { error: Some(error), protocol_type: None, protocol: None, assignment: Arc::default() }
        }
    };
    turn.answer(token, GroupAnswer::Synced(answer));
}

fn sync(turn: &mut Turn<'_>, request: &SyncGroup) -> Result<Arc<[u8]>, GroupError> {
    let group = &request.group;
    let member = classic_member(turn, group, &request.member, request.instance.as_deref())?;
    check_generation(&request.member, &member, request.generation)?;
    let of = member.subscription.classic.clone().unwrap_or_default();
    check_protocol(request, &of)?;
    let target_epoch = turn.state.consumer(group).map_or(0, ConsumerGroup::target_epoch);
    if target_epoch > member.current.epoch && member.current.state != MemberState::UnrevokedPartitions {
        expect_join(turn, group, &request.member, member.subscription.rebalance_timeout_ms);
        let message = format!(
            "A new rebalance is triggered in group {group} and member {} should rejoin to catch up.",
            request.member
        );
        return Err(GroupError::new(ErrorCode::RebalanceInProgress, message));
    }
    turn.cancel_timer(&TimerKey::ConsumerClassicSync(Arc::clone(group), Arc::clone(&request.member)));
    membership::renew_session(turn, group, &request.member, of.session_timeout_ms);
    let bytes = of.protocols.first().map(|(_, bytes)| Arc::clone(bytes)).unwrap_or_default();
    let topics = turn.world.topics();
    let version = protocol::read_subscription(&bytes, topics).map_or(0, |wishes| wishes.version);
    Ok(protocol::write_assignment(protocol::without_epochs(&member.current.assigned), version, topics))
}

fn check_generation(id: &MemberId, member: &Member, generation: i32) -> Result<(), GroupError> {
    let epoch = member.current.epoch;
    if generation == epoch {
        return Ok(());
    }
    let message = format!(
        "The request generation id {generation} is not equal to the member epoch {epoch} of member {id}."
    );
    Err(GroupError::new(ErrorCode::IllegalGeneration, message))
}

fn check_protocol(request: &SyncGroup, of: &ClassicMetadata) -> Result<(), GroupError> {
    let refuse = |message: String| Err(GroupError::new(ErrorCode::InconsistentGroupProtocol, message));
    let id = &request.member;
    let answered = of.protocols.first().map(|(name, _)| &**name).unwrap_or_default();
    if let Some(kind) = request.protocol_type.as_deref().filter(|kind| *kind != CONSUMER_PROTOCOL_TYPE) {
        return refuse(format!(
            "The protocol type {kind} from member {id} request is not equal to the group protocol type {CONSUMER_PROTOCOL_TYPE}."
        ));
    }
    if let Some(name) = request.protocol.as_deref().filter(|name| *name != answered) {
        return refuse(format!(
            "The protocol name {name} from member {id} request is not equal to the protocol name {answered} returned in the join response."
        ));
    }
    Ok(())
}

/// The member that a request of the classic protocol comes from.
fn classic_member(
    turn: &Turn<'_>,
    group: &GroupId,
    id: &MemberId,
    instance: Option<&str>,
) -> Result<Member, GroupError> {
    let Some(consumer) = turn.state.consumer(group) else {
        return Err(GroupError::new(ErrorCode::UnknownMemberId, format!("Group {group} not found.")));
    };
    let member = match instance {
        None => checks::known(consumer, id)?,
        Some(instance) => checks::known_static(consumer, id, instance)?.1,
    };
    if !member.is_classic() {
        let message = format!("Member {id} does not use the classic protocol.");
        return Err(GroupError::new(ErrorCode::UnknownMemberId, message));
    }
    Ok(member.clone())
}

/// The member is told to join again: it has as long as a rebalance may take.
fn expect_join(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, timeout_ms: i32) {
    let timer = TimerKey::ConsumerClassicJoin(Arc::clone(group), Arc::clone(member));
    if turn.state.timers.deadline(&timer).is_none() {
        turn.set_timer(timer, i64::from(timeout_ms));
    }
}

/// Heartbeat of a member with the classic protocol.
pub fn classic_heartbeat(turn: &mut Turn<'_>, token: Token, request: &Heartbeat) {
    let group = &request.group;
    park::answer_parked(turn, group, &request.member);
    let checked = classic_member(turn, group, &request.member, request.instance.as_deref())
        .and_then(|member| check_generation(&request.member, &member, request.generation).map(|()| member));
    let member = match checked {
        Ok(member) => member,
        Err(error) => return turn.answer(token, GroupAnswer::Heartbeat(Err(error))),
    };
    // Where nobody speaks the consumer protocol, nobody else would see to the target assignment.
    target::advance(turn, group);
    let timeout_ms = member.subscription.classic.as_ref().map_or(0, |of| of.session_timeout_ms);
    membership::renew_session(turn, group, &request.member, timeout_ms);
    let result = heartbeat_result(turn, group, &request.member);
    match (result, request.park_until) {
        (Ok(()), Some(until)) if until > turn.now.monotonic => {
            park::park(turn, token, group, &request.member, request.generation, ParkedKind::Heartbeat, until);
        }
        (result, _) => turn.answer(token, GroupAnswer::Heartbeat(result)),
    }
}

/// Whether a member with the classic protocol has to join again: for a new target, to give partitions back, or because
/// those it waits for are free.
pub(super) fn has_to_rejoin(turn: &Turn<'_>, group: &GroupId, id: &MemberId) -> bool {
    let Some(consumer) = turn.state.consumer(group) else { return false };
    let Some(member) = consumer.members().get(id) else { return false };
    member.current.epoch < consumer.target_epoch()
        || match member.current.state {
            MemberState::UnrevokedPartitions => true,
            MemberState::UnreleasedPartitions => !consumer.waits_for_others(id, member),
            MemberState::Stable | MemberState::Unknown => false,
        }
}

/// What a heartbeat of a member with the classic protocol is answered now.
pub(super) fn heartbeat_result(
    turn: &mut Turn<'_>,
    group: &GroupId,
    id: &MemberId,
) -> Result<(), GroupError> {
    if !has_to_rejoin(turn, group, id) {
        return Ok(());
    }
    let member = turn.state.consumer(group).and_then(|consumer| consumer.members().get(id));
    let timeout_ms = member.map_or(0, |member| member.subscription.rebalance_timeout_ms);
    expect_join(turn, group, id, timeout_ms);
    Err(ErrorCode::RebalanceInProgress.into())
}

/// LeaveGroup of members with the classic protocol, or of any members by an administrator.
pub fn classic_leave(turn: &mut Turn<'_>, token: Token, request: &LeaveGroup) {
    let group = &request.group;
    let mut leaving: Vec<MemberId> = Vec::new();
    let mut members: Vec<(Leaving, Option<ErrorCode>)> = Vec::with_capacity(request.members.len());
    for member in &request.members {
        let found = turn.state.consumer(group).ok_or_else(|| ErrorCode::UnknownMemberId.into());
        match found.and_then(|consumer| leaver(consumer, member)) {
            Ok(id) => {
                if !leaving.contains(&id) {
                    leaving.push(id);
                }
                members.push((member.clone(), None));
            }
            Err(error) => members.push((member.clone(), Some(error.code))),
        }
    }
    leave::farewell(turn, group, &leaving);
    turn.answer(token, GroupAnswer::Left(Left { error: None, members }));
}

fn leaver(group: &ConsumerGroup, leaving: &Leaving) -> Result<MemberId, GroupError> {
    match &leaving.instance {
        None => checks::known(group, &leaving.member).map(|_| Arc::clone(&leaving.member)),
        // An administrator names only the instance.
        Some(instance) if leaving.member.is_empty() => match group.member_of_instance(instance) {
            Some((id, _)) => Ok(Arc::clone(id)),
            None => Err(ErrorCode::UnknownMemberId.into()),
        },
        Some(instance) => {
            checks::known_static(group, &leaving.member, instance).map(|(id, _)| Arc::clone(id))
        }
    }
}
