//! This node's member of the metadata quorum: one thread that owns the consensus core and the metadata log, decides
//! requests, and publishes what is committed (M2). Deciding itself is in `metadata`, consensus in `raft`.
//!
//! ```text
//!  handlers ── Job ──▶ queue ──▶ [ decide → append ]* → sync → commit → publish → answers
//!                                (one sync for all that were waiting)
//! ```

mod handle;
mod host;
mod metadata_log;
mod snapshots;
mod storage;

pub use handle::{QueuedJob, QuorumFailure, QuorumHandle, QuorumView};
pub use host::{Host, HostConfig, HostError, Publisher, is_full};
pub use metadata_log::{METADATA_DIRECTORY, MetadataLog, MetadataLogError};
pub use snapshots::SnapshotPolicy;
pub use storage::{QuorumKind, format_checkpoint};
