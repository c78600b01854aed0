//! Groups described: of the classic protocol (DescribeGroups) and of the new one (ConsumerGroupDescribe, KIP-848),
//! in one form. What members write about themselves is read where it is the consumers' own encoding.

use std::collections::BTreeMap;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::consumer_group_describe_request::ConsumerGroupDescribeRequest;
use jackdaw_protocol::messages::consumer_group_describe_response as consumer;
use jackdaw_protocol::messages::describe_groups_request::DescribeGroupsRequest;
use jackdaw_protocol::messages::describe_groups_response as classic;

use super::acl_names::{AclOperation, operations_of};
use super::routing::{Subject, Target, is_unsupported, refusal};
use super::{Admin, Results};
use crate::cluster::CoordinatorKind;
use crate::consumer::protocol::{MemberSubscription, decode_assignment};
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// What the protocol calls groups of consumers.
const CONSUMER_PROTOCOL: &str = "consumer";
/// The state of a group that is not there.
const DEAD: &str = "Dead";

/// A group with its members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupDescription {
    /// Its id.
    pub group_id: String,
    /// Its type: `Classic` or `Consumer`.
    pub group_type: &'static str,
    /// Its state, in Kafka's words: `Stable`, `Empty`, `PreparingRebalance`, `Assigning`, …
    pub state: String,
    /// What its members are: `consumer`, `connect`, …
    pub protocol_type: String,
    /// How partitions are assigned: `range`, `cooperative-sticky`, `uniform`, …
    pub assignor: String,
    /// The broker that coordinates it.
    pub coordinator: Option<i32>,
    /// The epoch of the group and that of its assignment, in the new protocol.
    pub epochs: Option<(i32, i32)>,
    /// Its members.
    pub members: Vec<GroupMember>,
    /// What the caller may do with it, where the broker says so.
    pub authorized_operations: Option<Vec<AclOperation>>,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupMember {
    /// The id in the group.
    pub member_id: String,
    /// Its `group.instance.id`, if it is a static member (KIP-345).
    pub instance_id: Option<String>,
    /// Its rack, if it says so.
    pub rack: Option<String>,
    /// Its `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// Its epoch, in the new protocol.
    pub epoch: Option<i32>,
    /// The topics it wants. Empty if it is no consumer.
    pub topics: Vec<String>,
    /// The pattern of topics that it wants, where the coordinator matches it (KIP-848).
    pub topic_pattern: Option<String>,
    /// What it has.
    pub assignment: MemberAssignment,
    /// What it will have, in the new protocol.
    pub target: Option<Vec<TopicPartition>>,
    /// Whether it speaks the classic protocol in a group of the new one; `None` if the broker does not say.
    pub is_classic: Option<bool>,
}

/// What a member has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MemberAssignment {
    /// Partitions.
    Partitions(Vec<TopicPartition>),
    /// Something that only members of its kind can read (Kafka Connect's connectors, for one).
    Other(Vec<u8>),
}

impl MemberAssignment {
    /// The partitions, none if it is something else.
    pub fn partitions(&self) -> &[TopicPartition] {
        match self {
            Self::Partitions(partitions) => partitions,
            Self::Other(_) => &[],
        }
    }
}

impl GroupDescription {
    /// Members by the partitions they have: what tables of lag are made of.
    pub fn owners(&self) -> BTreeMap<&TopicPartition, &GroupMember> {
        let members = self.members.iter();
        members
            .flat_map(|member| member.assignment.partitions().iter().map(move |owned| (owned, member)))
            .collect()
    }
}

impl Admin {
    /// Groups with their members, whichever protocol they speak.
    pub async fn describe_groups(
        &self,
        groups: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, GroupDescription> {
        let groups = groups.into_iter().map(Into::into);
        self.each_by_coordinator(
            CoordinatorKind::Group,
            groups,
            move |target, groups: Vec<String>, _| async move {
                let mut results = self.consumer_groups(target, &groups).await?;
                // What is no group of the new protocol may be one of the classic.
                let others: Vec<String> =
                    groups.into_iter().filter(|group| !results.contains_key(group)).collect();
                if !others.is_empty() {
                    results.extend(self.classic_groups(target, &others).await?);
                }
                Ok(results)
            },
        )
        .await
    }

    /// Those of the new protocol among `groups`.
    async fn consumer_groups(
        &self,
        target: Target,
        groups: &[String],
    ) -> Result<Results<String, GroupDescription>, Error> {
        let request = ConsumerGroupDescribeRequest {
            group_ids: groups.iter().map(|group| group.clone().into()).collect(),
            ..Default::default()
        };
        let answer = match self.send(target, request).await {
            Err(error) if is_unsupported(&error) => return Ok(Results::new()),
            answer => answer?,
        };
        let not_consumer = [ErrorCode::GroupIdNotFound.code(), ErrorCode::UnsupportedVersion.code()];
        let results = answer.groups.into_iter().filter(|group| !not_consumer.contains(&group.error_code));
        Ok(results.map(|group| (group.group_id.to_string(), of_consumer(group, target))).collect())
    }

    async fn classic_groups(
        &self,
        target: Target,
        groups: &[String],
    ) -> Result<Results<String, GroupDescription>, Error> {
        let request = DescribeGroupsRequest {
            groups: groups.iter().map(|group| group.clone().into()).collect(),
            ..Default::default()
        };
        let answer = self.send(target, request).await?;
        Ok(answer
            .groups
            .into_iter()
            .map(|group| (group.group_id.to_string(), of_classic(group, target)))
            .collect())
    }
}

fn of_consumer(group: consumer::DescribedGroup<'_>, target: Target) -> Result<GroupDescription, Error> {
    refusal(group.error_code, &group.error_message, Subject::Named("group", &group.group_id))?;
    Ok(GroupDescription {
        group_id: group.group_id.into_owned(),
        group_type: "Consumer",
        state: group.group_state.into_owned(),
        protocol_type: CONSUMER_PROTOCOL.to_owned(),
        assignor: group.assignor_name.into_owned(),
        coordinator: target.node(),
        epochs: Some((group.group_epoch, group.assignment_epoch)),
        members: group.members.into_iter().map(consumer_member).collect(),
        authorized_operations: operations_of(group.authorized_operations),
    })
}

fn consumer_member(member: consumer::Member<'_>) -> GroupMember {
    GroupMember {
        member_id: member.member_id.into_owned(),
        instance_id: member.instance_id.map(|id| id.into_owned()),
        rack: member.rack_id.map(|rack| rack.into_owned()),
        client_id: member.client_id.into_owned(),
        host: member.client_host.into_owned(),
        epoch: Some(member.member_epoch),
        topics: member.subscribed_topic_names.into_iter().map(|topic| topic.into_owned()).collect(),
        topic_pattern: member
            .subscribed_topic_regex
            .map(|regex| regex.into_owned())
            .filter(|r| !r.is_empty()),
        assignment: MemberAssignment::Partitions(partitions(member.assignment)),
        target: Some(partitions(member.target_assignment)),
        is_classic: match member.member_type {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        },
    }
}

fn partitions(assignment: consumer::Assignment<'_>) -> Vec<TopicPartition> {
    let mut partitions: Vec<TopicPartition> = assignment
        .topic_partitions
        .into_iter()
        .flat_map(|topic| {
            let name: std::sync::Arc<str> = topic.topic_name.into();
            topic.partitions.into_iter().map(move |partition| TopicPartition::new(name.clone(), partition))
        })
        .collect();
    partitions.sort();
    partitions
}

fn of_classic(group: classic::DescribedGroup<'_>, target: Target) -> Result<GroupDescription, Error> {
    refusal(group.error_code, &group.error_message, Subject::Named("group", &group.group_id))?;
    if group.group_state == DEAD {
        // Brokers before version 6 of the request say so instead of GROUP_ID_NOT_FOUND.
        return Err(Error::broker_error(ErrorCode::GroupIdNotFound).with_resource("group", &group.group_id));
    }
    let is_consumers = group.protocol_type == CONSUMER_PROTOCOL;
    let member = |member| classic_member(member, is_consumers);
    Ok(GroupDescription {
        group_id: group.group_id.into_owned(),
        group_type: "Classic",
        state: group.group_state.into_owned(),
        protocol_type: group.protocol_type.into_owned(),
        assignor: group.protocol_data.into_owned(),
        coordinator: target.node(),
        epochs: None,
        members: group.members.into_iter().map(member).collect(),
        authorized_operations: operations_of(group.authorized_operations),
    })
}

fn classic_member(member: classic::DescribedGroupMember<'_>, is_consumer: bool) -> GroupMember {
    // While a group rebalances, both are empty.
    let subscription = match is_consumer {
        true => MemberSubscription::decode(&member.member_metadata).unwrap_or_default(),
        false => MemberSubscription::default(),
    };
    let assignment = match decode_assignment(&member.member_assignment) {
        Ok(partitions) if is_consumer => MemberAssignment::Partitions(partitions),
        _ if member.member_assignment.is_empty() => MemberAssignment::Partitions(Vec::new()),
        _ => MemberAssignment::Other(member.member_assignment.into_owned()),
    };
    GroupMember {
        member_id: member.member_id.into_owned(),
        instance_id: member.group_instance_id.map(|id| id.into_owned()),
        rack: subscription.rack,
        client_id: member.client_id.into_owned(),
        host: member.client_host.into_owned(),
        epoch: None,
        topics: subscription.topics,
        topic_pattern: None,
        assignment,
        target: None,
        is_classic: None,
    }
}
