//! Who wants fresh metadata, of what, and how far that has got. Data only.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Requests for fresh metadata that have not been answered.
#[derive(Default)]
pub(super) struct Refresh {
    pub(super) wanted: Mutex<Wanted>,
    /// One request at a time.
    pub(super) running: tokio::sync::Mutex<Progress>,
}

#[derive(Default)]
pub(super) struct Wanted {
    /// Topics that are used: they are in every refresh.
    pub(super) topics: BTreeSet<Arc<str>>,
    /// The number of the last caller.
    pub(super) ticket: u64,
    pub(super) all: bool,
    pub(super) may_create: bool,
}

#[derive(Default)]
pub(super) struct Progress {
    /// All callers up to this one have been served.
    pub(super) served: u64,
    /// Since when every attempt has failed.
    pub(super) failing_since: Option<Instant>,
}
