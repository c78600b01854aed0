//! What becomes of the records of one batch. One shared value per batch, so that a delivery costs no allocation of its own:
//! it is a reference to that value and an index.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::RecordMetadata;
use crate::error::{Error, Result};

/// The fate of a run of records; a batch that had to be split has several.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Its records have indexes below this.
    pub(super) end: i32,
    pub(super) outcome: Outcome,
}

/// What became of records.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// They are in the log.
    Written {
        /// The offset of the first record of the piece.
        base_offset: Option<i64>,
        append_time_ms: Option<i64>,
    },
    /// They are not, or nobody knows.
    Failed(Error),
    /// Some of them are why the broker refused all of them (KIP-467).
    Refused { error: Error, records: Arc<[(i32, Error)]> },
}

/// The shared part of a batch's deliveries.
pub(super) struct Completion {
    topic: Arc<str>,
    partition: i32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In rising order of `end`; complete when the last one ends where the batch does.
    pieces: SmallVec<[Piece; 1]>,
    settled_count: i32,
    is_complete: bool,
    wakers: Vec<Option<Waker>>,
}

impl Completion {
    pub(super) fn new(topic: Arc<str>, partition: i32) -> Arc<Self> {
        Arc::new(Self { topic, partition, state: Mutex::default() })
    }

    /// Says what became of the `count` records that end at index `end`. When that is said of all `total` records of the
    /// batch everybody who waits is woken.
    pub(super) fn resolve(&self, end: i32, count: i32, total: i32, outcome: Outcome) {
        let wakers = {
            let mut state = self.state.lock();
            let position = state.pieces.partition_point(|piece| piece.end < end);
            state.pieces.insert(position, Piece { end, outcome });
            state.settled_count += count;
            if state.settled_count < total {
                return;
            }
            state.is_complete = true;
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn result(&self, state: &State, index: i32) -> Result<RecordMetadata> {
        let position = state.pieces.partition_point(|piece| piece.end <= index);
        let piece = state.pieces.get(position);
        let begin =
            position.checked_sub(1).and_then(|before| state.pieces.get(before)).map_or(0, |it| it.end);
        match piece.map(|piece| &piece.outcome) {
            Some(Outcome::Written { base_offset, append_time_ms }) => Ok(RecordMetadata {
                topic: Arc::clone(&self.topic),
                partition: self.partition,
                offset: base_offset.map(|base| base + i64::from(index - begin)),
                append_time_ms: *append_time_ms,
            }),
            Some(Outcome::Failed(error)) => Err(error.clone()),
            Some(Outcome::Refused { error, records }) => {
                let own = records.iter().find(|(refused, _)| *refused == index - begin);
                Err(own.map_or_else(|| error.clone(), |(_, error)| error.clone()))
            }
            None => Err(crate::error::ErrorKind::Closed.into()),
        }
    }
}

/// The delivery of one record: resolves once, when the record is acknowledged as `acks` says, or has failed for good.
///
/// Dropping it changes nothing: the record is sent all the same. It may be awaited later, elsewhere, or not at all.
pub struct Delivery {
    completion: Arc<Completion>,
    index: i32,
    /// Its place among the wakers, once it has waited.
    slot: Option<usize>,
}

impl Delivery {
    pub(super) fn new(completion: Arc<Completion>, index: i32) -> Self {
        Self { completion, index, slot: None }
    }

    /// The partition that the record goes to.
    pub fn partition(&self) -> i32 {
        self.completion.partition
    }

    /// What became of the record, if that is known already.
    pub fn now(&self) -> Option<Result<RecordMetadata>> {
        let state = self.completion.state.lock();
        state.is_complete.then(|| self.completion.result(&state, self.index))
    }
}

impl Future for Delivery {
    type Output = Result<RecordMetadata>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut state = this.completion.state.lock();
        if state.is_complete {
            return Poll::Ready(this.completion.result(&state, this.index));
        }
        match this.slot {
            Some(slot) => match &mut state.wakers[slot] {
                Some(waker) => waker.clone_from(context.waker()),
                empty => *empty = Some(context.waker().clone()),
            },
            None => {
                this.slot = Some(state.wakers.len());
                state.wakers.push(Some(context.waker().clone()));
            }
        }
        Poll::Pending
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let Some(slot) = self.slot else { return };
        if let Some(waker) = self.completion.state.lock().wakers.get_mut(slot) {
            *waker = None;
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("topic", &self.completion.topic)
            .field("partition", &self.completion.partition)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
