//! Assignors of the consumer protocol: who reads what. Pure functions of subscriptions, partitions and the last target
//! assignment. Not here: when members get what they are to have (reconciliation).
//!
//! Neither of Kafka's assignors looks at racks since 4.0; neither do ours. Orders are by id, so equal inputs give equal
//! assignments.

mod heterogeneous;
mod range;
mod uniform;

use std::collections::BTreeMap;

use jackdaw_base::Uuid;

/// Partitions of topics, sorted, without doubles.
pub type Partitions = BTreeMap<Uuid, Vec<i32>>;

/// How many partitions each topic has.
pub type PartitionCounts = BTreeMap<Uuid, i32>;

/// A member, as assignors see it. Members come in the order of their ids.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber<'a> {
    /// Its id.
    pub member: &'a str,
    /// Its instance id, for static members.
    pub instance: Option<&'a str>,
    /// The topics it reads, sorted, without doubles; all of them exist.
    pub topics: &'a [Uuid],
    /// Its last target assignment.
    pub owned: &'a Partitions,
}

/// How partitions are shared out (`group.consumer.assignors`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assignor {
    /// As evenly as possible, and members keep what they have.
    Uniform,
    /// Members get neighbouring partitions of each topic, and the same ones of topics with equally many.
    Range,
}

impl Assignor {
    /// By the name that clients and configurations use; Kafka's class names are understood, too.
    pub fn by_name(name: &str) -> Option<Self> {
        match name.strip_prefix("org.apache.kafka.coordinator.group.assignor.").unwrap_or(name) {
            "uniform" | "UniformAssignor" => Some(Self::Uniform),
            "range" | "RangeAssignor" => Some(Self::Range),
            _ => None,
        }
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Range => "range",
        }
    }

    /// A new target assignment, in the order of the members. Each partition of a topic that somebody reads is given to
    /// exactly one of its readers.
    pub fn assign(self, members: &[Subscriber<'_>], counts: &PartitionCounts) -> Vec<Partitions> {
        match self {
            Self::Range => range::assign(members, counts),
            Self::Uniform if is_homogeneous(members) => uniform::assign(members, counts),
            Self::Uniform => heterogeneous::assign(members, counts),
        }
    }
}

/// Whether all members read the same topics.
fn is_homogeneous(members: &[Subscriber<'_>]) -> bool {
    members
        .windows(2)
        .all(|pair| std::ptr::eq(pair[0].topics, pair[1].topics) || pair[0].topics == pair[1].topics)
}

#[cfg(test)]
mod tests;
