//! How the transactions of a producer stand, for all who have to ask.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::state::State;
use crate::error::Error;

/// The transactions of one producer.
pub(in crate::producer) struct Transactions {
    pub(super) state: Mutex<State>,
    /// Version 1 is spoken: a copy for those who build requests.
    pub(super) must_enlist: AtomicBool,
    /// One call that changes the state at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
}

impl Transactions {
    pub(in crate::producer) fn new(is_transactional: bool) -> Self {
        Self {
            state: Mutex::new(State::new(is_transactional)),
            must_enlist: AtomicBool::new(false),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// Why records are not taken; `None` if transactions have nothing to do with it.
    pub(in crate::producer) fn refusal(&self) -> Option<Error> {
        self.state.lock().refusal()
    }

    pub(in crate::producer) fn must_enlist(&self) -> bool {
        self.must_enlist.load(Ordering::Relaxed)
    }

    /// Partitions or offsets belong to the transaction: it has to be ended at the coordinator.
    pub(in crate::producer) fn touch(&self) {
        self.state.lock().is_touched = true;
    }

    /// The producer is closed.
    pub(in crate::producer) fn shut(&self) {
        self.state.lock().shut();
    }

    /// A batch is lost, and its transaction with it. Returns whether no more records are taken.
    pub(in crate::producer) fn on_batch_failed(&self, error: &Error) -> bool {
        self.state.lock().on_failure(error)
    }
}
