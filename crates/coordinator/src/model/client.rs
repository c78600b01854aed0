//! What all clients have in common, whatever protocol they speak.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::chance::Chance;
use crate::fixture::TestWorld;
use crate::group::record::MemberId;
use crate::group::request::{Client as ClientName, GroupAnswer, GroupRequest};

/// So long a member may be silent.
pub const SESSION_TIMEOUT_MS: u64 = 9000;
/// So long a member may take to give up partitions: longer than any answer is late, any retry takes and a lease lasts,
/// together. So whoever is expelled for it knows by its lease.
pub const REBALANCE_TIMEOUT_MS: i32 = 30_000;
/// Between two heartbeats.
pub const HEARTBEAT_INTERVAL_MS: u64 = 2000;
/// Before a refused request is tried again.
pub const RETRY_MS: u64 = 300;

/// A topic's name and a partition.
pub type Partition = (Arc<str>, i32);

/// What comes of a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    Answer(GroupAnswer),
    Refused(ErrorCode),
    /// The connection ended before the answer.
    Lost,
}

/// A client with one request about its membership under way at most.
pub trait Client {
    /// When it wants to do something next.
    fn next_ms(&self) -> Option<u64>;
    /// It may send a request.
    fn on_time(&mut self, now_ms: u64, world: &TestWorld, chance: &mut Chance) -> Option<GroupRequest>;
    /// The reply to the request sent at `sent_ms`. Errors are answers that no client should get.
    fn on_reply(
        &mut self,
        now_ms: u64,
        sent_ms: u64,
        reply: Reply,
        world: &TestWorld,
        chance: &mut Chance,
    ) -> Result<(), String>;
    /// What it believes to own.
    fn owned(&self) -> &BTreeSet<Partition>;
    /// Until when the coordinator cannot have expelled it, as far as it knows.
    fn lease_until_ms(&self) -> u64;
    /// With what it commits: member id and generation or epoch.
    fn commits_as(&self) -> Option<(MemberId, i32)>;
    /// Wishes other topics.
    fn subscribe(&mut self, topics: Vec<Arc<str>>, now_ms: u64);
    /// Goes, politely.
    fn leave(&mut self, now_ms: u64);
    /// It has gone.
    fn is_gone(&self) -> bool;
    /// Topics it reads.
    fn topics(&self) -> &[Arc<str>];
}

/// Who the clients say they are.
pub fn client_name() -> ClientName {
    ClientName { id: "model".into(), host: "/127.0.0.1".into() }
}

/// Whether an error means: the same again, a little later.
pub fn is_retriable(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::NotCoordinator
            | ErrorCode::UnknownServerError
    )
}
