//! The texts of conflicts between configurations: which ones, what they are, and what would be right.

use std::fmt;

use super::{Conflict, ListenerConflict, RoleConflict};

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { left, left_value, relation, right, right_value } => {
                write!(f, "{left} must be {relation} {right}, but {left} is {left_value} and {right} is {right_value}")
            }
            Self::NodeIds => f.write_str("node.id and broker.id must be the same where both are set"),
            Self::RetentionTime(value) => {
                write!(f, "log.retention.ms must be unlimited (-1) or at least 1, but it comes to {value}")
            }
            Self::RollTime(value) => write!(f, "log.roll.ms must be at least 1, but it comes to {value}"),
            Self::RollJitter(value) => {
                write!(f, "log.roll.jitter.ms must be at least 0, but it comes to {value}")
            }
            Self::DedupeBuffer { bytes, threads } => write!(
                f,
                "log.cleaner.dedupe.buffer.size must be more than 1 MiB per compaction thread, but {threads} threads \
                 share {bytes} bytes"
            ),
            Self::NoConnections => f.write_str(
                "max.connections.per.ip can be 0 only if max.connections.per.ip.overrides allows some hosts",
            ),
            Self::NoClassicProtocol => {
                f.write_str("group.coordinator.rebalance.protocols must contain classic: it cannot be disabled")
            }
            Self::ShareAssignors(count) => {
                write!(f, "group.share.assignors must contain exactly one assignor, but it has {count}")
            }
            Self::CordonedDirectory(directory) => write!(
                f,
                "cordoned.log.dirs names {directory}, which is none of the directories in log.dirs or log.dir; \
                 '*' can only stand alone"
            ),
            Self::InterBrokerTwice => f.write_str(
                "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set",
            ),
            Self::Listener(conflict) => conflict.fmt(f),
            Self::Role(conflict) => conflict.fmt(f),
            Self::RemoteStorageDisabled => f.write_str(
                "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log \
                 storage.",
            ),
            Self::RemoteStoragePolicy => {
                f.write_str("Remote log storage needs cleanup.policy to be delete or empty")
            }
            Self::RemoteStorageLeftBehind => f.write_str(
                "Remote storage cannot be disabled without a word on the remote data: to keep it and only read it set \
                 remote.storage.enable=true and remote.log.copy.disable=true, to delete it set \
                 remote.storage.enable=false and remote.log.delete.on.disable=true",
            ),
            Self::LocalRetention { local, local_value: -1, total, total_value } => write!(
                f,
                "Invalid value -1 for configuration {local}: Value must not be -1 as {total} value is set as {total_value}."
            ),
            Self::LocalRetention { local, local_value, total, total_value } => write!(
                f,
                "Invalid value {local_value} for configuration {local}: Value must not be more than {total} property \
                 value: {total_value}"
            ),
            Self::LocalRetentionWithoutCopy { local, total } => write!(
                f,
                "While remote.log.copy.disable is true, {local} must be the same as {total} (or -2): no more logs are \
                 copied to remote storage"
            ),
        }
    }
}

impl fmt::Display for ListenerConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateName(name) => {
                write!(f, "Each listener must have a different name, and {name} is there twice")
            }
            Self::DuplicatePort(port) => write!(
                f,
                "Each listener must have a different port, and {port} is there twice; only one IPv4 and one IPv6 \
                 address may share a port"
            ),
            Self::NoProtocol(name) => write!(
                f,
                "No security protocol defined for listener {name}; add {name}:PLAINTEXT (or another protocol) to \
                 listener.security.protocol.map"
            ),
            Self::Unroutable(name) => write!(
                f,
                "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0, as listener {name} does. Use a \
                 routable IP address."
            ),
            Self::AdvertisedUnknown(name) => write!(
                f,
                "advertised.listeners names {name}, which is not in listeners; it must be one of those"
            ),
            Self::EarlyUnknown(name) => write!(
                f,
                "early.start.listeners contains {name}, which is neither in listeners nor in controller.listener.names"
            ),
            Self::InterBrokerMechanism(name) => write!(
                f,
                "sasl.mechanism.inter.broker.protocol is {name}, which must be in sasl.enabled.mechanisms when brokers \
                 use SASL among themselves"
            ),
        }
    }
}

impl fmt::Display for RoleConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBrokerListener => f.write_str(
                "There must be at least one broker listener in listeners and advertised.listeners. Perhaps all of \
                 them appear in controller.listener.names?",
            ),
            Self::InterBrokerNotAdvertised(name) => write!(
                f,
                "The brokers' own listener {name} must be in advertised.listeners; set inter.broker.listener.name to \
                 one of those"
            ),
            Self::NoControllerListener => f.write_str(
                "controller.listener.names must contain at least one name that appears in listeners on a node with \
                 the controller role",
            ),
            Self::ControllerUnknown(name) => write!(
                f,
                "controller.listener.names contains {name}, which listeners does not have; a controller opens all of \
                 them"
            ),
            Self::ControllerOnBroker(name) => write!(
                f,
                "listeners must not contain the controller listener {name} on a node with just the broker role"
            ),
            Self::BrokerOnController(name) => write!(
                f,
                "listeners contains {name}, which is not in controller.listener.names; a node with just the controller \
                 role opens no other"
            ),
            Self::InterBrokerIsController(name) => write!(
                f,
                "inter.broker.listener.name must not be {name}, which is in controller.listener.names"
            ),
            Self::NoQuorum => f.write_str(
                "A node with just the broker role needs controller.quorum.bootstrap.servers, or controller.quorum.voters",
            ),
            Self::BrokerIsVoter(id) => write!(
                f,
                "controller.quorum.voters contains the id {id} of this node, which has just the broker role"
            ),
            Self::ControllerIsNoVoter(id) => write!(
                f,
                "controller.quorum.voters must contain the id {id} of this node, which has the controller role"
            ),
            Self::DuplicateVoter(id) => write!(f, "controller.quorum.voters contains the id {id} twice"),
            Self::AutoJoinOnBroker => f.write_str(
                "controller.quorum.auto.join.enable is only for nodes with the controller role",
            ),
        }
    }
}
