//! Which settings a conflict is between, the one to be changed first: errors point at its line.

use super::{Conflict, ListenerConflict, RoleConflict};

impl Conflict {
    /// The names of the settings.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Order { left, right, .. } => vec![left, right],
            Self::NodeIds => vec!["broker.id", "node.id"],
            Self::RetentionTime(_) => {
                vec!["log.retention.ms", "log.retention.minutes", "log.retention.hours"]
            }
            Self::RollTime(_) => vec!["log.roll.ms", "log.roll.hours"],
            Self::RollJitter(_) => vec!["log.roll.jitter.ms"],
            Self::DedupeBuffer { .. } => vec!["log.cleaner.dedupe.buffer.size", "log.cleaner.threads"],
            Self::NoConnections => vec!["max.connections.per.ip"],
            Self::NoClassicProtocol => vec!["group.coordinator.rebalance.protocols"],
            Self::ShareAssignors(_) => vec!["group.share.assignors"],
            Self::CordonedDirectory(_) => vec!["cordoned.log.dirs"],
            Self::InterBrokerTwice => vec!["security.inter.broker.protocol", "inter.broker.listener.name"],
            Self::Listener(conflict) => conflict.names(),
            Self::Role(conflict) => conflict.names(),
            Self::RemoteStorageDisabled | Self::RemoteStoragePolicy | Self::RemoteStorageLeftBehind => {
                vec!["remote.storage.enable"]
            }
            Self::LocalRetention { local, total, .. } | Self::LocalRetentionWithoutCopy { local, total } => {
                vec![local, total]
            }
        }
    }
}

impl ListenerConflict {
    /// The names of the settings.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::DuplicateName(_) | Self::DuplicatePort(_) => vec!["listeners"],
            Self::NoProtocol(_) => vec!["listener.security.protocol.map", "listeners", CONTROLLERS],
            Self::Unroutable(_) | Self::AdvertisedUnknown(_) => vec!["advertised.listeners", "listeners"],
            Self::EarlyUnknown(_) => vec!["early.start.listeners"],
            Self::InterBrokerMechanism(_) => {
                vec!["sasl.mechanism.inter.broker.protocol", "sasl.enabled.mechanisms"]
            }
        }
    }
}

impl RoleConflict {
    /// The names of the settings.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::NoBrokerListener => vec!["advertised.listeners", "listeners", CONTROLLERS],
            Self::InterBrokerNotAdvertised(_) | Self::InterBrokerIsController(_) => vec![
                "inter.broker.listener.name",
                "security.inter.broker.protocol",
                "advertised.listeners",
                "listeners",
            ],
            Self::NoControllerListener | Self::ControllerUnknown(_) | Self::ControllerOnBroker(_) => {
                vec![CONTROLLERS, "listeners", "process.roles"]
            }
            Self::BrokerOnController(_) => vec!["listeners"],
            Self::NoQuorum => vec!["process.roles"],
            Self::BrokerIsVoter(_) | Self::ControllerIsNoVoter(_) | Self::DuplicateVoter(_) => {
                vec!["controller.quorum.voters"]
            }
            Self::AutoJoinOnBroker => vec!["controller.quorum.auto.join.enable"],
        }
    }
}

const CONTROLLERS: &str = "controller.listener.names";
