//! Connections: how many there are, where, why they ended, and the bytes through them. Names as the JMX exporter makes
//! them of Kafka's `socket-server-metrics`, and our own where Kafka has none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::Scrape;
use crate::response::CloseReason;

/// Counts of connections.
#[derive(Debug, Default)]
pub struct ConnectionMetrics {
    listeners: Mutex<BTreeMap<Arc<str>, Arc<ListenerMetrics>>>,
    closed: Mutex<BTreeMap<&'static str, u64>>,
    refused: AtomicU64,
    accept_failures: AtomicU64,
}

/// Counts of one listener's connections.
#[derive(Debug, Default)]
pub struct ListenerMetrics {
    open: AtomicI64,
    created: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl ListenerMetrics {
    pub(crate) fn opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.created.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, size_bytes: usize) {
        self.bytes_in.fetch_add(size_bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn wrote(&self, size_bytes: usize) {
        self.bytes_out.fetch_add(size_bytes as u64, Ordering::Relaxed);
    }

    /// Connections that are open now.
    pub fn open(&self) -> i64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Bytes read from clients since the start.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// Bytes sent to clients since the start.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }
}

impl ConnectionMetrics {
    /// The counts of the listener `name`, made at the first call.
    pub fn listener(&self, name: &Arc<str>) -> Arc<ListenerMetrics> {
        Arc::clone(self.listeners.lock().entry(Arc::clone(name)).or_default())
    }

    /// How many connections ended for a reason, by [`CloseReason::name`].
    pub fn closed(&self, reason: &str) -> u64 {
        self.closed.lock().get(reason).copied().unwrap_or(0)
    }

    pub(crate) fn ended(&self, listener: &ListenerMetrics, reason: &CloseReason) {
        listener.open.fetch_sub(1, Ordering::Relaxed);
        *self.closed.lock().entry(reason.name()).or_default() += 1;
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn accept_failed(&self) {
        self.accept_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        let listeners = self.listeners.lock().clone();
        let prefix = "kafka_server_socket_server_metrics";
        out.gauges(&format!("{prefix}_connection_count"), "Connections that are open", |family| {
            listeners.iter().try_for_each(|(name, counts)| family.gauge(&[("listener", name)], counts.open()))
        })?;
        let mut counters = |name: &str, help: &str, value: fn(&ListenerMetrics) -> &AtomicU64| {
            out.counters(&format!("{prefix}_{name}"), help, |family| {
                listeners.iter().try_for_each(|(listener, counts)| {
                    family.counter(&[("listener", listener)], value(counts).load(Ordering::Relaxed))
                })
            })
        };
        counters("connection_creation", "Connections accepted", |counts| &counts.created)?;
        counters("incoming_byte", "Bytes read from clients", |counts| &counts.bytes_in)?;
        counters("outgoing_byte", "Bytes sent to clients", |counts| &counts.bytes_out)?;
        let closed = self.closed.lock().clone();
        out.counters("jackdaw_connections_closed", "Connections that ended, by reason", |family| {
            CloseReason::NAMES.iter().try_for_each(|reason| {
                family.counter(&[("reason", reason)], closed.get(reason).copied().unwrap_or(0))
            })
        })?;
        let help = "Connections refused by max.connections.per.ip";
        out.counters("jackdaw_connections_refused", help, |family| {
            family.counter(&[], self.refused.load(Ordering::Relaxed))
        })?;
        let help = "Failed attempts to accept a connection (no descriptors left, for example)";
        out.counters("jackdaw_accept_failures", help, |family| {
            family.counter(&[], self.accept_failures.load(Ordering::Relaxed))
        })
    }
}
