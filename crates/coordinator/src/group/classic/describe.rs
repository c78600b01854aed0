//! A classic group as others see it: descriptions, owners of partitions, whether a commit or a deletion may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::{ClassicGroup, Phase};
use super::member::Member;
use super::subscription;
use crate::group::record::{GroupRecord, MemberId};
use crate::group::request::{DescribedGroup, DescribedMember, GroupError, OffsetCommit};

impl ClassicGroup {
    /// As DescribeGroups shows it: protocol and metadata only while it is stable.
    pub fn describe(&self) -> DescribedGroup {
        let protocol = self.protocol.clone().filter(|_| self.phase == Phase::Stable);
        DescribedGroup {
            state: self.state_name(),
            protocol_type: self.protocol_type(),
            members: self.members().map(|member| describe_member(member, protocol.as_deref())).collect(),
            protocol: protocol.unwrap_or_default(),
        }
    }

    /// Which member owns which partition by its assignment, with its client's id. Each assignment is read once.
    pub fn owners(&self) -> BTreeMap<(Arc<str>, i32), (MemberId, Arc<str>)> {
        let consumers = self.members().filter(|_| self.has_consumers());
        let owned = consumers.flat_map(|member| {
            let owner = (Arc::clone(&member.id), Arc::clone(&member.client.id));
            let partitions = subscription::assigned(&member.assignment);
            partitions.into_iter().map(move |partition| (partition, owner.clone()))
        });
        owned.collect()
    }

    /// Whether this commit is one of its current generation. Those outside the membership may commit while the group
    /// is empty.
    ///
    /// # Errors
    /// `UNKNOWN_MEMBER_ID`, `FENCED_INSTANCE_ID`, `ILLEGAL_GENERATION`, `REBALANCE_IN_PROGRESS`.
    pub fn check_commit(&self, commit: &OffsetCommit) -> Result<(), GroupError> {
        let generation = commit.generation_or_epoch;
        if generation < 0 && self.is_empty() {
            return Ok(());
        }
        if generation < 0 && commit.member.is_empty() && commit.instance.is_none() {
            return Err(ErrorCode::UnknownMemberId.into());
        }
        self.check_member(&commit.member, commit.instance.as_deref())?;
        if generation != self.generation {
            return Err(ErrorCode::IllegalGeneration.into());
        }
        // The member has heard of this generation, but has no assignment yet: what it owned is not its own for sure.
        match self.phase {
            Phase::CompletingRebalance => Err(ErrorCode::RebalanceInProgress.into()),
            Phase::Empty | Phase::PreparingRebalance(_) | Phase::Stable => Ok(()),
        }
    }

    /// Whether it may be deleted.
    ///
    /// # Errors
    /// `NON_EMPTY_GROUP`.
    pub fn check_delete(&self) -> Result<(), GroupError> {
        match self.phase {
            Phase::Empty => Ok(()),
            _ => Err(ErrorCode::NonEmptyGroup.into()),
        }
    }

    /// The records that end it.
    pub fn tombstones(&self) -> Vec<GroupRecord> {
        vec![GroupRecord::Classic { group: Arc::clone(&self.id), value: None }]
    }
}

fn describe_member(member: &Member, protocol: Option<&str>) -> DescribedMember {
    DescribedMember {
        member: Arc::clone(&member.id),
        instance: member.instance.clone(),
        client: member.client.clone(),
        metadata: member.metadata(protocol),
        assignment: Arc::clone(&member.assignment),
    }
}
