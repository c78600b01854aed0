//! What time it is, for commands that ask or show it.
#![allow(
    clippy::disallowed_methods,
    reason = "the clock of a command at a terminal; nothing is decided by it in a log"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Now, for measuring how long something takes.
pub fn now() -> Instant {
    Instant::now()
}
