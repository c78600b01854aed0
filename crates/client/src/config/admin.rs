//! The settings of administration.

use super::{ClientConfig, CommonConfig, ConfigError};

/// The settings of administration.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct AdminConfig {
    /// What all clients have.
    pub common: CommonConfig,
    /// `retries`.
    pub retries: u32,
}

impl AdminConfig {
    pub(super) fn from_client(config: &ClientConfig) -> Result<Self, ConfigError> {
        Ok(Self { common: config.common()?, retries: config.number("retries")? })
    }
}
