//! What the operating system says of this process: memory, processor time, open files. Read from `/proc`; where there is
//! none, nothing is known.
#![allow(clippy::disallowed_methods, reason = "this implements a port to the operating system")]

use std::fs;

/// Processor time in `/proc` is in ticks of this length, on every Linux (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process takes of the machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProcessUsage {
    /// Memory in use, shared pages of files among it.
    pub resident_bytes: u64,
    /// Processor time, of the program and of the kernel for it, in seconds.
    pub cpu_seconds: f64,
    /// Threads.
    pub threads: u64,
    /// Open descriptors.
    pub open_files: u64,
}

/// What this process takes now; `None` if the operating system does not say.
pub fn usage() -> Option<ProcessUsage> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (cpu_seconds, threads) = parse_stat(&stat)?;
    let resident_pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    // The descriptor that lists them is one of them.
    let open_files = (fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1);
    let resident_bytes = resident_pages * rustix::param::page_size() as u64;
    Some(ProcessUsage { resident_bytes, cpu_seconds, threads, open_files })
}

/// Processor seconds and threads. The name of the program may hold anything, so fields count from its last parenthesis.
fn parse_stat(stat: &str) -> Option<(f64, u64)> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let (user, system, threads) = (field(11)?, field(12)?, field(17)?);
    Some(((user + system) as f64 / TICKS_PER_SECOND, threads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 6 0 100 1000 10";
        assert_eq!(parse_stat(stat), Some((2.0, 6)));
        assert_eq!(parse_stat("7 (a"), None);
        assert_eq!(parse_stat("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_has_memory_threads_and_files() {
        let usage = usage().expect("/proc is there");
        assert!(usage.resident_bytes > 100_000 && usage.threads >= 1 && usage.open_files >= 3, "{usage:?}");
    }
}
