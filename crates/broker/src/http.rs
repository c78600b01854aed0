//! HTTP for operators: `/metrics`, `/healthz`, `/readyz`, `/version`. It has a thread and a runtime of its own, so that a
//! scrape never waits behind clients, nor clients behind a scrape; it takes no lock of a client's partition.

mod bounded;
mod routes;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::metrics::Metrics;

use bounded::BoundedListener;

/// Connections at the same time; more wait in the backlog.
const HTTP_CONNECTIONS_MAX: usize = 64;

/// Where HTTP is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HttpAddress {
    /// The user said so: a failure is an error.
    Configured(SocketAddr),
    /// Nobody said anything: if the port is taken, the broker goes on without.
    Default(SocketAddr),
}

/// Something that keeps the broker from being ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotReady {
    /// Which part, in one word: `metadata`, `log_directory`.
    pub part: String,
    /// What is wrong with it, and what to do.
    pub reason: String,
}

/// What HTTP tells of the broker, apart from metrics.
pub trait Status: Send + Sync + 'static {
    /// Everything that keeps the broker from serving; empty: it is ready.
    fn not_ready(&self) -> Vec<NotReady>;

    /// What `/version` says: names and values, for example `version`, `kafka_version`, `cluster_id`.
    fn version(&self) -> Vec<(&'static str, String)>;
}

/// The running HTTP server. Dropping it stops it.
pub struct HttpServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why HTTP cannot be served.
#[derive(Debug)]
pub struct HttpError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP cannot be served at {}: {}", self.address, self.error)
    }
}

impl std::error::Error for HttpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl HttpServer {
    /// Serves HTTP from now on. `None`: the default port is taken, which is said in one warning.
    ///
    /// # Errors
    /// The configured address cannot be bound, or there is no thread to be had.
    pub fn start(
        address: HttpAddress,
        metrics: Arc<Metrics>,
        status: Arc<dyn Status>,
    ) -> Result<Option<Self>, HttpError> {
        let wanted = match address {
            HttpAddress::Configured(wanted) | HttpAddress::Default(wanted) => wanted,
        };
        let failed = |error| HttpError { address: wanted, error };
        let listener = match TcpListener::bind(wanted) {
            Ok(listener) => listener,
            Err(error) if matches!(address, HttpAddress::Default(_)) => {
                tracing::warn!(address = %wanted, %error, "no HTTP: /metrics and /readyz are not served");
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        let address = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || runtime.block_on(serve(listener, metrics, status, stopped));
        let thread =
            std::thread::Builder::new().name("jackdaw-http".to_owned()).spawn(serve).map_err(failed)?;
        Ok(Some(Self { address, stop: Some(stop), thread: Some(thread) }))
    }

    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        // Dropping the sender is the order to stop.
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the HTTP thread panicked");
        }
    }
}

async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    status: Arc<dyn Status>,
    stopped: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => BoundedListener::new(listener, HTTP_CONNECTIONS_MAX),
        Err(error) => {
            tracing::error!(%error, "the runtime does not take the HTTP socket");
            return;
        }
    };
    let server = axum::serve(listener, routes::router(metrics, status));
    tokio::select! {
        result = std::future::IntoFuture::into_future(server) => {
            if let Err(error) = result {
                tracing::error!(%error, "HTTP ended");
            }
        }
        // Whoever is in the middle of a scrape is cut off: the broker is stopping.
        _ = stopped => {}
    }
}

#[cfg(test)]
mod tests;
