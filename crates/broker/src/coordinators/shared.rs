//! What all coordinators of a node share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use jackdaw_base::{Clock, Entropy, NodeId, Uuid};
use jackdaw_config::Config;
use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::{Moment, Token};
use jackdaw_partition::PartitionTable;

use super::timekeeper::Timekeeper;
use super::world::LiveWorld;

/// What all coordinators of a node share.
pub(crate) struct Shared {
    pub(super) node_id: NodeId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) config: Arc<ArcSwap<Config>>,
    pub(super) partitions: Arc<PartitionTable>,
    pub(super) world: LiveWorld,
    pub(super) timekeeper: Timekeeper,
    pub(super) next_token: AtomicU64,
    /// Where tasks run that release answers.
    pub(super) tasks: tokio::runtime::Handle,
}

impl Shared {
    /// Now.
    pub(super) fn moment(&self) -> Moment {
        Moment { monotonic: self.clock.monotonic(), wall: self.clock.wall(), random: Uuid::ZERO }
    }

    /// Now, when `request` arrives. Chance is drawn only for those who use it.
    pub(super) fn arrival(&self, request: &GroupRequest) -> Moment {
        match request.asks_for_id() {
            true => Moment { random: self.entropy.uuid(), ..self.moment() },
            false => self.moment(),
        }
    }

    pub(super) fn token(&self) -> Token {
        Token(self.next_token.fetch_add(1, Ordering::Relaxed))
    }
}
