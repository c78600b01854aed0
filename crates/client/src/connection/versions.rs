//! What a broker speaks and which features its cluster has finalized (KIP-35, KIP-584).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;

use crate::error::{Error, ErrorKind, Result};

/// The features that the cluster has finalized: name to level.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FinalizedFeatures {
    /// Rises with every change; -1 if the broker knows none.
    pub epoch: i64,
    /// The level of each.
    pub levels: BTreeMap<String, i16>,
}

impl FinalizedFeatures {
    /// The level of one feature, 0 if it is off or unknown.
    pub fn level(&self, name: &str) -> i16 {
        self.levels.get(name).copied().unwrap_or(0)
    }
}

/// What one broker answers to ApiVersions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApiVersions {
    ranges: BTreeMap<i16, (i16, i16)>,
    supported_features: BTreeMap<String, (i16, i16)>,
    finalized: FinalizedFeatures,
}

impl ApiVersions {
    pub(crate) fn from_response(response: &ApiVersionsResponse<'_>) -> Self {
        let ranges = response.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version)));
        let supported = response.supported_features.iter();
        let finalized = response.finalized_features.iter();
        Self {
            ranges: ranges.collect(),
            supported_features: supported
                .map(|feature| (feature.name.to_string(), (feature.min_version, feature.max_version)))
                .collect(),
            finalized: FinalizedFeatures {
                epoch: response.finalized_features_epoch,
                levels: finalized
                    .map(|feature| (feature.name.to_string(), feature.max_version_level))
                    .collect(),
            },
        }
    }

    /// The versions of an API, by its number: the broker may know APIs that we do not.
    pub fn range(&self, key: i16) -> Option<RangeInclusive<i16>> {
        self.ranges.get(&key).map(|(low, high)| *low..=*high)
    }

    /// All APIs by number, with their versions.
    pub fn ranges(&self) -> impl Iterator<Item = (i16, RangeInclusive<i16>)> {
        self.ranges.iter().map(|(key, (low, high))| (*key, *low..=*high))
    }

    /// The features that the broker supports, with their levels.
    pub fn supported_features(&self) -> &BTreeMap<String, (i16, i16)> {
        &self.supported_features
    }

    /// The features that the cluster has finalized.
    pub fn finalized_features(&self) -> &FinalizedFeatures {
        &self.finalized
    }

    /// The highest version that the broker, this crate and the caller have in common.
    ///
    /// # Errors
    /// `UnsupportedVersion`.
    pub fn negotiate(&self, api: ApiKey, allowed: RangeInclusive<i16>) -> Result<i16> {
        let known = api.request_versions();
        let known_max = known.end() - i16::from(api.latest_version_is_unstable());
        let needed = (*known.start().max(allowed.start()), known_max.min(*allowed.end()));
        let offered = self.ranges.get(&api.key()).copied();
        let common = offered.map(|(low, high)| (needed.0.max(low), needed.1.min(high)));
        match common {
            Some((low, high)) if low <= high => Ok(high),
            _ => Err(Error::new(ErrorKind::UnsupportedVersion { api, needed, offered })),
        }
    }
}

#[cfg(test)]
mod tests;
