//! When to stop: SIGTERM and SIGINT, or somebody inside who says so. What stopping means is each part's own business.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Why the broker stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// SIGTERM, from a supervisor.
    Terminated,
    /// SIGINT, from a terminal.
    Interrupted,
    /// A part of the broker asked for it.
    Requested(Arc<str>),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminated => f.write_str("SIGTERM"),
            Self::Interrupted => f.write_str("SIGINT"),
            Self::Requested(why) => f.write_str(why),
        }
    }
}

/// The order to stop. Clones are the same order; it is given once and never taken back.
#[derive(Clone, Debug)]
pub struct Shutdown {
    order: Arc<watch::Sender<Option<StopReason>>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// An order that nobody has given.
    pub fn new() -> Self {
        Self { order: Arc::new(watch::Sender::new(None)) }
    }

    /// Gives the order. The first reason counts.
    pub fn stop(&self, reason: StopReason) {
        self.order.send_if_modified(|order| {
            let first = order.is_none();
            if first {
                *order = Some(reason);
            }
            first
        });
    }

    /// Whether the order was given.
    pub fn is_stopping(&self) -> bool {
        self.order.borrow().is_some()
    }

    /// Waits for the order.
    pub async fn stopped(&self) -> StopReason {
        let mut watcher = self.order.subscribe();
        loop {
            if let Some(reason) = watcher.borrow_and_update().clone() {
                return reason;
            }
            if watcher.changed().await.is_err() {
                // The sender lives in `self`, so this cannot be; if it were, stopping is the safe answer.
                return StopReason::Requested("nobody could give the order any more".into());
            }
        }
    }

    /// Gives the order when the process gets SIGTERM or SIGINT. To be called within a tokio runtime; from then on these
    /// signals do not end the process by themselves.
    ///
    /// # Errors
    /// The operating system does not let the signals be watched.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            let reason = tokio::select! {
                _ = terminate.recv() => StopReason::Terminated,
                _ = interrupt.recv() => StopReason::Interrupted,
            };
            shutdown.stop(reason);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
