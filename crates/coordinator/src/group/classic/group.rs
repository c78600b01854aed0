//! A group of the classic protocol as a value: its members, its state, the votes for a protocol. Not here: when it
//! moves from one state to the next (`rebalance`), and what callers are answered.
//!
//! ```text
//!               a member joins                  all have joined, or the time is up
//!   Empty ───────────────────────▶ Preparing ─────────────────────────────────────▶ Completing
//!     ▲                           Rebalance ◀───────────────────────────────────── Rebalance
//!     │      nobody is left           │ ▲      a member joins anew, leaves, or        │
//!     └───────────────────────────────┘ │      does not sync in time                  │ the leader
//!                                       └──────────────── Stable ◀────────────────────┘ has assigned
//! ```
//! A group whose state would be `Dead` is not there at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::TimestampMs;
use jackdaw_protocol::error_code::ErrorCode;

use super::member::{Member, Protocol, Waiting};
use super::newcomers::Newcomers;
use super::subscription;
use crate::group::expiry::ExpiryBase;
use crate::group::record::{GroupId, MemberId};

/// The protocol type of consumers, the only one whose metadata the coordinator reads.
pub const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// The state of a group. All but `Empty` and `Stable` last no longer than the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No members.
    Empty,
    /// Members join; their requests wait.
    PreparingRebalance(Gathering),
    /// Members wait for the leader's assignment.
    CompletingRebalance,
    /// Everybody knows what is theirs.
    Stable,
}

/// How long the join phase gathers members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gathering {
    /// The group was empty: members that start together are waited for (`group.initial.rebalance.delay.ms`), and each
    /// that comes extends the wait.
    Initial {
        /// How long the present wait is.
        delay_ms: i32,
        /// How long it may be extended by.
        remaining_ms: i32,
        /// Whether somebody came during the present wait.
        has_newcomer: bool,
    },
    /// It had members, or nothing is to be waited for: until all of them are back, and nobody else seems to come.
    Again,
}

/// A group of the classic protocol.
///
/// Generation, protocol, leader, members with assignments, and since when are what the log describes, as of the last
/// record; a rebalance under way is not in the log.
#[derive(Clone, PartialEq, Debug)]
pub struct ClassicGroup {
    pub(super) id: GroupId,
    pub(super) phase: Phase,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<Arc<str>>,
    pub(super) protocol: Option<Arc<str>>,
    pub(super) leader: Option<MemberId>,
    /// When it came into its state; unknown in records of old versions.
    pub(super) since: Option<TimestampMs>,
    members: BTreeMap<MemberId, Arc<Member>>,
    instances: BTreeMap<Arc<str>, MemberId>,
    /// How many members support each protocol.
    support: BTreeMap<Arc<str>, usize>,
    /// How many members wait for the end of the join phase.
    joining: usize,
    /// How many ids were given out to members that have not come to join (KIP-394).
    pub(super) pending_joins: usize,
    /// Members that have yet to sync.
    pub(super) pending_syncs: BTreeSet<MemberId>,
    /// Who has come for the generation that is to begin next.
    pub(super) newcomers: Newcomers,
    /// Topics that members subscribe to; `None` if they are not known.
    pub(super) topics: Option<Arc<BTreeSet<Arc<str>>>>,
}

impl ClassicGroup {
    /// A group without members, generation 0.
    pub fn new(id: &GroupId) -> Self {
        Self {
            id: Arc::clone(id),
            phase: Phase::Empty,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            since: None,
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            support: BTreeMap::new(),
            joining: 0,
            pending_joins: 0,
            pending_syncs: BTreeSet::new(),
            newcomers: Newcomers::default(),
            topics: None,
        }
    }

    /// Its id.
    pub fn id(&self) -> &GroupId {
        &self.id
    }

    /// Kafka's name of its state: `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`.
    pub fn state_name(&self) -> &'static str {
        match self.phase {
            Phase::Empty => "Empty",
            Phase::PreparingRebalance(_) => "PreparingRebalance",
            Phase::CompletingRebalance => "CompletingRebalance",
            Phase::Stable => "Stable",
        }
    }

    /// Its state.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether it is in the state without members. A member that has yet to join a second time does not count.
    pub fn is_empty(&self) -> bool {
        self.phase == Phase::Empty
    }

    /// `consumer`, `connect`; empty for none.
    pub fn protocol_type(&self) -> Arc<str> {
        self.protocol_type.clone().unwrap_or_default()
    }

    /// Whether its members are consumers.
    pub fn has_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL_TYPE)
    }

    /// Its generation.
    pub fn generation(&self) -> i32 {
        self.generation
    }

    /// The chosen protocol.
    pub fn protocol(&self) -> Option<&Arc<str>> {
        self.protocol.as_ref()
    }

    /// Its leader.
    pub fn leader(&self) -> Option<&MemberId> {
        self.leader.as_ref()
    }

    /// Its members, by id.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values().map(Arc::as_ref)
    }

    /// How many members it has.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// A member.
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.members.get(id).map(Arc::as_ref)
    }

    /// The member that has this instance id.
    pub fn static_member(&self, instance: &str) -> Option<&MemberId> {
        self.instances.get(instance)
    }

    /// Whether a member is known to read this topic; while nothing is known, consumers are taken to read everything.
    pub fn subscribes_to(&self, topic: &str) -> bool {
        match &self.topics {
            Some(topics) => topics.contains(topic),
            None => self.has_consumers(),
        }
    }

    /// From when on its offsets expire.
    pub fn expiry_base(&self) -> ExpiryBase {
        match (self.phase, self.since) {
            _ if self.protocol_type.is_none() => ExpiryBase::Commit,
            (Phase::Empty, Some(since)) => ExpiryBase::Empty(since),
            (Phase::Empty, None) => ExpiryBase::Commit,
            (Phase::Stable, _) if self.has_consumers() && self.topics.is_some() => ExpiryBase::Commit,
            _ => ExpiryBase::Never,
        }
    }

    /// Whether this member is here, and the one that its instance id belongs to.
    ///
    /// # Errors
    /// `UNKNOWN_MEMBER_ID`, `FENCED_INSTANCE_ID`.
    pub fn check_member(&self, member: &str, instance: Option<&str>) -> Result<&Member, ErrorCode> {
        match instance.map(|instance| self.instances.get(instance)) {
            Some(None) => return Err(ErrorCode::UnknownMemberId),
            Some(Some(holder)) if **holder != *member => return Err(ErrorCode::FencedInstanceId),
            Some(Some(_)) | None => {}
        }
        self.member(member).ok_or(ErrorCode::UnknownMemberId)
    }

    /// Whether a member with these protocols can be in it: each protocol needs everybody's support.
    pub fn admits(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        match self.phase {
            Phase::Empty => !protocol_type.is_empty() && !protocols.is_empty(),
            _ => {
                self.protocol_type.as_deref() == Some(protocol_type)
                    && protocols.iter().any(|(name, _)| self.is_everybodys(name))
            }
        }
    }

    /// The protocol with the most votes among those that everybody supports; each member votes for its most wanted one.
    /// Of equal ones the first by name.
    pub fn elect_protocol(&self) -> Option<Arc<str>> {
        let mut votes: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for member in self.members() {
            if let Some((vote, _)) = member.protocols.iter().find(|(name, _)| self.is_everybodys(name)) {
                *votes.entry(vote).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes.into_iter().find(|(_, count)| *count == most).map(|(name, _)| Arc::clone(name))
    }

    /// How long a rebalance waits: as long as its most patient member.
    pub fn rebalance_timeout_ms(&self) -> i32 {
        self.members().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    /// Whether nobody has to be waited for.
    pub fn has_everybody_joined(&self) -> bool {
        self.joining == self.members.len() && self.pending_joins == 0
    }

    /// How many members wait for the end of the join phase.
    pub fn joining(&self) -> usize {
        self.joining
    }

    /// Adds a member. The first one makes the protocol type, and leads where nobody does.
    pub(super) fn add(&mut self, member: Member, protocol_type: &Arc<str>) {
        if self.members.is_empty() {
            self.protocol_type = Some(Arc::clone(protocol_type));
        }
        self.leader.get_or_insert_with(|| Arc::clone(&member.id));
        if let Some(instance) = &member.instance {
            self.instances.insert(Arc::clone(instance), Arc::clone(&member.id));
        }
        self.count_in(&member);
        self.members.insert(Arc::clone(&member.id), Arc::new(member));
    }

    /// Takes a member out. Another one leads, if it did.
    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<Member>> {
        self.pending_syncs.remove(id);
        let member = self.members.remove(id)?;
        self.count_out(&member);
        if let Some(instance) = &member.instance {
            self.instances.remove(instance);
        }
        if self.leader.as_deref() == Some(id) {
            self.leader = self.members.keys().next().cloned();
        }
        Some(member)
    }

    /// Gives a static member another id (KIP-345); leadership stays with it. Its requests under way are the caller's
    /// to answer before.
    pub(super) fn rename(&mut self, old: &str, new: &MemberId) {
        let Some(member) = self.members.remove(old) else { return };
        let mut member = Arc::unwrap_or_clone(member);
        self.count_out(&member);
        member.id = Arc::clone(new);
        member.waiting = Waiting::No;
        if let Some(instance) = &member.instance {
            self.instances.insert(Arc::clone(instance), Arc::clone(new));
        }
        if self.pending_syncs.remove(old) {
            self.pending_syncs.insert(Arc::clone(new));
        }
        if self.leader.as_deref() == Some(old) {
            self.leader = Some(Arc::clone(new));
        }
        self.count_in(&member);
        self.members.insert(Arc::clone(new), Arc::new(member));
    }

    /// Changes a member; the group's counts follow.
    pub(super) fn update<R>(&mut self, id: &str, change: impl FnOnce(&mut Member) -> R) -> Option<R> {
        let mut shared = self.members.remove(id)?;
        self.count_out(&shared);
        let result = change(Arc::make_mut(&mut shared));
        self.count_in(&shared);
        self.members.insert(Arc::clone(&shared.id), shared);
        Some(result)
    }

    /// The ids of all members.
    pub(super) fn member_ids(&self) -> Vec<MemberId> {
        self.members.keys().cloned().collect()
    }

    /// Looks at the subscriptions for the chosen protocol. Empty groups of consumers subscribe to nothing.
    pub(super) fn read_topics(&mut self) {
        let protocol = self.protocol.as_deref();
        let topics = match self.has_consumers() {
            true if self.members.is_empty() => Some(BTreeSet::new()),
            true if protocol.is_some() => {
                subscription::topics(self.members().map(|member| member.metadata(protocol)))
            }
            _ => None,
        };
        self.topics = topics.map(Arc::new);
    }

    /// Whether all members support a protocol.
    fn is_everybodys(&self, protocol: &str) -> bool {
        self.support.get(protocol).copied().unwrap_or(0) == self.members.len()
    }

    fn count_in(&mut self, member: &Member) {
        for (name, _) in &member.protocols {
            *self.support.entry(Arc::clone(name)).or_default() += 1;
        }
        self.joining += usize::from(member.is_joining());
    }

    fn count_out(&mut self, member: &Member) {
        for (name, _) in &member.protocols {
            if let Some(count) = self.support.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.support.remove(name);
                }
            }
        }
        self.joining -= usize::from(member.is_joining());
    }
}
