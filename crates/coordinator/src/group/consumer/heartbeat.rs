//! ConsumerGroupHeartbeat 0-1 (KIP-848, KIP-1082): a member joins, says what it reads and owns, hears what it is to
//! have, or leaves. Everything that can be refused is checked before the first record is written.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::ConsumerGroup;
use super::member::{AWAY_EPOCH, Current, LEAVING_EPOCH, Member, MemberState, Subscription};
use super::membership::{self, Pace, Place};
use super::migration::{self, Entry};
use super::{checks, leave, park, regex, target};
use crate::group::parked::ParkedKind;
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{ConsumerHeartbeat, ConsumerHeartbeatAnswer, GroupAnswer, GroupError};
use crate::group::state::Group;
use crate::group::turn::Turn;
use crate::shard::Token;

/// A heartbeat that was taken.
pub(super) struct Taken {
    /// Its answer.
    pub answer: ConsumerHeartbeatAnswer,
    /// What the answer says, as far as it may be kept back.
    pub news: News,
}

/// Whether an answer says something that a member can do something about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that it does not know.
    Nothing,
    /// That it has joined, and gets nothing before others have given it up.
    Joined,
    /// Something.
    Some,
}

/// ConsumerGroupHeartbeat. The group may not exist, or be a classic one (which is upgraded, or replaced if it is empty).
pub fn heartbeat(turn: &mut Turn<'_>, token: Token, request: &ConsumerHeartbeat) {
    park::answer_parked(turn, &request.group, &request.member);
    match decide(turn, request) {
        Ok(Taken { answer, news }) => {
            let kind = match news {
                News::Nothing => Some(ParkedKind::Heartbeat),
                News::Joined => Some(ParkedKind::Join),
                News::Some => None,
            };
            let until = request.park_until.filter(|_| parks(turn, request));
            match (kind, until, answer.member.clone()) {
                (Some(kind), Some(until), Some(member)) => {
                    park::park(turn, token, &request.group, &member, answer.member_epoch, kind, until);
                }
                _ => turn.answer(token, GroupAnswer::ConsumerHeartbeat(answer)),
            }
        }
        Err(error) => turn.answer(token, refused(error)),
    }
}

/// Whether the answer may be kept back.
fn parks(turn: &Turn<'_>, request: &ConsumerHeartbeat) -> bool {
    request.park_until.is_some_and(|until| until > turn.now.monotonic)
}

/// The answer to a heartbeat that is refused.
pub(super) fn refused(error: GroupError) -> GroupAnswer {
    GroupAnswer::ConsumerHeartbeat(ConsumerHeartbeatAnswer {
        error: Some(error),
        member: None,
        member_epoch: 0,
        heartbeat_interval_ms: 0,
        assignment: None,
    })
}

fn decide(turn: &mut Turn<'_>, request: &ConsumerHeartbeat) -> Result<Taken, GroupError> {
    let settings = turn.world.settings(&request.group);
    checks::check_request(request, &settings)?;
    if !turn.world.has_consumer_protocol() {
        return Err(ErrorCode::UnsupportedVersion.into());
    }
    if request.member_epoch == LEAVING_EPOCH || request.member_epoch == AWAY_EPOCH {
        return leave::leave(turn, request).map(|answer| Taken { answer, news: News::Some });
    }
    let plan = plan(turn, request)?;
    Ok(take(turn, request, plan))
}

/// What a heartbeat does before the member's own records: nothing of it can fail any more.
struct Plan {
    entry: Entry,
    member: MemberId,
    place: Place,
}

fn plan(turn: &Turn<'_>, request: &ConsumerHeartbeat) -> Result<Plan, GroupError> {
    let group = &request.group;
    let is_joining = request.member_epoch == 0;
    let not_found = |message: String| Err(GroupError::new(ErrorCode::GroupIdNotFound, message));
    let entry = match turn.state.groups.get(group).map(Arc::as_ref) {
        None if is_joining => Entry::New,
        None => return not_found(format!("Consumer group {group} not found.")),
        Some(Group::Consumer(_)) => Entry::Known,
        Some(Group::Classic(classic)) if is_joining && classic.is_empty() => {
            Entry::Replaces(classic.tombstones())
        }
        Some(Group::Classic(classic)) if is_joining => migration::plan_upgrade(turn, classic)?,
        Some(Group::Classic(_)) => return not_found(format!("Group {group} is not a consumer group.")),
    };
    let member = match request.member.is_empty() {
        true => MemberId::from(turn.now.random.to_string()),
        false => Arc::clone(&request.member),
    };
    let new = ConsumerGroup::new(group);
    let consumer = match &entry {
        Entry::Known => turn.state.consumer(group).unwrap_or(&new),
        Entry::Upgrades(upgrade) => &upgrade.group,
        Entry::New | Entry::Replaces(_) => &new,
    };
    if !consumer.members().contains_key(&member) {
        checks::check_size(consumer.members().len(), &turn.world.settings(group))?;
    }
    let place = place(consumer, &member, request)?;
    let known = place.known(consumer, &member);
    if known.is_some_and(|known| known.current.state == MemberState::Unknown)
        && request.owned.as_ref().is_none_or(|owned| !owned.is_empty())
    {
        return Err(GroupError::new(
            ErrorCode::FencedMemberEpoch,
            "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.",
        ));
    }
    if let Some(pattern) = request.regex.as_deref().filter(|pattern| !pattern.is_empty())
        && consumer.regex_count(pattern) == 0
    {
        regex::compile(pattern)?;
    }
    Ok(Plan { entry, member, place })
}

/// Which place the member takes in the group.
fn place(group: &ConsumerGroup, id: &MemberId, request: &ConsumerHeartbeat) -> Result<Place, GroupError> {
    let is_joining = request.member_epoch == 0;
    let owned = request.owned.as_deref();
    let Some(instance) = &request.instance else {
        return match group.members().get(id) {
            Some(member) => {
                checks::check_epoch(&member.current, request.member_epoch, owned)?;
                Ok(Place::Present)
            }
            None if is_joining => Ok(Place::New),
            None => Err(checks::unknown_member(id, &request.group)),
        };
    };
    if is_joining {
        return match group.member_of_instance(instance) {
            None if group.members().contains_key(id) => Ok(Place::Present),
            None => Ok(Place::New),
            Some((owner, member)) => {
                checks::check_released(id, instance, owner, member)?;
                Ok(Place::Replaces(Arc::clone(owner)))
            }
        };
    }
    let (_, member) = checks::known_static(group, id, instance)?;
    checks::check_epoch(&member.current, request.member_epoch, owned)?;
    Ok(Place::Present)
}

/// Takes a heartbeat whose checks have passed.
fn take(turn: &mut Turn<'_>, request: &ConsumerHeartbeat, plan: Plan) -> Taken {
    let Plan { entry, member, place } = plan;
    let group = &request.group;
    migration::enter(turn, group, entry);
    membership::take_place(turn, group, &member, &place);
    let before = current_of(turn, group, &member);
    let reads_others = update_subscription(turn, request, &member);
    if reads_others || place == Place::New {
        membership::bump(turn, group);
    }
    target::advance(turn, group);
    let is_full = request.member_epoch == 0
        || (request.rebalance_timeout_ms != -1
            && (request.topics.is_some() || request.regex.is_some())
            && request.owned.is_some());
    // Who lost the last answer has to hear its epoch.
    let pace = match parks(turn, request) && !is_full && request.member_epoch == before.epoch {
        true => Pace::WithNews,
        false => Pace::AtOnce,
    };
    membership::reconcile(turn, group, &member, request.owned.as_deref(), reads_others, pace);
    let settings = turn.world.settings(group);
    membership::renew_session(turn, group, &member, settings.consumer_session_timeout_ms);
    let after = current_of(turn, group, &member);
    let assignment = (is_full || before.assigned != after.assigned).then(|| after.assignment());
    let news = match &assignment {
        None if after.epoch == request.member_epoch && after.state != MemberState::UnrevokedPartitions => {
            News::Nothing
        }
        Some(assignment)
            if place == Place::New && assignment.is_empty() && awaits_share(turn, group, &member) =>
        {
            News::Joined
        }
        Some(_) | None => News::Some,
    };
    let answer = ConsumerHeartbeatAnswer {
        error: None,
        member: Some(member),
        member_epoch: after.epoch,
        heartbeat_interval_ms: settings.consumer_heartbeat_interval_ms,
        assignment,
    };
    Taken { answer, news }
}

/// Whether a member is to have something that others have still to give up.
pub(super) fn awaits_share(turn: &Turn<'_>, group: &GroupId, member: &MemberId) -> bool {
    let Some(consumer) = turn.state.consumer(group) else { return false };
    consumer.target(member).is_some_and(|target| !target.is_empty())
}

/// What a member has; nothing for one that is not there yet.
pub(super) fn current_of(turn: &Turn<'_>, group: &GroupId, member: &MemberId) -> Arc<Current> {
    let found = turn.state.consumer(group).and_then(|consumer| consumer.members().get(member));
    found.map(|member| Arc::clone(&member.current)).unwrap_or_default()
}

/// Writes what the member wishes, where that has changed, and what its regular expression stands for. Returns whether
/// it reads other topics than before.
fn update_subscription(turn: &mut Turn<'_>, request: &ConsumerHeartbeat, member: &MemberId) -> bool {
    let known = turn.state.consumer(&request.group).and_then(|consumer| consumer.members().get(member));
    let old = known.map(|known| Arc::clone(&known.subscription)).unwrap_or_default();
    if known.is_some() && has_same_wishes(&old, request) {
        return false;
    }
    let new = Subscription {
        instance: request.instance.clone().or_else(|| old.instance.clone()),
        rack: request.rack.clone().or_else(|| old.rack.clone()),
        client: request.client.clone(),
        topics: match &request.topics {
            Some(topics) => topics.iter().cloned().collect(),
            None => old.topics.clone(),
        },
        regex_sent: request.regex.clone().or_else(|| old.regex_sent.clone()),
        rebalance_timeout_ms: match request.rebalance_timeout_ms {
            -1 => old.rebalance_timeout_ms,
            timeout_ms => timeout_ms,
        },
        assignor: request.assignor.clone().or_else(|| old.assignor.clone()),
        classic: None,
    };
    membership::set_subscription(turn, &request.group, member, &old, new)
}

/// Whether a heartbeat brings nothing that is not known. Most do, and must not copy anything.
fn has_same_wishes(old: &Subscription, request: &ConsumerHeartbeat) -> bool {
    let is_same = |new: &Option<Arc<str>>, old: &Option<Arc<str>>| new.is_none() || new == old;
    let is_same_topics = request.topics.as_ref().is_none_or(|topics| {
        topics.iter().all(|topic| old.topics.contains(topic)) && topics.len() == old.topics.len()
    });
    old.classic.is_none()
        && is_same(&request.instance, &old.instance)
        && is_same(&request.rack, &old.rack)
        && is_same(&request.regex, &old.regex_sent)
        && is_same(&request.assignor, &old.assignor)
        && request.client == old.client
        && (request.rebalance_timeout_ms == -1 || request.rebalance_timeout_ms == old.rebalance_timeout_ms)
        && is_same_topics
}

impl Place {
    /// The member whose place it is.
    fn known<'a>(&self, group: &'a ConsumerGroup, id: &MemberId) -> Option<&'a Member> {
        match self {
            Self::Present => group.members().get(id),
            Self::Replaces(owner) => group.members().get(owner),
            Self::New => None,
        }
    }
}
