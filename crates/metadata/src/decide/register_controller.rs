//! ControllerRegistration (KIP-919): what a controller supports and where it listens.

use jackdaw_protocol::error_code::ErrorCode;

use super::Decision;
use crate::image::{Controller, Image};
use crate::snapshot;

/// The finalized `metadata.version` knows no registered controllers (UNSUPPORTED_VERSION).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("The current MetadataVersion is too old to support controller registrations.")]
pub struct ControllersDoNotRegister;

impl ControllersDoNotRegister {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        ErrorCode::UnsupportedVersion
    }
}

/// Decides about a controller's registration. One that is there already is written again only if it differs.
pub fn register_controller(
    image: &Image,
    controller: &Controller,
) -> Result<Decision<()>, ControllersDoNotRegister> {
    if !image.features.metadata_version().is_some_and(|version| version.allows_controller_registration()) {
        return Err(ControllersDoNotRegister);
    }
    let is_known = image.cluster.controllers.get(&controller.id).is_some_and(|known| **known == *controller);
    match is_known {
        true => Ok(Decision::only(())),
        false => Ok(Decision { records: vec![snapshot::register_controller(controller)], answer: () }),
    }
}
