//! The limit on open files: raised at the start, then split, so that connections cannot starve segments of
//! descriptors, nor the other way round.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many descriptors each use may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileLimits {
    /// Connections of clients.
    pub connections_max: usize,
    /// Open segment files, with their indexes.
    pub segment_files_max: usize,
    /// Everything else: listeners, checkpoints, HTTP, timers.
    pub reserve: usize,
}

/// More than this is never asked for: some systems say "no limit", and tables are sized by these figures.
const OPEN_FILES_MAX: u64 = 1_048_576;
/// What a process gets if nobody says otherwise.
const OPEN_FILES_DEFAULT: u64 = 1_024;
/// Most of the reserve that any process needs.
const RESERVE_MAX: u64 = 512;

impl FileLimits {
    /// Splits `open_files`: a sixteenth (at most 512) in reserve; of the rest connections get two thirds.
    pub fn split(open_files: u64) -> Self {
        let reserve = (open_files / 16).clamp(16, RESERVE_MAX).min(open_files);
        let rest = open_files - reserve;
        let connections = rest / 3 * 2;
        Self {
            connections_max: connections as usize,
            segment_files_max: (rest - connections) as usize,
            reserve: reserve as usize,
        }
    }
}

/// Raises the soft limit on open files to the hard one and splits what the process then has.
pub fn raise_file_limit() -> FileLimits {
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(OPEN_FILES_MAX);
    let wanted = limit.maximum.unwrap_or(OPEN_FILES_MAX).min(OPEN_FILES_MAX);
    if soft >= wanted {
        return FileLimits::split(soft.min(OPEN_FILES_MAX));
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
        Ok(()) => FileLimits::split(wanted),
        Err(error) => {
            let kept = if soft == 0 { OPEN_FILES_DEFAULT } else { soft };
            tracing::warn!(soft, wanted, %error, "the limit on open files could not be raised");
            FileLimits::split(kept)
        }
    }
}
