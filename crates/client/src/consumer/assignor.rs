//! How the leader of a classic group divides partitions among its members: `range` (KIP-881 with racks), `roundrobin`,
//! `sticky` (KIP-54) and `cooperative-sticky` (KIP-429). Names and encodings are Kafka's, so that any member of a mixed
//! group may lead it; the coordinator of the new protocol (KIP-848) does this itself.

mod range;
mod round_robin;
mod sticky;
mod user_data;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::protocol::MemberSubscription;
use crate::topic_partition::TopicPartition;

/// A member of a group, as its leader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The id that the coordinator gave it.
    pub id: String,
    /// Its `group.instance.id`, which outlives the id (KIP-345).
    pub instance_id: Option<String>,
    /// What it wants and has.
    pub subscription: MemberSubscription,
}

impl Member {
    /// Members are served in this order: static ones first, by instance, then the others by id.
    fn rank(&self) -> (bool, &str) {
        match &self.instance_id {
            Some(instance) => (false, instance),
            None => (true, &self.id),
        }
    }

    fn wants(&self, topic: &str) -> bool {
        self.subscription.topics.iter().any(|wanted| wanted == topic)
    }

    fn rack(&self) -> Option<&str> {
        self.subscription.rack.as_deref().filter(|rack| !rack.is_empty())
    }
}

/// The racks of each partition's replicas, by partition from 0. Empty sets where brokers say none.
pub type PartitionRacks = Vec<BTreeSet<String>>;

/// The topics that exist of those that anybody wants.
pub type Topics = BTreeMap<Arc<str>, PartitionRacks>;

/// What each member gets, by its id.
pub type Assignment = BTreeMap<String, Vec<TopicPartition>>;

/// A way of dividing partitions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Assignor {
    /// For each topic a run of partitions to each member.
    Range,
    /// All partitions of all topics dealt out one by one.
    RoundRobin,
    /// As even as it can be, and as much as possible stays where it was.
    Sticky,
    /// The same, but a partition changes hands in two steps, so that nobody stops for a rebalance.
    CooperativeSticky,
}

impl Assignor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Range, Self::RoundRobin, Self::Sticky, Self::CooperativeSticky];

    /// Its name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assignor| assignor.name() == name)
    }

    /// Whether members keep what they have while a rebalance goes on (KIP-429).
    pub const fn is_cooperative(self) -> bool {
        matches!(self, Self::CooperativeSticky)
    }

    /// What a member that got `owned` in `generation` adds to its subscription for this assignor.
    pub fn user_data(self, owned: &[TopicPartition], generation: Option<i32>) -> Option<Vec<u8>> {
        match self {
            Self::Range | Self::RoundRobin => None,
            Self::Sticky => user_data::encode_sticky(owned, generation),
            Self::CooperativeSticky => Some(user_data::encode_cooperative(generation)),
        }
    }

    /// Divides the partitions of `topics` among `members`. Everybody is in the answer, with nothing if nothing is left.
    pub fn assign(self, topics: &Topics, members: &[Member]) -> Assignment {
        let mut ranked: Vec<&Member> = members.iter().collect();
        ranked.sort_by(|a, b| a.rank().cmp(&b.rank()));
        match self {
            Self::Range => range::assign(topics, &ranked),
            Self::RoundRobin => round_robin::assign(topics, &ranked),
            Self::Sticky => {
                sticky::assign(topics, &ranked, |member| user_data::sticky_claim(&member.subscription))
            }
            Self::CooperativeSticky => {
                let claims = |member: &Member| user_data::cooperative_claim(&member.subscription);
                let assignment = sticky::assign(topics, &ranked, claims);
                without_transfers(assignment, members)
            }
        }
    }
}

/// Takes out what its present owner has to give up first: the next rebalance, which the owner starts, hands it on.
fn without_transfers(mut assignment: Assignment, members: &[Member]) -> Assignment {
    let mut given_up: BTreeSet<&TopicPartition> = BTreeSet::new();
    for member in members {
        let kept: BTreeSet<&TopicPartition> = assignment.get(&member.id).into_iter().flatten().collect();
        given_up.extend(member.subscription.owned.iter().filter(|owned| !kept.contains(owned)));
    }
    for member in members {
        let owned: BTreeSet<&TopicPartition> = member.subscription.owned.iter().collect();
        if let Some(assigned) = assignment.get_mut(&member.id) {
            assigned.retain(|partition| owned.contains(partition) || !given_up.contains(partition));
        }
    }
    assignment
}

/// Everybody with nothing yet.
fn nothing(members: &[&Member]) -> Assignment {
    members.iter().map(|member| (member.id.clone(), Vec::new())).collect()
}

#[cfg(test)]
mod tests;
