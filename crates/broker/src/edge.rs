//! What all connections of a broker share: limits, metrics, request memory, scratch memory, readers of cold files,
//! and the gates in front of the log. No connection's own state, nothing of Kafka's semantics.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::connection::files::ColdReaders;
use crate::limits::{Limits, LogGate, RequestMemory, SCRATCH_BYTES};
use crate::metrics::Metrics;
use crate::response::CloseReason;

/// Shared by all listeners and connections of one broker.
pub struct Edge {
    /// The limits.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The budget for request memory.
    pub memory: Arc<RequestMemory>,
    pub(crate) cold: ColdReaders,
    scratch: Mutex<Vec<Vec<u8>>>,
    closed: BTreeMap<&'static str, LogGate>,
    pub(crate) slow: LogGate,
    pub(crate) accept: LogGate,
    pub(crate) refused: LogGate,
}

/// Scratch buffers kept for the next answer; more are in use at the same time only if more workers write.
const SCRATCH_KEPT_MAX: usize = 8;

impl Edge {
    /// The shared parts, within `limits`, counting into `metrics`.
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            memory: RequestMemory::new(limits.queued_request_bytes_max),
            cold: ColdReaders::new(limits.cold_reads_max),
            limits,
            metrics,
            scratch: Mutex::default(),
            closed: CloseReason::NAMES.iter().map(|name| (*name, LogGate::default())).collect(),
            slow: LogGate::default(),
            accept: LogGate::default(),
            refused: LogGate::default(),
        })
    }

    /// Memory for slices that are copied from files, for the time of one write.
    pub(crate) fn take_scratch(&self) -> Vec<u8> {
        self.scratch.lock().pop().unwrap_or_else(|| vec![0; SCRATCH_BYTES])
    }

    pub(crate) fn give_scratch(&self, scratch: Vec<u8>) {
        let mut kept = self.scratch.lock();
        if kept.len() < SCRATCH_KEPT_MAX {
            kept.push(scratch);
        }
    }

    /// The gate of the log lines about connections that end for `reason`.
    pub(crate) fn gate_of(&self, reason: &CloseReason) -> Option<&LogGate> {
        self.closed.get(reason.name())
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("limits", &self.limits).finish_non_exhaustive()
    }
}
