//! Groups listed, deleted, and freed of members (KIP-88, 222, 345, 518, 848).

use std::collections::BTreeMap;

use jackdaw_protocol::messages::delete_groups_request::DeleteGroupsRequest;
use jackdaw_protocol::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use jackdaw_protocol::messages::list_groups_request::ListGroupsRequest;
use jackdaw_protocol::messages::list_groups_response::ListedGroup;

use super::routing::{Subject, refusal_of};
use super::{Admin, Results};
use crate::cluster::CoordinatorKind;
use crate::error::Error;

/// Which groups are listed. Everything empty: all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupFilter {
    /// In one of these states (`Stable`, `Empty`, …; KIP-518).
    pub states: Vec<String>,
    /// Of one of these types (`classic`, `consumer`, `share`, `streams`; KIP-848).
    pub types: Vec<String>,
}

/// A group as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupListing {
    /// Its id.
    pub group_id: String,
    /// What its members are: `consumer`, `connect`, …; empty for groups that only keep offsets.
    pub protocol_type: String,
    /// Its state; `None` if the broker does not say (before 2.6).
    pub state: Option<String>,
    /// Its type; `None` if the broker does not say (before 3.8).
    pub group_type: Option<String>,
    /// The broker that coordinates it.
    pub coordinator: i32,
}

impl GroupListing {
    /// Whether it is a group of consumers, or kept offsets of one.
    pub fn is_consumer_group(&self) -> bool {
        match self.group_type.as_deref() {
            Some(group_type) if group_type.eq_ignore_ascii_case("consumer") => true,
            Some(group_type) if !group_type.eq_ignore_ascii_case("classic") => false,
            _ => self.protocol_type.is_empty() || self.protocol_type == "consumer",
        }
    }
}

/// A member that has to leave.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MemberToRemove {
    /// By the id that the coordinator gave it.
    MemberId(String),
    /// By its `group.instance.id` (KIP-345).
    InstanceId(String),
}

impl MemberToRemove {
    fn id(&self) -> &str {
        match self {
            Self::MemberId(id) | Self::InstanceId(id) => id,
        }
    }
}

impl std::fmt::Display for MemberToRemove {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MemberId(id) => write!(f, "member {id}"),
            Self::InstanceId(id) => write!(f, "instance {id}"),
        }
    }
}

impl Admin {
    /// The groups that each broker coordinates, by broker. A broker that cannot answer hides no other's groups.
    ///
    /// # Errors
    /// The brokers cannot be found.
    pub async fn list_groups_by_broker(
        &self,
        filter: &GroupFilter,
    ) -> Result<Results<i32, Vec<GroupListing>>, Error> {
        let listed = self
            .each_broker(move |target| async move {
                let request = ListGroupsRequest {
                    states_filter: filter.states.iter().map(|state| state.clone().into()).collect(),
                    types_filter: filter.types.iter().map(|kind| kind.clone().into()).collect(),
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                refusal_of(answer.error_code, Subject::Nothing)?;
                Ok(answer.groups)
            })
            .await?;
        let with_coordinator = |(broker, groups): (i32, Result<Vec<_>, Error>)| {
            let groups = groups.map(|groups| {
                groups
                    .into_iter()
                    .map(|group: ListedGroup<'_>| GroupListing {
                        group_id: group.group_id.into_owned(),
                        protocol_type: group.protocol_type.into_owned(),
                        state: said(group.group_state.into_owned()),
                        group_type: said(group.group_type.into_owned()),
                        coordinator: broker,
                    })
                    .collect()
            });
            (broker, groups)
        };
        Ok(listed.into_iter().map(with_coordinator).collect())
    }

    /// All groups of all brokers, by id.
    ///
    /// # Errors
    /// One of the brokers could not be asked: a list that lacks groups would say too much.
    pub async fn list_groups(&self, filter: &GroupFilter) -> Result<Vec<GroupListing>, Error> {
        let mut groups = BTreeMap::new();
        for (_, listed) in self.list_groups_by_broker(filter).await? {
            groups.extend(listed?.into_iter().map(|group| (group.group_id.clone(), group)));
        }
        Ok(groups.into_values().collect())
    }

    /// Deletes groups that have no members, with all their offsets.
    pub async fn delete_groups(
        &self,
        groups: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, ()> {
        let groups = groups.into_iter().map(Into::into);
        self.each_by_coordinator(
            CoordinatorKind::Group,
            groups,
            move |target, groups: Vec<String>, _| async move {
                let request = DeleteGroupsRequest {
                    groups_names: groups.iter().map(|group| group.clone().into()).collect(),
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                let results = answer.results.into_iter().map(|result| {
                    let group = result.group_id.into_owned();
                    let deleted = refusal_of(result.error_code, Subject::Named("group", &group));
                    (group, deleted)
                });
                Ok(results.collect())
            },
        )
        .await
    }

    /// Takes members out of a group, as if they had left.
    ///
    /// # Errors
    /// The coordinator cannot be asked, or refuses as a whole.
    pub async fn remove_members(
        &self,
        group: &str,
        members: &[MemberToRemove],
        reason: &str,
    ) -> Result<Results<MemberToRemove, ()>, Error> {
        let answer = self
            .at_coordinator(CoordinatorKind::Group, group, move |target| async move {
                let members = members.iter().map(|member| leaving(member, reason)).collect();
                let request =
                    LeaveGroupRequest { group_id: group.to_owned().into(), members, ..Default::default() };
                let answer = self.send(target, request).await?;
                refusal_of(answer.error_code, Subject::Named("group", group))?;
                Ok(answer)
            })
            .await?;
        let results = answer.members.into_iter().map(|member| {
            let member_id = member.member_id.into_owned();
            let removed = match member.group_instance_id {
                Some(id) if members.contains(&MemberToRemove::InstanceId(id.to_string())) => {
                    MemberToRemove::InstanceId(id.into_owned())
                }
                _ => MemberToRemove::MemberId(member_id),
            };
            let result = refusal_of(member.error_code, Subject::Named("member", removed.id()));
            (removed, result)
        });
        Ok(results.collect())
    }
}

/// What brokers leave empty that do not know it.
fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn leaving(member: &MemberToRemove, reason: &str) -> MemberIdentity<'static> {
    let (member_id, instance) = match member {
        MemberToRemove::MemberId(id) => (id.clone(), None),
        MemberToRemove::InstanceId(id) => (String::new(), Some(id.clone().into())),
    };
    MemberIdentity {
        member_id: member_id.into(),
        group_instance_id: instance,
        reason: Some(reason.to_owned().into()),
        ..Default::default()
    }
}
