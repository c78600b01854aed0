//! BrokerRegistration (KIP-631, KIP-858, KIP-966): a broker process makes itself known. One that stopped without
//! flushing loses its place in in-sync and eligible sets first.

use std::collections::BTreeMap;

use jackdaw_base::{DirectoryId, NodeId, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use super::election::{BrokerEvent, partition_changes};
use super::{Context, Decision};
use crate::feature;
use crate::image::{Broker, Endpoint, Image, VersionRange};
use crate::metadata_version::MetadataVersion;
use crate::snapshot;

/// A broker as it describes itself.
#[derive(Clone, Debug)]
pub struct RegisterBroker {
    /// Its `node.id`.
    pub id: NodeId,
    /// Drawn anew by each start of its process.
    pub incarnation_id: Uuid,
    /// Where it listens.
    pub endpoints: Vec<Endpoint>,
    /// What it supports, by feature name.
    pub features: BTreeMap<String, VersionRange>,
    /// Its rack.
    pub rack: Option<String>,
    /// Its log directories that are online.
    pub log_dirs: Vec<DirectoryId>,
    /// The epoch of its registration before, as its clean-shutdown file has it; -1 if it did not stop cleanly.
    pub previous_epoch: i64,
    /// Whether the process before may still be alive: its session has not timed out.
    pub session: SessionState,
    /// The epoch of the new registration: the offset that its first record will get.
    pub new_epoch: i64,
    /// The quorum's `kraft.version`, which is not in the image.
    pub kraft_version: i16,
}

/// What is known of the heartbeats of the registration before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionState {
    /// Heartbeats came not long ago.
    Alive,
    /// None came for longer than `broker.session.timeout.ms`, or there was no such broker.
    Ended,
}

/// Why a broker is not registered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegisterBrokerError {
    /// Another process with this id is alive.
    #[error(
        "Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve once its session expires."
    )]
    Duplicate,
    /// No log directories.
    #[error("No directories specified in request")]
    NoDirectories,
    /// A directory id with a special meaning.
    #[error("Reserved directory ID in request")]
    ReservedDirectory,
    /// A directory twice.
    #[error("Duplicate directory ID in request")]
    DuplicateDirectory,
    /// A directory of another broker.
    #[error("Broker {owner} is already registered with directory {directory}")]
    ForeignDirectory {
        /// The other broker.
        owner: NodeId,
        /// The directory.
        directory: DirectoryId,
    },
    /// It does not say which metadata it understands.
    #[error("Request features do not contain 'metadata.version'")]
    NoMetadataVersion,
    /// It does not support what the cluster has finalized.
    #[error(
        "Unable to register because the broker does not support finalized version {finalized} of {name}. The broker wants a version between {min} and {max}, inclusive.",
        min = .range.min,
        max = .range.max
    )]
    UnsupportedFeature {
        /// The feature.
        name: String,
        /// Its finalized level.
        finalized: i16,
        /// What the broker supports.
        range: VersionRange,
    },
}

impl RegisterBrokerError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Duplicate => ErrorCode::DuplicateBrokerRegistration,
            Self::NoDirectories
            | Self::ReservedDirectory
            | Self::DuplicateDirectory
            | Self::ForeignDirectory { .. }
            | Self::NoMetadataVersion => ErrorCode::InvalidRegistration,
            Self::UnsupportedFeature { .. } => ErrorCode::UnsupportedVersion,
        }
    }
}

/// Decides about a broker's registration; the answer is its epoch.
pub fn register_broker(
    image: &Image,
    request: &RegisterBroker,
    context: &Context<'_>,
) -> Result<Decision<i64>, RegisterBrokerError> {
    let version = image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST);
    let existing = image.cluster.broker(request.id);
    let is_same_process = existing.is_some_and(|broker| broker.incarnation_id == request.incarnation_id);
    if existing.is_some() && !is_same_process && request.session == SessionState::Alive {
        return Err(RegisterBrokerError::Duplicate);
    }
    if version.allows_directory_assignment() {
        check_directories(image, request)?;
    }
    check_features(image, request)?;
    let mut broker = Broker {
        id: request.id,
        epoch: request.new_epoch,
        incarnation_id: request.incarnation_id,
        endpoints: request.endpoints.clone(),
        features: request.features.clone(),
        rack: request.rack.clone(),
        fenced: true,
        in_controlled_shutdown: false,
        is_migrating_zk_broker: false,
        log_dirs: request.log_dirs.clone(),
        cordoned_log_dirs: None,
    };
    let mut records = Vec::new();
    match existing.filter(|_| is_same_process) {
        // The same process describes itself anew: it keeps its epoch and its state.
        Some(known) => {
            broker.epoch = known.epoch;
            broker.fenced = known.fenced;
            broker.in_controlled_shutdown = known.in_controlled_shutdown;
        }
        None => {
            let stopped_cleanly = existing.is_some_and(|known| known.epoch == request.previous_epoch);
            let event = match image.features.eligible_leader_replicas_enabled() && !stopped_cleanly {
                true => BrokerEvent::StoppedUncleanly(request.id),
                false => BrokerEvent::Leaves(request.id),
            };
            records = partition_changes(image, context.configs, event);
        }
    }
    records.push(snapshot::register_broker(&broker, version));
    Ok(Decision { records, answer: broker.epoch })
}

fn check_directories(image: &Image, request: &RegisterBroker) -> Result<(), RegisterBrokerError> {
    let directories = &request.log_dirs;
    if directories.is_empty() {
        return Err(RegisterBrokerError::NoDirectories);
    }
    if directories.iter().any(is_reserved) {
        return Err(RegisterBrokerError::ReservedDirectory);
    }
    if directories.iter().enumerate().any(|(i, directory)| directories[..i].contains(directory)) {
        return Err(RegisterBrokerError::DuplicateDirectory);
    }
    for broker in image.cluster.brokers.values().filter(|broker| broker.id != request.id) {
        if let Some(directory) = directories.iter().find(|directory| broker.log_dirs.contains(directory)) {
            return Err(RegisterBrokerError::ForeignDirectory { owner: broker.id, directory: *directory });
        }
    }
    Ok(())
}

/// Kafka keeps the first hundred ids for meanings of their own (KIP-858).
fn is_reserved(directory: &DirectoryId) -> bool {
    u128::from_be_bytes(directory.0) < 100
}

fn check_features(image: &Image, request: &RegisterBroker) -> Result<(), RegisterBrokerError> {
    let check = |name: &str, range: VersionRange| {
        let finalized = match name {
            feature::KRAFT_VERSION => request.kraft_version,
            name => image.features.level(name),
        };
        match range.contains(finalized) {
            true => Ok(()),
            false => Err(RegisterBrokerError::UnsupportedFeature { name: name.to_owned(), finalized, range }),
        }
    };
    for (name, range) in &request.features {
        check(name, *range)?;
    }
    if !request.features.contains_key(MetadataVersion::FEATURE) {
        return Err(RegisterBrokerError::NoMetadataVersion);
    }
    // What is on and what the broker does not name it does not know.
    let unnamed = image.features.levels().filter(|(name, _)| !request.features.contains_key(*name));
    for (name, _) in unnamed {
        check(name, VersionRange { min: 0, max: 0 })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
