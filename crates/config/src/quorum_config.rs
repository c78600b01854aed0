//! How the metadata quorum is found: by a fixed list of voters (kraft.version 0), by a few addresses
//! (kraft.version 1), or, for a node alone, not at all.

use crate::definitions::quorum;
use crate::quorum_voters::{HostPort, Voter, parse_addresses, parse_voters};
use crate::values::Values;

/// The two lists.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuorumConfig {
    /// `controller.quorum.voters`.
    pub voters: Vec<Voter>,
    /// `controller.quorum.bootstrap.servers`.
    pub bootstrap_servers: Vec<HostPort>,
}

impl QuorumConfig {
    pub(crate) fn of(values: &Values) -> Self {
        // Both lists were checked when they were read.
        Self {
            voters: parse_voters(&values.get(quorum::CONTROLLER_QUORUM_VOTERS)).unwrap_or_default(),
            bootstrap_servers: parse_addresses(&values.get(quorum::CONTROLLER_QUORUM_BOOTSTRAP_SERVERS))
                .unwrap_or_default(),
        }
    }

    /// Whether the voters are fixed in the configuration; otherwise they are in the metadata log (KIP-853).
    pub fn is_static(&self) -> bool {
        !self.voters.is_empty()
    }
}
