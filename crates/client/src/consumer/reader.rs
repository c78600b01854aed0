//! The application's end of the buffer: cuts records off what was fetched, outside the lock, and hands them out under it.

use std::sync::Arc;

use tokio::time::Instant;

use super::fetched::Fetched;
use super::record::{Chunk, Records};
use super::shared::Shared;
use crate::error::Error;

/// What is being handed out.
#[derive(Default)]
pub(super) struct Reader {
    /// The answer that the next records come from, with its bytes in the buffer's account.
    current: Option<(Fetched, usize)>,
    /// An error behind records that had to be handed out first.
    pending: Option<Error>,
}

impl Reader {
    /// The next records, `records_max` at most. Empty if nothing is there.
    ///
    /// # Errors
    /// A damaged batch, or what the tasks have to say.
    pub(super) fn next(&mut self, shared: &Arc<Shared>, records_max: usize) -> Result<Records, Error> {
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        let mut records = Records::default();
        let mut left = records_max.max(1);
        while left > 0 {
            match self.next_chunk(shared, left) {
                Ok(Some(chunk)) => {
                    left -= chunk.count;
                    records.chunks.push(chunk);
                }
                Ok(None) => break,
                Err(error) if records.is_empty() => return Err(error),
                Err(error) => {
                    self.pending = Some(error);
                    break;
                }
            }
        }
        Ok(records)
    }

    fn next_chunk(&mut self, shared: &Arc<Shared>, records_max: usize) -> Result<Option<Chunk>, Error> {
        loop {
            let Some((mut fetched, bytes)) = self.current.take().or_else(|| shared.state.lock().unbuffer())
            else {
                return shared.state.lock().take_error().map_or(Ok(None), Err);
            };
            match fetched.take(records_max) {
                Ok(Some(chunk)) => {
                    let mut state = shared.state.lock();
                    if state.hand_out(&fetched, true) {
                        self.current = Some((fetched, bytes));
                        return Ok(Some(chunk));
                    }
                    if fetched.is_stale() {
                        state.finish(&fetched, bytes);
                    } else {
                        fetched.put_back(chunk);
                        state.buffer.push_front((fetched, bytes));
                    }
                }
                Ok(None) => {
                    // Positions move on over what is not shown.
                    let mut state = shared.state.lock();
                    state.hand_out(&fetched, false);
                    state.finish(&fetched, bytes);
                    drop(state);
                    shared.on_drained();
                }
                Err(error) => {
                    let mut state = shared.state.lock();
                    state.finish(&fetched, bytes);
                    state.stop_at(&fetched, Instant::now() + shared.cluster.config().retry_backoff);
                    return Err(error);
                }
            }
        }
    }
}
