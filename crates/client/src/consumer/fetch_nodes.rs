//! The brokers that a consumer fetches from, with what is under way. Data only.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::session::FetchSession;

/// The brokers that are fetched from.
#[derive(Default)]
pub(super) struct Fetcher {
    pub(super) nodes: BTreeMap<i32, FetchNode>,
    /// What the requests under way may bring.
    pub(super) reserved_bytes: usize,
    /// To be connected to.
    pub(super) to_connect: BTreeSet<i32>,
    pub(super) wants_metadata: bool,
    /// Partitions have to be looked at by the errands: their leader, or even their topic, is another one.
    pub(super) has_doubts: bool,
}

/// A broker that is fetched from.
#[derive(Default)]
pub(super) struct FetchNode {
    pub(super) session: FetchSession,
    pub(super) is_asked: bool,
    /// A connection is being made: nobody has to ask for one again.
    pub(super) is_connecting: bool,
    /// Not before, after an error.
    pub(super) retry_at: Option<Instant>,
}
