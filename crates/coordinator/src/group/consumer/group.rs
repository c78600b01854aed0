//! The state of a consumer group: what its records say, and what follows from them (who holds a partition, how many
//! members name a topic). Changed by replay only. Not here: decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::Uuid;

use super::hash::subscription_hash;
use super::member::{Current, Member, MemberState, Members, Subscription};
use crate::group::assignor::Partitions;
use crate::group::record::{GroupId, MemberId};
use crate::group::world::Topics;

/// The epoch of a group, and of its target assignment, before anybody has joined.
const INITIAL_EPOCH: i32 = 1;

/// The topics that a regular expression stands for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ResolvedRegex {
    /// Their names.
    pub topics: BTreeSet<Arc<str>>,
    /// The version of the metadata in which they were found.
    pub version: i64,
    /// When, in milliseconds since 1970.
    pub timestamp_ms: i64,
}

/// How many members use a thing.
type Counts = BTreeMap<Arc<str>, usize>;

/// A group of the consumer protocol.
#[derive(Clone, Debug)]
pub struct ConsumerGroup {
    pub(super) id: GroupId,
    pub(super) epoch: i32,
    pub(super) metadata_hash: i64,
    pub(super) target_epoch: i32,
    /// When the target assignment was made; 0 before the first.
    pub(super) target_timestamp_ms: i64,
    pub(super) members: Members,
    pub(super) targets: BTreeMap<MemberId, Arc<Partitions>>,
    pub(super) regexes: BTreeMap<Arc<str>, Arc<ResolvedRegex>>,
    instances: BTreeMap<Arc<str>, MemberId>,
    topic_counts: Counts,
    regex_counts: Counts,
    /// Who has a partition or has yet to give it back. Nobody else is given it (C4).
    holders: BTreeMap<Uuid, Arc<BTreeMap<i32, MemberId>>>,
}

impl ConsumerGroup {
    /// A group without members.
    pub fn new(group: &GroupId) -> Self {
        Self {
            id: Arc::clone(group),
            epoch: INITIAL_EPOCH,
            metadata_hash: 0,
            target_epoch: INITIAL_EPOCH,
            target_timestamp_ms: 0,
            members: Members::new(),
            targets: BTreeMap::new(),
            regexes: BTreeMap::new(),
            instances: BTreeMap::new(),
            topic_counts: Counts::new(),
            regex_counts: Counts::new(),
            holders: BTreeMap::new(),
        }
    }

    /// Its epoch.
    pub fn epoch(&self) -> i32 {
        self.epoch
    }

    /// The epoch of its target assignment.
    pub fn target_epoch(&self) -> i32 {
        self.target_epoch
    }

    /// Its members.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// What a member is to have.
    pub fn target(&self, member: &str) -> Option<&Arc<Partitions>> {
        self.targets.get(member)
    }

    /// The member with an instance id.
    pub fn member_of_instance(&self, instance: &str) -> Option<(&MemberId, &Member)> {
        let id = self.instances.get(instance)?;
        self.members.get_key_value(id)
    }

    /// How many members have this regular expression.
    pub fn regex_count(&self, regex: &str) -> usize {
        self.regex_counts.get(regex).copied().unwrap_or(0)
    }

    /// The regular expressions of its members.
    pub fn subscribed_regexes(&self) -> impl Iterator<Item = &Arc<str>> {
        self.regex_counts.keys()
    }

    /// Who has a partition, or has yet to give it back.
    pub fn holder(&self, topic: Uuid, partition: i32) -> Option<&MemberId> {
        self.holders.get(&topic)?.get(&partition)
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Kafka's name of its state.
    pub fn state_name(&self) -> &'static str {
        if self.members.is_empty() {
            "Empty"
        } else if self.epoch > self.target_epoch {
            "Assigning"
        } else if self.members.values().all(|member| member.current.is_settled_in(self.target_epoch)) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    /// Whether a member reads this topic, by name or by regular expression.
    pub fn subscribes_to(&self, topic: &str) -> bool {
        let is_matched = || {
            let regexes = self.regexes.iter().filter(|(regex, _)| self.regex_counts.contains_key(*regex));
            regexes.into_iter().any(|(_, resolved)| resolved.topics.contains(topic))
        };
        self.topic_counts.contains_key(topic) || is_matched()
    }

    /// The names of all topics that its members read.
    pub fn subscribed_names(&self) -> BTreeSet<&Arc<str>> {
        let resolved = self.regex_counts.keys().filter_map(|regex| self.regexes.get(regex));
        self.topic_counts.keys().chain(resolved.flat_map(|resolved| &resolved.topics)).collect()
    }

    /// The hash of the topics that its members read, as they are now.
    pub fn current_hash(&self, topics: &dyn Topics) -> i64 {
        subscription_hash(&self.subscribed_names(), topics)
    }

    /// The names of the topics that a member reads.
    pub fn names_of<'a>(&'a self, subscription: &'a Subscription) -> BTreeSet<&'a Arc<str>> {
        let resolved = subscription.regex().and_then(|regex| self.regexes.get(regex));
        subscription.topics.iter().chain(resolved.into_iter().flat_map(|resolved| &resolved.topics)).collect()
    }

    /// The assignor that most members wish; the first by name of several.
    pub fn preferred_assignor(&self) -> Option<&Arc<str>> {
        let mut wishes: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for assignor in self.members.values().filter_map(|member| member.subscription.assignor.as_ref()) {
            *wishes.entry(assignor).or_default() += 1;
        }
        wishes.into_iter().rev().max_by_key(|(_, count)| *count).map(|(assignor, _)| assignor)
    }

    /// How many members speak the classic protocol.
    pub fn classic_count(&self) -> usize {
        self.members.values().filter(|member| member.is_classic()).count()
    }

    /// Whether a member still waits for partitions of its target that others hold.
    pub fn waits_for_others(&self, id: &str, member: &Member) -> bool {
        let Some(target) = self.targets.get(id) else { return false };
        member.current.state == MemberState::UnreleasedPartitions
            && target.iter().any(|(topic, partitions)| {
                let assigned = member.current.assigned.get(topic);
                partitions.iter().any(|partition| {
                    !assigned.is_some_and(|assigned| assigned.contains_key(partition))
                        && self.holder(*topic, *partition).is_some()
                })
            })
    }

    /// Whether the target gives a member something that is free, or takes something from it.
    pub fn can_go_on(&self, id: &str, member: &Member) -> bool {
        let nothing = Partitions::new();
        let target = self.targets.get(id).map_or(&nothing, Arc::as_ref);
        let is_target = |topic: &Uuid, partition: &i32| {
            target.get(topic).is_some_and(|partitions| partitions.binary_search(partition).is_ok())
        };
        let assigned = &member.current.assigned;
        let has = |topic: &Uuid, partition: &i32| {
            assigned.get(topic).is_some_and(|partitions| partitions.contains_key(partition))
        };
        let takes = assigned
            .iter()
            .any(|(topic, partitions)| partitions.keys().any(|partition| !is_target(topic, partition)));
        let is_free = |topic: &Uuid, partition: &i32| {
            !has(topic, partition) && self.holder(*topic, *partition).is_none_or(|holder| **holder == *id)
        };
        takes
            || target
                .iter()
                .any(|(topic, partitions)| partitions.iter().any(|partition| is_free(topic, partition)))
    }

    /// A member's wishes have changed.
    pub(super) fn set_subscription(&mut self, id: &MemberId, subscription: Subscription) {
        let member = self.members.entry(MemberId::clone(id)).or_default();
        let old = std::mem::replace(&mut member.subscription, Arc::new(subscription));
        let new = Arc::clone(&member.subscription);
        self.uncount(id, &old);
        for topic in &new.topics {
            *self.topic_counts.entry(Arc::clone(topic)).or_default() += 1;
        }
        if let Some(regex) = new.regex() {
            *self.regex_counts.entry(Arc::clone(regex)).or_default() += 1;
        }
        if let Some(instance) = &new.instance {
            self.instances.insert(Arc::clone(instance), MemberId::clone(id));
        }
    }

    /// What a member has has changed.
    pub(super) fn set_current(&mut self, id: &MemberId, current: Current) {
        let member = self.members.entry(MemberId::clone(id)).or_default();
        let old = std::mem::replace(&mut member.current, Arc::new(current));
        let new = Arc::clone(&member.current);
        self.release(id, &old);
        for (topic, partition) in new.held() {
            let of_topic = Arc::make_mut(self.holders.entry(topic).or_default());
            of_topic.insert(partition, MemberId::clone(id));
        }
    }

    /// A member is gone.
    pub(super) fn remove_member(&mut self, id: &MemberId) {
        if let Some(member) = self.members.remove(id) {
            self.uncount(id, &member.subscription);
            self.release(id, &member.current);
        }
    }

    fn uncount(&mut self, id: &MemberId, subscription: &Subscription) {
        for topic in &subscription.topics {
            decrement(&mut self.topic_counts, topic);
        }
        if let Some(regex) = subscription.regex() {
            decrement(&mut self.regex_counts, regex);
        }
        if let Some(instance) = &subscription.instance
            && self.instances.get(instance) == Some(id)
        {
            self.instances.remove(instance);
        }
    }

    fn release(&mut self, id: &MemberId, current: &Current) {
        for (topic, partition) in current.held() {
            let Some(of_topic) = self.holders.get_mut(&topic) else { continue };
            if of_topic.get(&partition) == Some(id) {
                Arc::make_mut(of_topic).remove(&partition);
            }
            if of_topic.is_empty() {
                self.holders.remove(&topic);
            }
        }
    }
}

fn decrement(counts: &mut Counts, key: &Arc<str>) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
