//! One broker's address with at most one connection; failed attempts are spaced out (KIP-144, KIP-601).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::time::Instant;

use crate::config::{CommonConfig, HostPort};
use crate::connection::{Connection, Security};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Backoff, chance};

/// A broker that can be connected to.
pub(crate) struct Node {
    pub(super) id: i32,
    pub(super) address: HostPort,
    connection: ArcSwapOption<Connection>,
    attempts: tokio::sync::Mutex<Attempts>,
}

#[derive(Default)]
struct Attempts {
    failures: u32,
    /// Not before.
    next_at: Option<Instant>,
    is_closed: bool,
}

impl Node {
    /// A broker with the connection to it, if there is one already.
    pub(crate) fn new(id: i32, address: HostPort, connection: Option<Arc<Connection>>) -> Self {
        Self {
            id,
            address,
            connection: ArcSwapOption::new(connection),
            attempts: tokio::sync::Mutex::default(),
        }
    }

    /// The connection if there is one that works.
    pub(crate) fn open_connection(&self) -> Option<Arc<Connection>> {
        self.connection.load_full().filter(|connection| connection.is_open())
    }

    /// Whether the next attempt has to wait because the last one failed.
    pub(super) fn is_backing_off(&self) -> bool {
        match self.attempts.try_lock() {
            Ok(attempts) => attempts.next_at.is_some_and(|at| at > Instant::now()),
            // Somebody is connecting right now.
            Err(_) => false,
        }
    }

    /// The connection, made if there is none; callers at the same time share the attempt. Waits out the back-off first.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(crate) async fn connection(
        &self,
        config: &CommonConfig,
        security: &Security,
    ) -> Result<Arc<Connection>> {
        if let Some(connection) = self.open_connection() {
            return Ok(connection);
        }
        let mut attempts = self.attempts.lock().await;
        if let Some(connection) = self.open_connection() {
            return Ok(connection);
        }
        if attempts.is_closed {
            return Err(ErrorKind::Closed.into());
        }
        if let Some(at) = attempts.next_at {
            tokio::time::sleep_until(at).await;
        }
        let setup_timeout = setup_timeout(config, attempts.failures);
        match Connection::open(self.id, &self.address, config, security, setup_timeout).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *attempts = Attempts::default();
                self.connection.store(Some(Arc::clone(&connection)));
                Ok(connection)
            }
            Err(error) => {
                let backoff = Backoff::new(config.reconnect_backoff, config.reconnect_backoff_max);
                attempts.next_at = Some(Instant::now() + backoff.after(attempts.failures, chance()));
                attempts.failures = attempts.failures.saturating_add(1);
                Err(error)
            }
        }
    }

    pub(crate) fn close(&self) {
        if let Ok(mut attempts) = self.attempts.try_lock() {
            attempts.is_closed = true;
        }
        if let Some(connection) = self.connection.swap(None) {
            connection.close(Error::new(ErrorKind::Closed));
        }
    }
}

fn setup_timeout(config: &CommonConfig, failures: u32) -> Duration {
    let max = config.connection_setup_timeout_max.max(config.connection_setup_timeout);
    Backoff::new(config.connection_setup_timeout, max).after(failures, chance())
}
