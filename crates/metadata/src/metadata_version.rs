//! The levels of `metadata.version` and what each one allows to be written (rule M3). Not the negotiation of
//! features between nodes: that is `feature` and `decide::update_features`.

use std::fmt;

use jackdaw_protocol::metadata_record::MetadataRecord;

/// A finalized level of `metadata.version`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MetadataVersion(i16);

/// The names of the levels from [`MetadataVersion::OLDEST`] on, without a gap, and whether the level brought
/// a change to the records, so that going back below it loses something.
const LEVELS: [(&str, bool); 24] = [
    ("3.3-IV3", true),
    ("3.4-IV0", true),
    ("3.5-IV0", false),
    ("3.5-IV1", false),
    ("3.5-IV2", true),
    ("3.6-IV0", false),
    ("3.6-IV1", true),
    ("3.6-IV2", true),
    ("3.7-IV0", true),
    ("3.7-IV1", false),
    ("3.7-IV2", true),
    ("3.7-IV3", false),
    ("3.7-IV4", false),
    ("3.8-IV0", false),
    ("3.9-IV0", false),
    ("4.0-IV0", false),
    ("4.0-IV1", true),
    ("4.0-IV2", false),
    ("4.0-IV3", false),
    ("4.1-IV0", false),
    ("4.1-IV1", false),
    ("4.2-IV0", false),
    ("4.2-IV1", false),
    ("4.3-IV0", true),
];

impl MetadataVersion {
    /// The feature's name.
    pub const FEATURE: &'static str = "metadata.version";
    /// The oldest level that Kafka 4 works with.
    pub const OLDEST: Self = Self(7);
    /// The newest level we know, which a new cluster gets.
    pub const NEWEST: Self = Self(30);
    /// The number of [`Self::OLDEST`].
    pub const OLDEST_LEVEL: i16 = Self::OLDEST.0;
    /// The number of [`Self::NEWEST`].
    pub const NEWEST_LEVEL: i16 = Self::NEWEST.0;

    const SCRAM: Self = Self(11);
    const NO_EPOCH_BUMP_ON_ISR_SHRINK: Self = Self(12);
    const TRANSACTIONS: Self = Self(13);
    const DELEGATION_TOKENS: Self = Self(14);
    const CONTROLLER_REGISTRATION: Self = Self(15);
    const DIRECTORY_ASSIGNMENT: Self = Self(17);
    const ELIGIBLE_LEADER_REPLICAS: Self = Self(23);
    const CORDONED_LOG_DIRS: Self = Self(30);

    /// The version of a feature level, or `None` where we do not know it.
    pub fn from_level(level: i16) -> Option<Self> {
        (Self::OLDEST.0..=Self::NEWEST.0).contains(&level).then_some(Self(level))
    }

    /// The version of a name, either of one level (`4.3-IV0`) or of a release, which means its last (`4.3`).
    pub fn from_name(name: &str) -> Option<Self> {
        let of_release = |level: &str| level.split_once("-IV").is_some_and(|(release, _)| release == name);
        let index = LEVELS
            .iter()
            .position(|(level, _)| *level == name)
            .or_else(|| LEVELS.iter().rposition(|(level, _)| of_release(level)))?;
        Some(Self(Self::OLDEST.0 + index as i16))
    }

    /// The feature level, as records and the protocol carry it.
    pub fn level(self) -> i16 {
        self.0
    }

    /// The name, such as `4.3-IV0`.
    pub fn name(self) -> &'static str {
        LEVELS[(self.0 - Self::OLDEST.0) as usize].0
    }

    /// Whether going from `self` to a lower level `to` gives up something that records may hold.
    pub fn downgrade_loses_metadata(self, to: Self) -> bool {
        (to.0 + 1..=self.0).any(|level| LEVELS[(level - Self::OLDEST.0) as usize].1)
    }

    /// Whether SCRAM credentials may be written (KIP-900).
    pub fn allows_scram(self) -> bool {
        self >= Self::SCRAM
    }

    /// Whether a shrinking ISR has to raise the leader epoch (KAFKA-15021).
    pub fn bumps_leader_epoch_on_isr_shrink(self) -> bool {
        self < Self::NO_EPOCH_BUMP_ON_ISR_SHRINK
    }

    /// Whether several batches may be made one by begin and end records (KIP-868).
    pub fn allows_transactions(self) -> bool {
        self >= Self::TRANSACTIONS
    }

    /// Whether delegation tokens may be written (KIP-900).
    pub fn allows_delegation_tokens(self) -> bool {
        self >= Self::DELEGATION_TOKENS
    }

    /// Whether controllers register (KIP-919).
    pub fn allows_controller_registration(self) -> bool {
        self >= Self::CONTROLLER_REGISTRATION
    }

    /// Whether replicas are assigned to log directories (KIP-858).
    pub fn allows_directory_assignment(self) -> bool {
        self >= Self::DIRECTORY_ASSIGNMENT
    }

    /// Whether records may name eligible leader replicas (KIP-966); whether they are used is a feature of its own.
    pub fn allows_eligible_leader_replicas(self) -> bool {
        self >= Self::ELIGIBLE_LEADER_REPLICAS
    }

    /// Whether log directories may be cordoned (KIP-1066).
    pub fn allows_cordoned_log_dirs(self) -> bool {
        self >= Self::CORDONED_LOG_DIRS
    }

    /// The version in which `record` is written at this level.
    pub fn record_version(self, record: &MetadataRecord<'_>) -> i16 {
        match record {
            MetadataRecord::RegisterBroker(_) => match self {
                _ if self.allows_cordoned_log_dirs() => 4,
                _ if self.allows_directory_assignment() => 3,
                Self(8..) => 2,
                _ => 1,
            },
            MetadataRecord::Partition(_) | MetadataRecord::PartitionChange(_) => match self {
                _ if self.allows_eligible_leader_replicas() => 2,
                _ if self.allows_directory_assignment() => 1,
                _ => 0,
            },
            // The oldest version that can say it, so that an older reader understands what it knows.
            MetadataRecord::BrokerRegistrationChange(change) => match change {
                _ if change.cordoned_log_dirs.is_some() => 3,
                _ if !change.log_dirs.is_empty() => 2,
                _ if change.in_controlled_shutdown != 0 => 1,
                _ => 0,
            },
            _ => 0,
        }
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
