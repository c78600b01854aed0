//! One TCP connection to a broker: requests go out in the order of the calls, answers come back in the same order.
//!
//! ```text
//! caller: encode ─▶ send(): lock, number, write straight to the socket ─┬─▶ what did not fit waits for the driver
//! driver (one task): read frames ─▶ the oldest waiting request's callback ┘   driver also: time-outs, idle close
//! ```
//!
//! Writing from the caller's task saves a hand-over to another task, which costs more than the write. Not here: which
//! broker to ask, retries.

mod authentication;
mod driver;
mod frame;
mod handshake;
mod open;
mod renewal;
mod security;
mod state;
mod tls_handshake;
mod token_endpoint;
mod transport;
mod versions;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub use frame::ResponseFrame;
pub(crate) use frame::{Attachment, RequestFrame};
pub(crate) use security::Security;
pub use versions::{ApiVersions, FinalizedFeatures};

use crate::config::CommonConfig;
use crate::error::{Error, ErrorKind, Result};
use state::{Answered, Held, State, Waiting};
use transport::Transport;

/// How many requests may wait on one connection: far more than any client of ours has reason to send at once.
const REQUESTS_WAITING_MAX: usize = 1000;

/// Called once with the answer, on the connection's task or, if the connection is closed, the caller's: it must not block.
pub(crate) type OnAnswer = Box<dyn FnOnce(Result<ResponseFrame>) + Send>;

/// A connection; the last handle that is dropped closes it.
pub(crate) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    node_id: i32,
    address: Arc<str>,
    client_id: Arc<str>,
    versions: OnceLock<ApiVersions>,
    transport: Transport,
    /// Whether the client says who it is.
    is_authenticated: bool,
    state: Mutex<State>,
    /// Tells the driver: closed, or something to write, or an earlier deadline.
    changed: Notify,
    idle_max: Duration,
    request_timeout: Duration,
}

impl Connection {
    /// Connects, secures the connection, asks for versions and says who the client is. The driver runs until the connection
    /// ends.
    pub(crate) async fn open(
        node_id: i32,
        address: &crate::config::HostPort,
        config: &CommonConfig,
        security: &Security,
        setup_timeout: Duration,
    ) -> Result<Self> {
        open::open(node_id, address, config, security, setup_timeout).await
    }

    /// What the broker speaks.
    pub(crate) fn versions(&self) -> &ApiVersions {
        self.shared.versions()
    }

    /// How the client names itself in the headers of requests.
    pub(crate) fn client_id(&self) -> &str {
        &self.shared.client_id
    }

    /// Whether requests can still be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.shared.state.lock().closed.is_none()
    }

    /// How many requests wait for answers.
    pub(crate) fn waiting_count(&self) -> usize {
        self.shared.state.lock().waiting_count()
    }

    /// Sends a request; `on_answer` is called once, whatever happens.
    pub(crate) fn send(&self, frame: RequestFrame, timeout: Duration, on_answer: OnAnswer) {
        self.shared.send(frame, timeout, on_answer);
    }

    /// Sends a request that nobody answers (Produce with acks=0).
    ///
    /// # Errors
    /// The connection is closed, or too many requests wait.
    pub(crate) fn send_unanswered(&self, frame: RequestFrame) -> Result<()> {
        let mut state = self.shared.state.lock();
        if let Some(error) = self.shared.refusal(&state) {
            return Err(error);
        }
        let timeout = self.shared.request_timeout;
        let request = Held { frame, deadline: Instant::now() + timeout, timeout, on_answer: None };
        self.shared.send_in_turn(&mut state, request);
        Ok(())
    }

    /// Sends a request and waits. Dropping the future gives up the answer, not the request.
    pub(crate) async fn request(&self, frame: RequestFrame, timeout: Duration) -> Result<ResponseFrame> {
        let (receiver, on_answer) = awaited();
        self.send(frame, timeout, on_answer);
        receiver.await.unwrap_or_else(|_| Err(ErrorKind::Disconnected.into()))
    }

    /// Ends it: what waits is refused with `error`.
    pub(crate) fn close(&self, error: Error) {
        self.shared.close(error);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.close(ErrorKind::Closed.into());
    }
}

/// Tells who waits for an answer that there will be none.
/// What hands an answer to a future.
fn awaited() -> (oneshot::Receiver<Result<ResponseFrame>>, OnAnswer) {
    let (sender, receiver) = oneshot::channel();
    let on_answer = move |answer| {
        // Nobody waits any more: the answer is of no use to anyone.
        let _ = sender.send(answer);
    };
    (receiver, Box::new(on_answer))
}

impl Shared {
    /// What the broker speaks: nothing until it has said.
    fn versions(&self) -> &ApiVersions {
        self.versions.get_or_init(ApiVersions::default)
    }

    /// Why no request is taken, if none is.
    fn refusal(&self, state: &State) -> Option<Error> {
        match &state.closed {
            Some(error) => Some(self.place(error.clone())),
            None if state.waiting_count() >= REQUESTS_WAITING_MAX => {
                Some(self.place(ErrorKind::TooManyRequests.into()))
            }
            None => None,
        }
    }

    fn send(&self, frame: RequestFrame, timeout: Duration, on_answer: OnAnswer) {
        let mut state = self.state.lock();
        if let Some(error) = self.refusal(&state) {
            drop(state);
            on_answer(Err(error));
            return;
        }
        let now = Instant::now();
        state.last_used_at = now;
        let request = Held { frame, deadline: now + timeout, timeout, on_answer: Some(on_answer) };
        self.send_in_turn(&mut state, request);
    }

    /// Sends a request, or holds it while the client says who it is: a broker takes nothing else then.
    fn send_in_turn(&self, state: &mut State, request: Held) {
        match &mut state.held {
            Some(held) => held.push(request),
            None => self.transmit(state, request),
        }
    }

    fn transmit(&self, state: &mut State, request: Held) {
        let Held { frame, deadline, timeout, on_answer } = request;
        let (segments, (correlation_id, frame)) = state.number(frame);
        if let Some(on_answer) = on_answer {
            state.waiting.push_back(Waiting { correlation_id, frame, deadline, timeout, on_answer });
            if deadline < state.timer_at {
                state.timer_at = deadline;
                self.changed.notify_one();
            }
        }
        self.write(state, segments);
    }

    /// Sends a request before those that are held, and waits. Its time begins when all that was sent before is answered, at
    /// the latest.
    async fn ask_at_once(&self, frame: RequestFrame, timeout: Duration) -> Result<ResponseFrame> {
        let (receiver, on_answer) = awaited();
        {
            let mut state = self.state.lock();
            if let Some(error) = &state.closed {
                return Err(error.clone());
            }
            let before = state.waiting.iter().map(|request| request.deadline).max();
            let deadline = before.unwrap_or_else(Instant::now).max(Instant::now()) + timeout;
            self.transmit(&mut state, Held { frame, deadline, timeout, on_answer: Some(on_answer) });
        }
        receiver.await.unwrap_or_else(|_| Err(ErrorKind::Disconnected.into()))
    }

    /// From now on requests wait.
    fn hold(&self) {
        self.state.lock().held.get_or_insert_default();
    }

    /// Sends what has waited.
    fn release(&self) {
        let mut state = self.state.lock();
        for request in state.held.take().into_iter().flatten() {
            self.transmit(&mut state, request);
        }
    }

    /// Writes as much as the socket takes, unless others wait in front.
    fn write(&self, state: &mut State, segments: SmallVec<[Bytes; 8]>) {
        let has_queue = !state.outgoing.is_empty();
        state.outgoing.extend(segments);
        if !has_queue {
            // An error shows again in the driver, which then closes the connection.
            if !matches!(self.transport.flush(&mut state.outgoing), Ok(true)) {
                self.changed.notify_one();
            }
        }
    }

    fn close(&self, error: Error) {
        let error = self.place(error);
        let (waiting, held, renewal) = {
            let mut state = self.state.lock();
            if state.closed.is_some() {
                return;
            }
            state.closed = Some(error.clone());
            state.outgoing.clear();
            (std::mem::take(&mut state.waiting), state.held.take(), state.renewal.take())
        };
        self.transport.close();
        self.changed.notify_one();
        if let Some(renewal) = renewal {
            renewal.abort();
        }
        for request in waiting {
            (request.on_answer)(Err(error.clone().with_api(request.frame.key)));
        }
        for request in held.into_iter().flatten() {
            let key = request.frame.key();
            request.on_answer.into_iter().for_each(|on_answer| on_answer(Err(error.clone().with_api(key))));
        }
    }

    fn place(&self, error: Error) -> Error {
        error.with_broker(self.node_id).with_address(&self.address)
    }
}
