//! What the metadata says about the brokers that hold the other replicas. Not the metadata itself: a question asked of it.

use jackdaw_base::NodeId;

/// What a leader must know about a broker before it lets its replica into the ISR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokerView {
    /// The epoch of the broker's registration.
    pub broker_epoch: i64,
    /// Whether the controller has fenced it.
    pub is_fenced: bool,
    /// Whether it is in a controlled shutdown.
    pub is_shutting_down: bool,
}

/// The brokers of the cluster, as this node's metadata image has them.
pub trait Brokers {
    /// `None` if no such broker is registered.
    fn broker(&self, id: NodeId) -> Option<BrokerView>;
}

/// A cluster without other brokers.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBrokers;

impl Brokers for NoBrokers {
    fn broker(&self, _: NodeId) -> Option<BrokerView> {
        None
    }
}

impl<F: Fn(NodeId) -> Option<BrokerView>> Brokers for F {
    fn broker(&self, id: NodeId) -> Option<BrokerView> {
        self(id)
    }
}
