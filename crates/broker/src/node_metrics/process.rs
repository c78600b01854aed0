//! The process: memory, processor time, files. Names as Prometheus's own clients have them.

use std::fmt;

use jackdaw_store::os_process;

use super::gauge;
use crate::metrics::Scrape;

pub(super) fn collect(out: &mut Scrape<'_>) -> fmt::Result {
    let Some(usage) = os_process::usage() else { return Ok(()) };
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    gauge(out, "process_resident_memory_bytes", "Memory in use", number(usage.resident_bytes))?;
    gauge(out, "process_open_fds", "Open descriptors", number(usage.open_files))?;
    gauge(out, "process_threads", "Threads", number(usage.threads))?;
    out.counters("process_cpu_seconds", "Processor time", |family| family.counter_f64(&[], usage.cpu_seconds))
}
