//! What the leader of a classic group does for all members: it divides the partitions, and looks whether they are still
//! those that it has divided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_protocol::messages::join_group_response::JoinGroupResponse;
use jackdaw_protocol::messages::sync_group_request::SyncGroupRequestAssignment;

use super::super::super::assignor::{Assignor, Member, Topics};
use super::super::super::protocol::{MemberSubscription, encode_assignment};
use super::Classic;
use crate::cluster::Metadata;
use crate::error::{ErrorKind, Result};

impl Classic<'_> {
    /// The leader's work.
    pub(super) async fn divide(
        &mut self,
        joined: &JoinGroupResponse<'static>,
        protocol: &str,
    ) -> Result<Vec<SyncGroupRequestAssignment<'static>>> {
        let assignor = Assignor::from_name(protocol)
            .ok_or(ErrorKind::InvalidAnswer("the group has chosen an assignor that we did not offer"))?;
        let mut members = Vec::new();
        for member in &joined.members {
            members.push(Member {
                id: member.member_id.to_string(),
                instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
                subscription: MemberSubscription::decode(&member.metadata)?,
            });
        }
        let wanted: BTreeSet<&str> =
            members.iter().flat_map(|member| &member.subscription.topics).map(String::as_str).collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        match self.shared.config.allow_auto_create_topics {
            true => self.shared.cluster.refresh_or_create(&wanted).await?,
            false => self.shared.cluster.refresh(&wanted).await?,
        }
        let topics = topics_of(&self.shared.cluster.metadata(), wanted.iter().copied());
        let assignment = assignor.assign(&topics, &members);
        self.divided = Some(topics);
        if joined.skip_assignment {
            // A static leader has come back: what holds goes on to hold (KIP-814).
            return Ok(Vec::new());
        }
        let encoded = assignment.into_iter().map(|(member_id, partitions)| {
            Ok(SyncGroupRequestAssignment {
                member_id: member_id.into(),
                assignment: encode_assignment(&partitions)?.into(),
                ..Default::default()
            })
        });
        encoded.collect()
    }

    /// Whether the topics that it has divided as leader are other ones now.
    pub(super) fn has_to_divide_again(&self) -> bool {
        let Some(divided) = &self.divided else { return false };
        let metadata = self.shared.cluster.metadata();
        let counts =
            |topics: &Topics| topics.iter().map(|(name, racks)| (name.clone(), racks.len())).collect();
        let before: BTreeMap<Arc<str>, usize> = counts(divided);
        let names = before.keys().map(|name| &**name).chain(self.joined_topics.iter().map(String::as_str));
        counts(&topics_of(&metadata, names)) != before
    }
}

/// Topics that exist, with the racks of their partitions' replicas.
fn topics_of<'n>(metadata: &Metadata, names: impl Iterator<Item = &'n str>) -> Topics {
    let rack = |node: &i32| metadata.brokers.get(node).and_then(|broker| broker.rack.clone());
    let known = names.filter_map(|name| metadata.topic(name));
    known
        .map(|topic| {
            let partitions = topic.partitions.iter();
            let racks = partitions.map(|partition| partition.replicas.iter().filter_map(rack).collect());
            (Arc::clone(&topic.name), racks.collect())
        })
        .collect()
}
