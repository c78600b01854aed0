//! The named limits of the edge, and what enforces the shared ones: request memory, open files, log lines.
//! Limits of topics and groups are not here; those are configurations of their own crates.

mod changing;
mod files;
mod log_gate;
mod memory;

use std::sync::Arc;

pub use changing::{ChangingLimits, LimitValues, LimitsPublisher};
pub use files::{FileLimits, raise_file_limit};
pub use log_gate::LogGate;
pub use memory::{MemoryLease, RequestMemory};

/// What one connection may hold of a request before its length is known or believed. It is not counted against
/// [`Limits::queued_request_bytes_max`], so a small request never waits behind big ones.
pub const READ_BUFFER_BYTES: usize = 16 * 1024;
/// The first buffer of a connection that was idle. One that fills it gets [`READ_BUFFER_BYTES`].
pub const READ_FIRST_BYTES: usize = 4 * 1024;
/// Bytes read beyond the end of a frame that is longer than the buffer: the head of the next one, cheap to move.
pub const READ_AHEAD_BYTES: usize = 4 * 1024;
/// A frame up to this long gets its memory at once; a longer one as its bytes arrive, so that a claimed length alone
/// takes nothing.
pub const FRAME_RESERVE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// `queued.max.request.bytes=-1` means this, since nothing here is without a bound.
pub const QUEUED_REQUEST_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;
/// Memory that a cold or copied slice takes while it is written; shared by the connections of a worker.
pub const SCRATCH_BYTES: usize = 256 * 1024;
/// Slices in one `writev`.
pub const WRITE_SLICES_MAX: usize = 64;
/// A long slice is checked for residency and sent in windows of this size.
pub const FILE_WINDOW_BYTES: u64 = 1024 * 1024;
/// Default of [`Limits::buffer_kept_ms`].
pub const BUFFER_KEPT_MS_DEFAULT: u64 = 1_000;
/// A connection that holds counted request memory and receives nothing for this long is closed when others wait for
/// memory. Without waiters only `connections.max.idle.ms` ends it, as in Kafka.
pub const STALL_MS_MAX: u64 = 30_000;
/// One line per kind of event and this many milliseconds; the next line says how many were left out.
pub const LOG_GATE_MS: u64 = 60_000;

/// The limits of listeners and connections. [`Limits::default`] holds Kafka's defaults where Kafka has the setting.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `socket.request.max.bytes`: the longest frame.
    pub request_bytes_max: usize,
    /// `queued.max.request.bytes`: all request memory beyond [`READ_BUFFER_BYTES`] per connection.
    pub queued_request_bytes_max: u64,
    /// Those that change while the broker runs; clones share them.
    pub changing: Arc<ChangingLimits>,
    /// `connections.max.idle.ms`; `None`: never.
    pub connection_idle_ms_max: Option<u64>,
    /// How long an idle connection keeps its read buffer.
    pub buffer_kept_ms: u64,
    /// `socket.listen.backlog.size`.
    pub listen_backlog: i32,
    /// `socket.send.buffer.bytes`; `None` leaves the operating system's own tuning on.
    pub send_buffer_bytes: Option<usize>,
    /// `socket.receive.buffer.bytes`; `None` leaves the operating system's own tuning on.
    pub receive_buffer_bytes: Option<usize>,
    /// Answers that one connection owes: at the limit it is not read.
    pub slots_max: usize,
    /// Bytes of answers that wait for one client to take them: at the limit nothing more is executed for it.
    pub answer_bytes_max: u64,
    /// Slices from files at least this long go out by `sendfile`; shorter ones are read and written with their neighbours.
    pub sendfile_bytes_min: u64,
    /// Reads of cold slices at the same time, in all; the others wait.
    pub cold_reads_max: usize,
    /// How long connections may finish what they have begun when the broker stops.
    pub drain_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes_max: 104_857_600,
            queued_request_bytes_max: QUEUED_REQUEST_BYTES_DEFAULT,
            changing: Arc::default(),
            connection_idle_ms_max: Some(600_000),
            buffer_kept_ms: BUFFER_KEPT_MS_DEFAULT,
            listen_backlog: 1024,
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            slots_max: 512,
            answer_bytes_max: 1024 * 1024,
            sendfile_bytes_min: 100 * 1024,
            cold_reads_max: 8,
            drain_ms_max: 5_000,
        }
    }
}

#[cfg(test)]
mod tests;
