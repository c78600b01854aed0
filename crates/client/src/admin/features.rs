//! Feature levels: what the brokers support, what is switched on, and changing it (KIP-584, 1022).

use std::collections::BTreeMap;

use jackdaw_protocol::messages::update_features_request::{FeatureUpdateKey, UpdateFeaturesRequest};

use super::routing::{Subject, Target, refusal};
use super::{Admin, Apply, Results};
use crate::error::Error;

/// A feature that is switched on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FinalizedFeature {
    /// The lowest level that every node has to support.
    pub level_min: i16,
    /// The level that holds.
    pub level: i16,
}

/// The features of a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Features {
    /// What the broker that was asked supports: the lowest and the highest level.
    pub supported: BTreeMap<String, (i16, i16)>,
    /// What holds.
    pub finalized: BTreeMap<String, FinalizedFeature>,
    /// The number of that state; `None` if there is none yet.
    pub finalized_epoch: Option<i64>,
}

/// Which changes of a level are allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpgradeType {
    /// Upwards.
    Upgrade,
    /// Downwards too, if nothing is lost.
    SafeDowngrade,
    /// Downwards too, even if something is lost.
    UnsafeDowngrade,
}

/// A change of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeatureUpdate {
    /// The level to hold from now on; 0 switches the feature off.
    pub level: i16,
    /// What may be done for it.
    pub upgrade_type: UpgradeType,
}

impl Admin {
    /// The features that any broker reports.
    ///
    /// # Errors
    /// No broker answers in time.
    pub async fn describe_features(&self) -> Result<Features, Error> {
        self.retry(|_| self.features_of(Target::Any)).await
    }

    /// The features that one node reports.
    ///
    /// # Errors
    /// The node does not answer in time.
    pub async fn describe_features_of(&self, node: i32) -> Result<Features, Error> {
        self.retry(|_| self.features_of(Target::Node(node))).await
    }

    async fn features_of(&self, target: Target) -> Result<Features, Error> {
        let answer = self.api_versions(target).await?;
        let supported = answer.supported_features.into_iter();
        let finalized = answer.finalized_features.into_iter();
        Ok(Features {
            supported: supported
                .map(|feature| (feature.name.into_owned(), (feature.min_version, feature.max_version)))
                .collect(),
            finalized: finalized
                .map(|feature| {
                    let level_min = feature.min_version_level;
                    (
                        feature.name.into_owned(),
                        FinalizedFeature { level_min, level: feature.max_version_level },
                    )
                })
                .collect(),
            finalized_epoch: (answer.finalized_features_epoch >= 0)
                .then_some(answer.finalized_features_epoch),
        })
    }

    /// Changes levels, or asks whether they could be changed. Brokers before 4.0 change all or none and have one answer
    /// for all; newer ones, too, refuse all if they refuse one.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses as a whole.
    pub async fn update_features(
        &self,
        updates: &BTreeMap<String, FeatureUpdate>,
        apply: Apply,
    ) -> Result<Results<String, ()>, Error> {
        let answer = self
            .retry(move |timeout_ms| async move {
                let request = UpdateFeaturesRequest {
                    timeout_ms,
                    feature_updates: updates.iter().map(|(name, update)| to_wire(name, update)).collect(),
                    validate_only: apply == Apply::ValidateOnly,
                    ..Default::default()
                };
                let answer = self.send(Target::Controller, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut results: Results<String, ()> = updates.keys().map(|name| (name.clone(), Ok(()))).collect();
        for result in answer.results {
            let name = result.feature.into_owned();
            let updated = refusal(result.error_code, &result.error_message, Subject::Named("feature", &name));
            results.insert(name, updated);
        }
        Ok(results)
    }
}

fn to_wire(name: &str, update: &FeatureUpdate) -> FeatureUpdateKey<'static> {
    FeatureUpdateKey {
        feature: name.to_owned().into(),
        max_version_level: update.level,
        upgrade_type: match update.upgrade_type {
            UpgradeType::Upgrade => 1,
            UpgradeType::SafeDowngrade => 2,
            UpgradeType::UnsafeDowngrade => 3,
        },
        ..Default::default()
    }
}
