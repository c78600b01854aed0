//! The times and limits of the quorum (`controller.quorum.*`).

/// Configuration of a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// `controller.quorum.election.timeout.ms`: the least time before a silent election is tried again; up to twice that, by chance.
    pub election_timeout_ms: u64,
    /// `controller.quorum.fetch.timeout.ms`: without a fetch for that long a follower looks for another leader, a leader without followers resigns.
    pub fetch_timeout_ms: u64,
    /// `controller.quorum.request.timeout.ms`.
    pub request_timeout_ms: u64,
    /// `controller.quorum.retry.backoff.ms`.
    pub retry_backoff_ms: u64,
    /// `controller.quorum.election.backoff.max.ms`.
    pub election_backoff_ms_max: u64,
    /// How long the leader may hold an empty fetch.
    pub fetch_wait_ms_max: u32,
    /// How many bootstrap servers are configured (`controller.quorum.bootstrap.servers`).
    pub bootstrap_servers: usize,
    /// Replicas that a leader keeps track of; further observers are served, but not counted.
    pub replicas_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            election_timeout_ms: 1_000,
            fetch_timeout_ms: 2_000,
            request_timeout_ms: 2_000,
            retry_backoff_ms: 20,
            election_backoff_ms_max: 1_000,
            fetch_wait_ms_max: 500,
            bootstrap_servers: 0,
            replicas_max: 10_000,
        }
    }
}
