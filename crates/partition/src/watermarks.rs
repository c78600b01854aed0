//! The offsets of a partition that others wait for.

use jackdaw_base::Offset;

/// A partition's offsets, as they were at one moment: `log_start ≤ last_stable ≤ high_watermark ≤ log_end` (L1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Watermarks {
    /// The first readable offset.
    pub log_start: Offset,
    /// No open transaction below it.
    pub last_stable: Offset,
    /// Everything below is committed.
    pub high_watermark: Offset,
    /// Everything below is on the disk.
    pub flushed_end: Offset,
    /// The offset of the next batch.
    pub log_end: Offset,
}
