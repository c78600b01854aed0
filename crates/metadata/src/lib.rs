//! Cluster metadata: records folded into an immutable image (M1), what changed from one image to the next, the
//! deciders that answer requests with new records, and snapshots. No I/O, no clock, no entropy, no wire requests.
//!
//! ```text
//!   request ──decide(&Image)──▶ records ──append, commit (raft)──▶ Image::replay_with ──▶ (Delta, Image) ──▶ publishers
//! ```

pub mod decide;
pub mod delta;
pub mod feature;
#[cfg(test)]
mod fixture;
pub mod image;
mod metadata_version;
pub mod rules;
pub mod snapshot;

pub use delta::Delta;
pub use image::{Image, ReplayError};
pub use metadata_version::MetadataVersion;
