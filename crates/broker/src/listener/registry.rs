//! Who is connected: counts in all and per address, and the signal by which each connection is asked to end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use jackdaw_base::Signal;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::limits::LimitValues;

/// All connections of a broker, over all its listeners, as Kafka counts them.
#[derive(Debug, Default)]
pub(super) struct Registry {
    state: Mutex<State>,
    /// Told whenever a connection ends.
    pub(super) ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    signals: HashMap<u64, (Arc<str>, Signal)>,
    per_address: HashMap<IpAddr, usize>,
    stopping: bool,
}

/// What becomes of a client that connects.
#[derive(Debug)]
pub(super) enum Admission {
    /// It is served; dropping the seat takes it off the books.
    Seat(Seat),
    /// Its address has as many connections as it may have.
    TooManyOfAddress,
}

/// A connection's place in the registry.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: u64,
    pub(super) stop: Signal,
    address: IpAddr,
    registry: Arc<Registry>,
}

impl Registry {
    /// A client of this address has connected to `listener`.
    pub(super) fn admit(
        self: &Arc<Self>,
        listener: &Arc<str>,
        address: IpAddr,
        limits: &LimitValues,
    ) -> Admission {
        let address = address.to_canonical();
        let mut state = self.state.lock();
        let count = state.per_address.get(&address).copied().unwrap_or(0);
        if count >= limits.connections_of(&address) {
            return Admission::TooManyOfAddress;
        }
        state.per_address.insert(address, count + 1);
        let id = state.next_id;
        state.next_id += 1;
        let stop = Signal::new();
        if state.stopping {
            stop.raise();
        }
        state.signals.insert(id, (Arc::clone(listener), stop.clone()));
        Admission::Seat(Seat { id, stop, address, registry: Arc::clone(self) })
    }

    pub(super) fn count(&self) -> usize {
        self.state.lock().signals.len()
    }

    /// Asks every connection, and every later one, to end.
    pub(super) fn stop_all(&self) {
        let mut state = self.state.lock();
        state.stopping = true;
        state.signals.values().for_each(|(_, stop)| stop.raise());
    }

    /// Asks the connections of one listener to end.
    pub(super) fn stop_listener(&self, name: &str) {
        let state = self.state.lock();
        let of_it = state.signals.values().filter(|(listener, _)| **listener == *name);
        of_it.for_each(|(_, stop)| stop.raise());
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.registry.state.lock();
        state.signals.remove(&self.id);
        if let Some(count) = state.per_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                state.per_address.remove(&self.address);
            }
        }
        drop(state);
        self.registry.ended.notify_waiters();
    }
}
