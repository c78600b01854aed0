//! What administrators and metrics are told of a consumer group.

use std::sync::Arc;

use jackdaw_base::Uuid;

use super::group::ConsumerGroup;
use super::member::{Current, Held, Member};
use super::{protocol, target};
use crate::group::expiry::ExpiryBase;
use crate::group::record::MemberId;
use crate::group::request::{DescribedConsumerGroup, DescribedConsumerMember, NamedPartitions};
use crate::group::world::{Topics, World};

/// KIP-1099: members with the classic protocol are 0, others 1.
const CLASSIC_MEMBER: i8 = 0;
const CONSUMER_MEMBER: i8 = 1;

impl ConsumerGroup {
    /// From when on its offsets expire: since each was committed, as far as no member reads its topic.
    pub fn expiry_base(&self) -> ExpiryBase {
        ExpiryBase::Commit
    }

    /// The member that has a partition, with its client's id.
    pub fn owner_of(&self, topic: Uuid, partition: i32) -> Option<(MemberId, Arc<str>)> {
        let holder = self.holder(topic, partition)?;
        let member = self.members().get(holder)?;
        Some((Arc::clone(holder), Arc::clone(&member.subscription.client.id)))
    }

    /// As ConsumerGroupDescribe shows it.
    pub fn describe(&self, world: &dyn World) -> DescribedConsumerGroup {
        let assignor = match self.preferred_assignor() {
            Some(assignor) => Arc::clone(assignor),
            None => Arc::from(target::assignor_of(self, &world.settings(&self.id)).name()),
        };
        let members =
            self.members().iter().map(|(id, member)| self.describe_member(id, member, world.topics()));
        DescribedConsumerGroup {
            state: self.state_name(),
            epoch: self.epoch(),
            assignment_epoch: self.target_epoch(),
            assignor,
            members: members.collect(),
        }
    }

    fn describe_member(
        &self,
        id: &MemberId,
        member: &Member,
        topics: &dyn Topics,
    ) -> DescribedConsumerMember {
        let of = &member.subscription;
        let target = self.target(id).cloned().unwrap_or_default();
        DescribedConsumerMember {
            member: Arc::clone(id),
            instance: of.instance.clone(),
            rack: of.rack.clone(),
            member_epoch: member.current.epoch,
            client: of.client.clone(),
            topics: of.topics.iter().cloned().collect(),
            regex: of.regex_sent.clone(),
            assignment: named(protocol::without_epochs(&everything_held(&member.current)), topics),
            target: named(target.iter().map(|(topic, partitions)| (*topic, partitions.clone())), topics),
            member_type: if member.is_classic() { CLASSIC_MEMBER } else { CONSUMER_MEMBER },
        }
    }
}

/// What a member reads: also what it has still to give back.
fn everything_held(current: &Current) -> Held {
    let mut held = current.assigned.clone();
    for (topic, partitions) in &current.revoking {
        held.entry(*topic).or_default().extend(partitions);
    }
    held
}

/// Partitions with the names of their topics; topics that do not exist any more are left out.
fn named(partitions: impl Iterator<Item = (Uuid, Vec<i32>)>, topics: &dyn Topics) -> NamedPartitions {
    partitions
        .filter_map(|(id, partitions)| {
            topics.by_id(id).map(|topic| (id, Arc::clone(&topic.name), partitions))
        })
        .collect()
}
