//! One TCP connection to a broker: requests go out in the order of the calls, answers come back in the same order.
//!
//! ```text
//! caller: encode ─▶ send(): lock, number, write straight to the socket ─┬─▶ what did not fit waits for the driver
//! driver (one task): read frames ─▶ the oldest waiting request's callback ┘   driver also: time-outs, idle close
//! ```
//!
//! Writing from the caller's task saves a hand-over to another task, which costs more than the write. Not here: which
//! broker to ask, retries.

mod driver;
mod frame;
mod handshake;
mod open;
mod versions;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub use frame::ResponseFrame;
pub(crate) use frame::{Attachment, RequestFrame};
pub use versions::{ApiVersions, FinalizedFeatures};

use crate::config::CommonConfig;
use crate::error::{Error, ErrorKind, Result};

/// How many requests may wait on one connection: far more than any client of ours has reason to send at once.
const REQUESTS_WAITING_MAX: usize = 1000;
/// How many pieces go into one write.
const SLICES_MAX: usize = 64;

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
    writer: OwnedWriteHalf,
    state: Mutex<State>,
    /// Tells the driver: closed, or something to write, or an earlier deadline.
    changed: Notify,
    idle_max: Duration,
    request_timeout: Duration,
}

struct State {
    /// What the socket did not take yet.
    outgoing: VecDeque<Bytes>,
    waiting: VecDeque<Waiting>,
    correlation_id: i32,
    closed: Option<Error>,
    /// When the driver looks at deadlines next.
    timer_at: Instant,
    last_used_at: Instant,
}

/// A request whose answer has not come.
struct Waiting {
    correlation_id: i32,
    frame: frame::Sent,
    deadline: Instant,
    timeout: Duration,
    on_answer: OnAnswer,
}

impl Connection {
    /// Connects and asks for versions. The driver runs until the connection ends.
    pub(crate) async fn open(
        node_id: i32,
        address: &crate::config::HostPort,
        config: &CommonConfig,
        setup_timeout: Duration,
    ) -> Result<Self> {
        open::open(node_id, address, config, setup_timeout).await
    }

    /// What the broker speaks.
    pub(crate) fn versions(&self) -> &ApiVersions {
        self.shared.versions.get_or_init(ApiVersions::default)
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
        self.shared.state.lock().waiting.len()
    }

    /// Sends a request; `on_answer` is called once, whatever happens.
    pub(crate) fn send(&self, frame: RequestFrame, timeout: Duration, on_answer: OnAnswer) {
        self.shared.send(frame, timeout, on_answer);
    }

    /// Sends a request that nobody answers (Produce with acks=0).
    ///
    /// # Errors
    /// The connection is closed.
    pub(crate) fn send_unanswered(&self, frame: RequestFrame) -> Result<()> {
        let mut state = self.shared.state.lock();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        let (segments, _) = state.number(frame);
        self.shared.write(&mut state, segments);
        Ok(())
    }

    /// Sends a request and waits. Dropping the future gives up the answer, not the request.
    pub(crate) async fn request(&self, frame: RequestFrame, timeout: Duration) -> Result<ResponseFrame> {
        let (sender, receiver) = oneshot::channel();
        let on_answer = move |answer| {
            // Nobody waits any more: the answer is of no use to anyone.
            let _ = sender.send(answer);
        };
        self.send(frame, timeout, Box::new(on_answer));
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

impl State {
    /// Gives the request its number; returns its bytes, and what is remembered of it.
    fn number(&mut self, frame: RequestFrame) -> (SmallVec<[Bytes; 8]>, (i32, frame::Sent)) {
        let correlation_id = self.correlation_id;
        self.correlation_id = correlation_id.wrapping_add(1) & i32::MAX;
        let (segments, sent) = frame.into_segments(correlation_id);
        (segments, (correlation_id, sent))
    }
}

impl Shared {
    fn send(&self, frame: RequestFrame, timeout: Duration, on_answer: OnAnswer) {
        let mut state = self.state.lock();
        let refused = match &state.closed {
            Some(error) => Some(error.clone()),
            None if state.waiting.len() >= REQUESTS_WAITING_MAX => Some(ErrorKind::TooManyRequests.into()),
            None => None,
        };
        if let Some(error) = refused {
            drop(state);
            on_answer(Err(self.place(error)));
            return;
        }
        let now = Instant::now();
        let deadline = now + timeout;
        let (segments, (correlation_id, frame)) = state.number(frame);
        state.waiting.push_back(Waiting { correlation_id, frame, deadline, timeout, on_answer });
        state.last_used_at = now;
        if deadline < state.timer_at {
            state.timer_at = deadline;
            self.changed.notify_one();
        }
        self.write(&mut state, segments);
    }

    /// Writes as much as the socket takes, unless others wait in front.
    fn write(&self, state: &mut State, segments: SmallVec<[Bytes; 8]>) {
        let has_queue = !state.outgoing.is_empty();
        state.outgoing.extend(segments);
        if !has_queue {
            // An error shows again in the driver, which then closes the connection.
            if !matches!(self.flush(state), Ok(true)) {
                self.changed.notify_one();
            }
        }
    }

    /// Whether everything is written.
    fn flush(&self, state: &mut State) -> io::Result<bool> {
        while !state.outgoing.is_empty() {
            let slices: SmallVec<[IoSlice<'_>; SLICES_MAX]> =
                state.outgoing.iter().take(SLICES_MAX).map(|segment| IoSlice::new(segment)).collect();
            let written = self.writer.try_write_vectored(&slices);
            drop(slices);
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => advance(&mut state.outgoing, written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn close(&self, error: Error) {
        let error = self.place(error);
        let waiting = {
            let mut state = self.state.lock();
            if state.closed.is_some() {
                return;
            }
            state.closed = Some(error.clone());
            state.outgoing.clear();
            std::mem::take(&mut state.waiting)
        };
        self.changed.notify_one();
        for request in waiting {
            (request.on_answer)(Err(error.clone().with_api(request.frame.key)));
        }
    }

    fn place(&self, error: Error) -> Error {
        error.with_broker(self.node_id).with_address(&self.address)
    }
}

/// Forgets `written` bytes at the front.
fn advance(outgoing: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(front) = outgoing.front_mut() {
        if written < front.len() {
            front.advance(written);
            return;
        }
        written -= front.len();
        outgoing.pop_front();
    }
}
