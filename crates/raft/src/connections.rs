//! One request at a time to each peer, with time-outs and a pause after failures. Not the connections themselves.
//!
//! ```text
//!   Ready --send--> Waiting --answer--> Ready
//!     ^                |
//!     |                +--failure, time-out--> BackingOff --after retry.backoff.ms--> Ready
//!     +-------------------------------------------+
//! ```

use std::collections::BTreeMap;

use jackdaw_base::MonotonicNs;

use crate::output::{Peer, RequestId};

#[derive(Clone, PartialEq, Eq, Debug)]
enum Connection {
    Waiting { id: RequestId, until: MonotonicNs },
    BackingOff { until: MonotonicNs },
}

/// The state of all peers; those that are not in it are ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Connections {
    peers: BTreeMap<Peer, Connection>,
    next_id: u64,
    request_timeout_ms: u64,
    retry_backoff_ms: u64,
}

impl Connections {
    pub(crate) fn new(request_timeout_ms: u64, retry_backoff_ms: u64) -> Self {
        Self { peers: BTreeMap::new(), next_id: 0, request_timeout_ms, retry_backoff_ms }
    }

    pub(crate) fn is_ready(&self, peer: Peer) -> bool {
        !self.peers.contains_key(&peer)
    }

    pub(crate) fn is_any_waiting(&self) -> bool {
        self.peers.values().any(|connection| matches!(connection, Connection::Waiting { .. }))
    }

    pub(crate) fn begin(&mut self, peer: Peer, now: MonotonicNs) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.peers.insert(peer, Connection::Waiting { id, until: now.plus_ms(self.request_timeout_ms) });
        id
    }

    /// The peer whose answer this is; `None` if nobody waits for it any more.
    pub(crate) fn end(&mut self, id: RequestId) -> Option<Peer> {
        let peer = self.waiting_peer(id)?;
        self.peers.remove(&peer);
        Some(peer)
    }

    /// The peer whose request failed; it is left alone for a while.
    pub(crate) fn fail(&mut self, id: RequestId, now: MonotonicNs) -> Option<Peer> {
        let peer = self.waiting_peer(id)?;
        self.back_off(peer, now);
        Some(peer)
    }

    pub(crate) fn back_off(&mut self, peer: Peer, now: MonotonicNs) {
        self.peers.insert(peer, Connection::BackingOff { until: now.plus_ms(self.retry_backoff_ms) });
    }

    /// Nobody waits for any answer any more: the state has changed.
    pub(crate) fn reset(&mut self) {
        self.peers.clear();
    }

    pub(crate) fn reset_peer(&mut self, peer: Peer) {
        self.peers.remove(&peer);
    }

    /// Ends what is over. A request that timed out is forgotten at once: its peer was silent long enough.
    pub(crate) fn on_tick(&mut self, now: MonotonicNs) {
        self.peers.retain(|_, connection| match connection {
            Connection::Waiting { until, .. } | Connection::BackingOff { until } => *until > now,
        });
    }

    pub(crate) fn next_deadline(&self) -> Option<MonotonicNs> {
        let until = self.peers.values().map(|connection| match connection {
            Connection::Waiting { until, .. } | Connection::BackingOff { until } => *until,
        });
        until.min()
    }

    fn waiting_peer(&self, id: RequestId) -> Option<Peer> {
        let waits = |connection: &Connection| matches!(connection, Connection::Waiting { id: waiting, .. } if *waiting == id);
        self.peers.iter().find(|(_, connection)| waits(connection)).map(|(peer, _)| *peer)
    }
}
