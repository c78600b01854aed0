//! What a node is: `process.roles`.

use crate::definitions::server;
use crate::values::Values;

/// The roles of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Roles {
    /// It holds partitions and serves clients.
    Broker,
    /// It is a member of the metadata quorum.
    Controller,
    /// Both.
    BrokerAndController,
}

impl Roles {
    pub(crate) fn of(values: &Values) -> Self {
        let roles = values.get(server::PROCESS_ROLES);
        let has = |role: &str| roles.iter().any(|entry| entry == role);
        match (has("broker"), has("controller")) {
            (true, true) => Self::BrokerAndController,
            (false, true) => Self::Controller,
            // The list is never empty: its row says so.
            _ => Self::Broker,
        }
    }

    /// Whether the node holds partitions.
    pub fn is_broker(self) -> bool {
        self != Self::Controller
    }

    /// Whether the node is a member of the quorum.
    pub fn is_controller(self) -> bool {
        self != Self::Broker
    }
}
