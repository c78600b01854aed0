//! UpdateFeatures (KIP-584, KIP-778, KIP-1022): finalized levels go up or down, all of a request or none.

use std::collections::BTreeMap;

use jackdaw_base::NodeId;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use jackdaw_protocol::messages::no_op_record::NoOpRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::alter_configs::MIN_INSYNC_REPLICAS;
use super::{Context, Decision, Mode};
use crate::feature::{self, Feature};
use crate::image::{ConfigResource, Image, ResourceKind, VersionRange};
use crate::metadata_version::MetadataVersion;

/// Which way a level may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpgradeType {
    /// Up.
    Upgrade,
    /// Down, if nothing is lost.
    SafeDowngrade,
    /// Down, even if something is lost.
    UnsafeDowngrade,
    /// Nobody knows.
    Unknown(i8),
}

impl UpgradeType {
    /// The type of a wire code.
    pub fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Upgrade,
            2 => Self::SafeDowngrade,
            3 => Self::UnsafeDowngrade,
            code => Self::Unknown(code),
        }
    }
}

/// New levels.
#[derive(Clone, Debug)]
pub struct UpdateFeatures {
    /// The features, in the request's order; of a name that is there twice the last one counts.
    pub updates: Vec<FeatureUpdate>,
    /// The quorum's `kraft.version`, which is not in the image.
    pub kraft_version: i16,
    /// The quorum's voters, which must have registered.
    pub voters: Vec<NodeId>,
    /// Whether it is done.
    pub mode: Mode,
}

/// A new level of one feature.
#[derive(Clone, Debug)]
pub struct FeatureUpdate {
    /// Its name.
    pub name: String,
    /// The level.
    pub level: i16,
    /// Which way it may go.
    pub upgrade_type: UpgradeType,
}

/// What the quorum has to do beside appending the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateFeaturesAnswer {
    /// The `kraft.version` that the quorum shall take on (KIP-853), if it changes.
    pub kraft_version: Option<i16>,
}

/// Why levels do not change. All are INVALID_UPDATE_VERSION.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("The update failed for all features since the following feature had an error: {cause}")]
pub struct UpdateFeaturesError {
    /// What is wrong with which feature.
    pub cause: FeatureUpdateError,
}

impl UpdateFeaturesError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::InvalidUpdateVersion
    }
}

/// Why one level does not change.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeatureUpdateError {
    /// The level cannot be.
    #[error("Invalid update version {level} for feature {name}. {reason}")]
    Invalid {
        /// The feature.
        name: String,
        /// The level.
        level: i16,
        /// Why not.
        reason: Reason,
    },
    /// Going back would lose something.
    #[error("Unsupported metadata.version downgrade from {from} to {to}. {}", downgrade_reason(*.is_unsafe))]
    MetadataDowngrade {
        /// The level now.
        from: i16,
        /// The level that was asked for.
        to: i16,
        /// Whether losing something was allowed; nobody can do it.
        is_unsafe: bool,
    },
}

fn downgrade_reason(is_unsafe: bool) -> &'static str {
    match is_unsafe {
        true => "Unsafe metadata downgrade is not supported in this version.",
        false => "Refusing to perform the requested downgrade because it might delete metadata information.",
    }
}

/// Why a level cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// An upgrade type that nobody knows.
    #[error("The controller does not support the given upgrade type.")]
    UnknownUpgradeType,
    /// Below 0.
    #[error("A feature version cannot be less than 0.")]
    Negative,
    /// A node lacks the feature.
    #[error("{0} does not support this feature.")]
    NotKnownBy(Supporter),
    /// A node lacks the level.
    #[error("{0} only supports versions {min}-{max}", min = .1.min, max = .1.max)]
    NotSupportedBy(Supporter, VersionRange),
    /// A voter that never registered.
    #[error("controller {0} has not registered, and may not support this feature")]
    NotRegistered(NodeId),
    /// Down with type upgrade.
    #[error(
        "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
    )]
    DowngradeNotAllowed,
    /// Up with type downgrade.
    #[error("Can't downgrade to a newer version.")]
    UpgradeNotAllowed,
    /// `kraft.version` never goes down.
    #[error("Can't downgrade the version of this feature.")]
    Irreversible,
    /// Another feature is too low.
    #[error("{name} could not be set to {level} because it depends on metadata.version level {needed}")]
    Dependency {
        /// The feature.
        name: String,
        /// The level.
        level: i16,
        /// The `metadata.version` it needs.
        needed: i16,
    },
}

/// A node that does not support a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Supporter {
    /// The node that decides.
    Local(NodeId),
    /// A broker.
    Broker(NodeId),
    /// A controller.
    Controller(NodeId),
}

impl std::fmt::Display for Supporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(id) => write!(f, "Local controller {id}"),
            Self::Broker(id) => write!(f, "Broker {id}"),
            Self::Controller(id) => write!(f, "Controller {id}"),
        }
    }
}

/// Decides about new levels.
pub fn update_features(
    image: &Image,
    request: &UpdateFeatures,
    context: &Context<'_>,
) -> Result<Decision<UpdateFeaturesAnswer>, UpdateFeaturesError> {
    let updates: BTreeMap<&str, &FeatureUpdate> =
        request.updates.iter().map(|u| (u.name.as_str(), u)).collect();
    let proposed_version = updates
        .get(MetadataVersion::FEATURE)
        .map_or_else(|| image.features.level(MetadataVersion::FEATURE), |update| update.level);
    let mut records = Vec::new();
    let mut answer = UpdateFeaturesAnswer { kraft_version: None };
    for update in updates.values() {
        let current = match update.name.as_str() {
            feature::KRAFT_VERSION => request.kraft_version,
            name => image.features.level(name),
        };
        check_level(image, update, current, request, context).map_err(|reason| invalid(update, reason))?;
        match update.name.as_str() {
            MetadataVersion::FEATURE => {
                check_metadata_downgrade(update, current).map_err(|cause| UpdateFeaturesError { cause })?;
                records.push(level_record(&update.name, update.level));
            }
            feature::KRAFT_VERSION => {
                if update.level < current {
                    return Err(invalid(update, Reason::Irreversible));
                }
                if update.level > current {
                    // Something has to be committed for the answer to wait for.
                    records.push(MetadataRecord::NoOp(NoOpRecord::default()));
                    answer.kraft_version = Some(update.level);
                }
            }
            name => {
                check_dependency(name, update.level, proposed_version)
                    .map_err(|reason| invalid(update, reason))?;
                records.push(level_record(name, update.level));
            }
        }
    }
    if updates.get(feature::ELIGIBLE_LEADER_REPLICAS).is_some_and(|update| update.level > 0) {
        records.splice(0..0, min_isr_records(image, context));
    }
    if request.mode == Mode::ValidateOnly {
        answer.kraft_version = None;
    }
    Ok(Decision { records: request.mode.keep(records), answer })
}

fn invalid(update: &FeatureUpdate, reason: Reason) -> UpdateFeaturesError {
    let cause = FeatureUpdateError::Invalid { name: update.name.clone(), level: update.level, reason };
    UpdateFeaturesError { cause }
}

fn check_level(
    image: &Image,
    update: &FeatureUpdate,
    current: i16,
    request: &UpdateFeatures,
    context: &Context<'_>,
) -> Result<(), Reason> {
    if matches!(update.upgrade_type, UpgradeType::Unknown(_)) {
        return Err(Reason::UnknownUpgradeType);
    }
    if update.level < 0 {
        return Err(Reason::Negative);
    }
    check_support(image, update, &request.voters, NodeId(context.configs.config().node_id()))?;
    match update.upgrade_type {
        UpgradeType::Upgrade if update.level < current => Err(Reason::DowngradeNotAllowed),
        UpgradeType::SafeDowngrade | UpgradeType::UnsafeDowngrade if update.level > current => {
            Err(Reason::UpgradeNotAllowed)
        }
        _ => Ok(()),
    }
}

/// Everybody has to support the level: this node, all brokers, all controllers.
fn check_support(
    image: &Image,
    update: &FeatureUpdate,
    voters: &[NodeId],
    local: NodeId,
) -> Result<(), Reason> {
    let none = VersionRange { min: 0, max: 0 };
    let check = |who: Supporter, range: Option<VersionRange>| {
        let range = range.unwrap_or(none);
        match (range.contains(update.level), range.max) {
            (true, _) => Ok(()),
            (false, 0) => Err(Reason::NotKnownBy(who)),
            (false, _) => Err(Reason::NotSupportedBy(who, range)),
        }
    };
    check(Supporter::Local(local), Feature::named(&update.name).map(|feature| feature.supported))?;
    for broker in image.cluster.brokers.values() {
        check(Supporter::Broker(broker.id), broker.features.get(&update.name).copied())?;
    }
    if !image.features.metadata_version().is_some_and(|v| v.allows_controller_registration()) {
        return Ok(());
    }
    for controller in image.cluster.controllers.values().filter(|controller| controller.id != local) {
        check(Supporter::Controller(controller.id), controller.features.get(&update.name).copied())?;
    }
    match voters.iter().find(|voter| **voter != local && !image.cluster.controllers.contains_key(voter)) {
        Some(voter) => Err(Reason::NotRegistered(*voter)),
        None => Ok(()),
    }
}

fn check_metadata_downgrade(update: &FeatureUpdate, current: i16) -> Result<(), FeatureUpdateError> {
    let (Some(from), Some(to)) =
        (MetadataVersion::from_level(current), MetadataVersion::from_level(update.level))
    else {
        return Ok(());
    };
    if to < from && from.downgrade_loses_metadata(to) {
        let is_unsafe = update.upgrade_type == UpgradeType::UnsafeDowngrade;
        return Err(FeatureUpdateError::MetadataDowngrade { from: current, to: update.level, is_unsafe });
    }
    Ok(())
}

fn check_dependency(name: &str, level: i16, metadata_version: i16) -> Result<(), Reason> {
    let needed = Feature::named(name).and_then(|feature| feature.needed_metadata_version(level));
    match needed {
        Some(needed) if metadata_version < needed.level() => {
            Err(Reason::Dependency { name: name.to_owned(), level, needed: needed.level() })
        }
        _ => Ok(()),
    }
}

fn level_record(name: &str, feature_level: i16) -> MetadataRecord<'static> {
    MetadataRecord::FeatureLevel(FeatureLevelRecord {
        name: name.to_owned().into(),
        feature_level,
        ..Default::default()
    })
}

/// With eligible leader replicas one `min.insync.replicas` holds for all brokers (KIP-966).
fn min_isr_records(image: &Image, context: &Context<'_>) -> Vec<MetadataRecord<'static>> {
    let record = |name: &str, value: Option<String>| {
        MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceKind::Broker.code(),
            resource_name: name.to_owned().into(),
            name: MIN_INSYNC_REPLICAS.into(),
            value: value.map(Into::into),
            ..Default::default()
        })
    };
    let mut records = Vec::new();
    if image.configs.value(&ConfigResource::default_broker(), MIN_INSYNC_REPLICAS).is_none() {
        records.push(record("", Some(context.configs.static_min_insync_replicas().to_string())));
    }
    let of_brokers = image.configs.of_kind(ResourceKind::Broker);
    let of_one = of_brokers
        .filter(|(resource, values)| !resource.name.is_empty() && values.contains_key(MIN_INSYNC_REPLICAS));
    records.extend(of_one.map(|(resource, _)| record(&resource.name, None)));
    records
}

#[cfg(test)]
mod tests;
