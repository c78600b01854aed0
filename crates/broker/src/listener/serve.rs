//! Accepting clients, for as long as the broker runs.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::bind::BoundListener;
use super::registry::{Admission, Registry, Seat};
use crate::connection::{Accepted, Connection};
use crate::edge::Edge;
use crate::limits::Limits;
use crate::metrics::ListenerMetrics;
use crate::request::{ConnectionInfo, Handler, SecurityProtocol};
use crate::response::{Blame, CloseReason};

/// How long accepting pauses when there are no descriptors or no memory: trying at once would only burn a core.
const ACCEPT_PAUSE_MS: u64 = 100;

/// The listeners that are served, and all their connections.
pub struct Listeners {
    edge: Arc<Edge>,
    registry: Arc<Registry>,
    /// Who accepts, by listener.
    accepting: Mutex<BTreeMap<Arc<str>, JoinSet<()>>>,
}

/// What the connections of one listener have in common.
struct Serving {
    edge: Arc<Edge>,
    registry: Arc<Registry>,
    name: Arc<str>,
    security_protocol: SecurityProtocol,
    handler: Arc<dyn Handler>,
    counts: Arc<ListenerMetrics>,
}

impl Listeners {
    /// No listener yet.
    pub fn new(edge: Arc<Edge>) -> Self {
        Self { edge, registry: Arc::default(), accepting: Mutex::default() }
    }

    /// Serves a bound listener from now on. To be called within a tokio runtime, whose workers run the connections.
    ///
    /// # Errors
    /// The runtime does not take the socket.
    pub fn serve(&self, listener: BoundListener, handler: Arc<dyn Handler>) -> io::Result<()> {
        let name = Arc::clone(&listener.name);
        let serving = Arc::new(Serving {
            edge: Arc::clone(&self.edge),
            registry: Arc::clone(&self.registry),
            counts: self.edge.metrics.connections.listener(&listener.name),
            name: listener.name,
            security_protocol: listener.security_protocol,
            handler,
        });
        for socket in listener.sockets {
            let socket = TcpListener::from_std(socket)?;
            let mut accepting = self.accepting.lock();
            accepting.entry(Arc::clone(&name)).or_default().spawn(accept_all(Arc::clone(&serving), socket));
        }
        Ok(())
    }

    /// Whether a listener of this name is served.
    pub fn is_served(&self, name: &str) -> bool {
        self.accepting.lock().contains_key(name)
    }

    /// What its connections are limited to.
    pub fn limits(&self) -> &Limits {
        &self.edge.limits
    }

    /// Stops serving one listener: nobody is accepted on it any more, its connections finish what they have begun. Its
    /// port is free when this returns.
    pub async fn close(&self, name: &str) {
        let accepting = self.accepting.lock().remove(name);
        if let Some(mut accepting) = accepting {
            accepting.shutdown().await;
        }
        self.registry.stop_listener(name);
    }

    /// Connections that are open now, over all listeners.
    pub fn connection_count(&self) -> usize {
        self.registry.count()
    }

    /// Stops: nobody is accepted any more, connections finish what they have begun, and those that take longer than
    /// [`crate::limits::Limits::drain_ms_max`] are left behind. Returns how many those are; the runtime's end closes them.
    pub async fn stop(&self) -> usize {
        let accepting = std::mem::take(&mut *self.accepting.lock());
        for mut accepting in accepting.into_values() {
            accepting.shutdown().await;
        }
        self.registry.stop_all();
        let drained = async {
            loop {
                let ended = self.registry.ended.notified();
                let mut ended = std::pin::pin!(ended);
                ended.as_mut().enable();
                if self.registry.count() == 0 {
                    return;
                }
                ended.await;
            }
        };
        let patience = Duration::from_millis(self.edge.limits.drain_ms_max);
        // Running out of patience is no error: the count below says it.
        let _ = tokio::time::timeout(patience, drained).await;
        self.registry.count()
    }
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").field("connections", &self.connection_count()).finish_non_exhaustive()
    }
}

async fn accept_all(serving: Arc<Serving>, socket: TcpListener) {
    loop {
        serving.wait_for_room().await;
        match socket.accept().await {
            Ok((stream, client_address)) => serving.admit(stream, client_address),
            Err(error) if is_of_one_client(&error) => {}
            Err(error) => {
                serving.note_accept_failure(&error);
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            }
        }
    }
}

/// Errors of a client that went away between connecting and being accepted, which say nothing about the next one.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
        || error.raw_os_error() == Some(libc::EPROTO)
}

impl Serving {
    /// Waits while `max.connections` are open: clients stay in the backlog, as with Kafka.
    async fn wait_for_room(&self) {
        loop {
            let limits = &self.edge.limits.changing;
            let mut ended = std::pin::pin!(self.registry.ended.notified());
            let mut changed = std::pin::pin!(limits.changed.notified());
            ended.as_mut().enable();
            changed.as_mut().enable();
            if self.registry.count() < limits.now().connections_max {
                return;
            }
            tokio::select! {
                () = ended => {}
                () = changed => {}
            }
        }
    }

    fn admit(self: &Arc<Self>, socket: TcpStream, client_address: SocketAddr) {
        match self.registry.admit(&self.name, client_address.ip(), &self.edge.limits.changing.now()) {
            Admission::Seat(seat) => self.start(socket, client_address, seat),
            Admission::TooManyOfAddress => {
                self.edge.metrics.connections.refused();
                if let Some(left_out) = self.edge.refused.pass(self.edge.metrics.clock().monotonic()) {
                    tracing::warn!(listener = %self.name, %client_address, left_out, "connection refused: max.connections.per.ip is reached");
                }
            }
        }
    }

    fn start(self: &Arc<Self>, socket: TcpStream, client_address: SocketAddr, seat: Seat) {
        // Answers are written whole: waiting for more to send (Nagle) only costs time. A socket that fails here is
        // closed already, and the first read says so.
        let _ = socket.set_nodelay(true);
        let Ok(local_address) = socket.local_addr() else {
            return;
        };
        let info = ConnectionInfo {
            id: seat.id,
            listener_name: Arc::clone(&self.name),
            security_protocol: self.security_protocol,
            client_address,
            local_address,
        };
        self.counts.opened();
        let accepted = Accepted {
            socket,
            info,
            handler: Arc::clone(&self.handler),
            counts: Arc::clone(&self.counts),
            stop: seat.stop.clone(),
        };
        let mut connection = Connection::new(Arc::clone(&self.edge), accepted);
        let serving = Arc::clone(self);
        // The block borrows what it captured: moving the connection on would put a second copy of it into the task.
        tokio::spawn(async move {
            let reason = connection.run().await;
            serving.note_end(&reason, client_address);
            drop((connection, seat));
        });
    }

    fn note_accept_failure(&self, error: &io::Error) {
        self.edge.metrics.connections.accept_failed();
        if let Some(left_out) = self.edge.accept.pass(self.edge.metrics.clock().monotonic()) {
            tracing::error!(listener = %self.name, %error, left_out, "connections cannot be accepted; trying on");
        }
    }

    /// Counts the end of a connection, and says so if somebody made a mistake: once a minute for each kind.
    fn note_end(&self, reason: &CloseReason, client_address: SocketAddr) {
        self.edge.metrics.connections.ended(&self.counts, reason);
        let blame = reason.blame();
        if blame == Blame::Nobody {
            tracing::debug!(listener = %self.name, %client_address, %reason, "connection closed");
            return;
        }
        let now = self.edge.metrics.clock().monotonic();
        let Some(left_out) = self.edge.gate_of(reason).and_then(|gate| gate.pass(now)) else {
            return;
        };
        match blame {
            Blame::Broker => {
                tracing::error!(listener = %self.name, %client_address, %reason, left_out, "connection closed");
            }
            Blame::Client | Blame::Nobody => {
                tracing::warn!(listener = %self.name, %client_address, %reason, left_out, "connection closed");
            }
        }
    }
}
