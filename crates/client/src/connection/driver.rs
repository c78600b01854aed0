//! The one task of a connection: it reads answers, writes what callers could not, and watches the time.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use jackdaw_protocol::api_key::ApiKey;
use tokio::time::{Instant, sleep_until};

use super::transport::{Received, Receiver};
use super::{Answered, ResponseFrame, Shared, Waiting};
use crate::error::{Error, ErrorKind, Result, SecurityMismatch};

/// Room for reading ahead.
const READ_BYTES: usize = 64 * 1024;
/// A frame's memory grows by so much at a time until its bytes have come: a size alone takes no memory.
const GROWTH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// No answer is larger: Kafka's sizes are signed.
const FRAME_BYTES_MAX: usize = i32::MAX as usize;
/// What an alert of TLS begins with: a broker that expects TLS says so to whoever does not speak it.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// Runs until the connection ends.
pub(super) async fn drive(shared: Arc<Shared>, mut receiver: Receiver) {
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let timer = sleep_until(shared.next_timer(Instant::now()));
    tokio::pin!(timer);
    loop {
        let wants_write = {
            let state = shared.state.lock();
            if state.closed.is_some() {
                return;
            }
            !state.outgoing.is_empty() || shared.transport.has_unsent()
        };
        let outcome = tokio::select! {
            biased;
            received = receiver.receive(&shared.transport, &mut buffer) => {
                received.and_then(|received| shared.on_received(received, &mut buffer))
            }
            ready = shared.transport.writable(), if wants_write => shared.on_writable(ready),
            () = shared.changed.notified() => {
                timer.as_mut().reset(shared.state.lock().timer_at);
                // A write that failed in a caller's task fails here again.
                shared.on_writable(Ok(()))
            }
            () = timer.as_mut() => {
                let outcome = shared.on_timer(Instant::now());
                timer.as_mut().reset(shared.next_timer(Instant::now()));
                outcome
            }
        };
        if let Err(error) = outcome {
            shared.close(error);
            return;
        }
    }
}

impl Shared {
    fn on_received(&self, received: Received, buffer: &mut BytesMut) -> Result<()> {
        while let Some(frame) = take_frame(buffer)? {
            self.on_frame(frame)?;
        }
        match received {
            Received::Something => Ok(()),
            Received::End => Err(self.end(buffer).into()),
        }
    }

    /// What it means that the broker has ended the connection, with these bytes behind the last frame.
    fn end(&self, rest: &[u8]) -> ErrorKind {
        let state = self.state.lock();
        match state.answered {
            Answered::Nothing if self.transport.is_sealed() => SecurityMismatch::EndBehindTlsHandshake.into(),
            Answered::Nothing if rest.starts_with(&TLS_ALERT) => SecurityMismatch::AnswerInTls.into(),
            Answered::Nothing => SecurityMismatch::EndBeforeFirstAnswer.into(),
            Answered::Versions if !self.is_authenticated && !state.waiting.is_empty() => {
                SecurityMismatch::EndAtSecondRequest.into()
            }
            Answered::Versions | Answered::More => ErrorKind::Disconnected,
        }
    }

    fn on_frame(&self, frame: Bytes) -> Result<()> {
        let Some(id) = frame.first_chunk::<4>().map(|bytes| i32::from_be_bytes(*bytes)) else {
            return Err(ErrorKind::InvalidAnswer("a frame without a correlation id").into());
        };
        let request = {
            let mut state = self.state.lock();
            match state.waiting.front() {
                Some(request) if request.correlation_id == id => {
                    let is_greeting = request.frame.key == ApiKey::ApiVersions;
                    let answered = if is_greeting { Answered::Versions } else { Answered::More };
                    state.answered = state.answered.max(answered);
                    state.waiting.pop_front()
                }
                _ => None,
            }
        };
        let Some(Waiting { frame: sent, on_answer, .. }) = request else {
            return Err(ErrorKind::InvalidAnswer("an answer to another request than the oldest").into());
        };
        on_answer(Ok(ResponseFrame::new(frame, sent)));
        Ok(())
    }

    fn on_writable(&self, ready: io::Result<()>) -> Result<()> {
        let flushed = ready.and_then(|()| self.transport.flush(&mut self.state.lock().outgoing));
        flushed.map(|_| ()).map_err(|_| ErrorKind::Disconnected.into())
    }

    /// A request that is late ends the connection: its answer would block all behind it.
    fn on_timer(&self, now: Instant) -> Result<()> {
        let state = self.state.lock();
        let late = state.deadlines().filter(|(deadline, _)| *deadline <= now).min();
        if let Some((_, after)) = late {
            return Err(Error::new(ErrorKind::RequestTimeout { after }));
        }
        if state.waiting_count() == 0 && now.duration_since(state.last_used_at) >= self.idle_max {
            return Err(ErrorKind::Disconnected.into());
        }
        Ok(())
    }

    /// When to look next: at the first deadline, but not later than any request with the usual time-out could be due,
    /// so that such a request does not have to wake the driver.
    fn next_timer(&self, now: Instant) -> Instant {
        let mut state = self.state.lock();
        let deadline = state.deadlines().map(|(deadline, _)| deadline).min();
        let idle_at = (state.waiting_count() == 0).then(|| state.last_used_at + self.idle_max);
        let at = [Some(now + self.request_timeout), deadline, idle_at];
        state.timer_at = at.into_iter().flatten().min().unwrap_or(now);
        state.timer_at
    }
}

/// The next whole frame without its size; makes room for the rest of one that has begun.
fn take_frame(buffer: &mut BytesMut) -> Result<Option<Bytes>> {
    let Some(size) = buffer.first_chunk::<4>().map(|bytes| i32::from_be_bytes(*bytes)) else {
        return Ok(None);
    };
    let Ok(size_bytes) = usize::try_from(size) else {
        let bytes_max = FRAME_BYTES_MAX;
        return Err(ErrorKind::FrameTooLarge { size_bytes: size as u32 as usize, bytes_max }.into());
    };
    let whole = 4 + size_bytes;
    if buffer.len() < whole {
        let missing = whole - buffer.len();
        buffer.reserve(missing.clamp(1, GROWTH_BYTES_MAX));
        return Ok(None);
    }
    let mut frame = buffer.split_to(whole).freeze();
    if buffer.capacity() < READ_BYTES / 2 {
        buffer.reserve(READ_BYTES);
    }
    Ok(Some(frame.split_off(4)))
}

#[cfg(test)]
mod tests;
