//! When committed offsets expire, as a group's state says it.

use jackdaw_base::TimestampMs;

/// From when on `offsets.retention.minutes` counts. Offsets of subscribed topics never expire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpiryBase {
    /// Nothing expires: the group is in use, and knows not which topics.
    Never,
    /// From the commit of each offset.
    Commit,
    /// From the moment the group became empty, or from the commit where that was later.
    Empty(TimestampMs),
}
