//! A member of a consumer group: what it wishes (written by its member record) and what it has (written by its
//! current-assignment record), with the records both are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::consumer_group_current_member_assignment_value as current_value;
use jackdaw_protocol::messages::consumer_group_member_metadata_value as member_value;

use crate::group::record::MemberId;
use crate::group::request::Client;

/// The epoch of a static member that is away and will be back.
pub const AWAY_EPOCH: i32 = -2;
/// The epoch with which a member leaves.
pub const LEAVING_EPOCH: i32 = -1;

/// Partitions with the epoch in which the member got each of them.
pub type Held = BTreeMap<Uuid, BTreeMap<i32, i32>>;

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Member {
    /// What it wishes.
    pub subscription: Arc<Subscription>,
    /// What it has.
    pub current: Arc<Current>,
}

/// What a member wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Its instance id, for static members.
    pub instance: Option<Arc<str>>,
    /// Where it stands.
    pub rack: Option<Arc<str>>,
    /// Who it is.
    pub client: Client,
    /// The topics it names.
    pub topics: BTreeSet<Arc<str>>,
    /// Its regular expression as it was sent; an empty one stands for none.
    pub regex_sent: Option<Arc<str>>,
    /// How long it may take to give back partitions; -1 unknown.
    pub rebalance_timeout_ms: i32,
    /// The assignor it wishes.
    pub assignor: Option<Arc<str>>,
    /// For members that speak the classic protocol.
    pub classic: Option<ClassicMetadata>,
}

/// What is known of a member that speaks the classic protocol.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassicMetadata {
    /// In milliseconds.
    pub session_timeout_ms: i32,
    /// Names of assignors, with the subscription in each one's bytes.
    pub protocols: Vec<(Arc<str>, Arc<[u8]>)>,
}

/// How far a member is on its way to its target assignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MemberState {
    /// It has what its epoch gives it.
    #[default]
    Stable,
    /// It has to give back partitions before it may go on to the next epoch.
    UnrevokedPartitions,
    /// It waits for partitions that others still hold.
    UnreleasedPartitions,
    /// Written by a later Kafka.
    Unknown,
}

impl MemberState {
    fn code(self) -> i8 {
        match self {
            Self::Stable => 0,
            Self::UnrevokedPartitions => 1,
            Self::UnreleasedPartitions => 2,
            Self::Unknown => 127,
        }
    }

    fn from_code(code: i8) -> Self {
        match code {
            0 => Self::Stable,
            1 => Self::UnrevokedPartitions,
            2 => Self::UnreleasedPartitions,
            _ => Self::Unknown,
        }
    }
}

/// What a member has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Current {
    /// Its epoch; 0 joins, -2 for a static member that is away.
    pub epoch: i32,
    /// The epoch before.
    pub previous_epoch: i32,
    /// How far it is.
    pub state: MemberState,
    /// What it has.
    pub assigned: Held,
    /// What it has to give back.
    pub revoking: Held,
}

impl Default for Current {
    fn default() -> Self {
        Self {
            epoch: 0,
            previous_epoch: -1,
            state: MemberState::Stable,
            assigned: Held::new(),
            revoking: Held::new(),
        }
    }
}

impl Current {
    /// Whether it is where the target assignment of this epoch wants it.
    pub fn is_settled_in(&self, target_epoch: i32) -> bool {
        self.state == MemberState::Stable && self.epoch == target_epoch
    }

    /// Everything that nobody else may have: assigned or not yet given back.
    pub fn held(&self) -> impl Iterator<Item = (Uuid, i32)> {
        let all = self.assigned.iter().chain(&self.revoking);
        all.flat_map(|(topic, partitions)| partitions.keys().map(|partition| (*topic, *partition)))
    }

    /// The epoch in which it got a partition that it has or has to give back.
    pub fn epoch_of(&self, topic: Uuid, partition: i32) -> Option<i32> {
        let within =
            |held: &Held| held.get(&topic).and_then(|partitions| partitions.get(&partition)).copied();
        within(&self.assigned).or_else(|| within(&self.revoking))
    }

    /// What it has, without epochs, as answers carry it.
    pub fn assignment(&self) -> Vec<(Uuid, Vec<i32>)> {
        self.assigned
            .iter()
            .map(|(topic, partitions)| (*topic, partitions.keys().copied().collect()))
            .collect()
    }
}

impl Member {
    /// Its regular expression, if it has one.
    pub fn regex(&self) -> Option<&Arc<str>> {
        self.subscription.regex()
    }

    /// Whether it speaks the classic protocol.
    pub fn is_classic(&self) -> bool {
        self.subscription.classic.is_some()
    }
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            instance: None,
            rack: None,
            client: Client { id: Arc::from(""), host: Arc::from("") },
            topics: BTreeSet::new(),
            regex_sent: Some(Arc::from("")),
            rebalance_timeout_ms: -1,
            assignor: None,
            classic: None,
        }
    }
}

impl Subscription {
    /// Its regular expression, if it has one.
    pub fn regex(&self) -> Option<&Arc<str>> {
        self.regex_sent.as_ref().filter(|regex| !regex.is_empty())
    }

    /// As the member record writes it.
    pub fn to_value(&self) -> member_value::ConsumerGroupMemberMetadataValue<'static> {
        let text = |text: &Option<Arc<str>>| text.as_ref().map(|text| text.to_string().into());
        member_value::ConsumerGroupMemberMetadataValue {
            instance_id: text(&self.instance),
            rack_id: text(&self.rack),
            client_id: self.client.id.to_string().into(),
            client_host: self.client.host.to_string().into(),
            subscribed_topic_names: self.topics.iter().map(|topic| topic.to_string().into()).collect(),
            subscribed_topic_regex: text(&self.regex_sent),
            rebalance_timeout_ms: self.rebalance_timeout_ms,
            server_assignor: text(&self.assignor),
            classic_member_metadata: self.classic.as_ref().map(ClassicMetadata::to_value),
            unknown_tags: Vec::new(),
        }
    }

    /// As the member record has it.
    pub fn from_value(value: &member_value::ConsumerGroupMemberMetadataValue<'_>) -> Self {
        let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Arc::from);
        Self {
            instance: text(&value.instance_id),
            rack: text(&value.rack_id),
            client: Client { id: Arc::from(&*value.client_id), host: Arc::from(&*value.client_host) },
            topics: value.subscribed_topic_names.iter().map(|topic| Arc::from(&**topic)).collect(),
            regex_sent: text(&value.subscribed_topic_regex),
            rebalance_timeout_ms: value.rebalance_timeout_ms,
            assignor: text(&value.server_assignor),
            classic: value.classic_member_metadata.as_ref().map(ClassicMetadata::from_value),
        }
    }
}

impl ClassicMetadata {
    fn to_value(&self) -> member_value::ClassicMemberMetadata<'static> {
        let protocols = self.protocols.iter().map(|(name, metadata)| member_value::ClassicProtocol {
            name: name.to_string().into(),
            metadata: metadata.to_vec().into(),
            unknown_tags: Vec::new(),
        });
        member_value::ClassicMemberMetadata {
            session_timeout_ms: self.session_timeout_ms,
            supported_protocols: protocols.collect(),
            unknown_tags: Vec::new(),
        }
    }

    fn from_value(value: &member_value::ClassicMemberMetadata<'_>) -> Self {
        let protocols = value.supported_protocols.iter();
        let protocols =
            protocols.map(|protocol| (Arc::from(&*protocol.name), Arc::from(&*protocol.metadata)));
        Self { session_timeout_ms: value.session_timeout_ms, protocols: protocols.collect() }
    }
}

impl Current {
    /// As the current-assignment record writes it.
    pub fn to_value(&self) -> current_value::ConsumerGroupCurrentMemberAssignmentValue<'static> {
        current_value::ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: self.epoch,
            previous_member_epoch: self.previous_epoch,
            state: self.state.code(),
            assigned_partitions: held_to_value(&self.assigned),
            partitions_pending_revocation: held_to_value(&self.revoking),
            unknown_tags: Vec::new(),
        }
    }

    /// As the current-assignment record has it. Earlier Kafkas wrote no epochs of partitions: the member's stands in.
    pub fn from_value(value: &current_value::ConsumerGroupCurrentMemberAssignmentValue<'_>) -> Self {
        let epoch_default = value.member_epoch.max(0);
        Self {
            epoch: value.member_epoch,
            previous_epoch: value.previous_member_epoch,
            state: MemberState::from_code(value.state),
            assigned: held_from_value(&value.assigned_partitions, epoch_default),
            revoking: held_from_value(&value.partitions_pending_revocation, epoch_default),
        }
    }
}

fn held_to_value(held: &Held) -> Vec<current_value::TopicPartitions<'static>> {
    let of_topic = |(topic, partitions): (&Uuid, &BTreeMap<i32, i32>)| current_value::TopicPartitions {
        topic_id: *topic,
        partitions: partitions.keys().copied().collect(),
        assignment_epochs: Some(partitions.values().copied().collect()),
        ..Default::default()
    };
    held.iter().map(of_topic).collect()
}

fn held_from_value(topics: &[current_value::TopicPartitions<'_>], epoch_default: i32) -> Held {
    let mut held = Held::new();
    for topic in topics {
        let epochs =
            topic.assignment_epochs.as_deref().filter(|epochs| epochs.len() == topic.partitions.len());
        let of_topic = held.entry(topic.topic_id).or_default();
        for (index, partition) in topic.partitions.iter().enumerate() {
            of_topic.insert(*partition, epochs.map_or(epoch_default, |epochs| epochs[index]));
        }
    }
    held.retain(|_, partitions| !partitions.is_empty());
    held
}

/// Members of a group by their ids.
pub type Members = BTreeMap<MemberId, Member>;
