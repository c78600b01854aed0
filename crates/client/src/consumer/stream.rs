//! A consumer as streams: of records and of batches. Both can be read without a crate for streams by `next`.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Consumer;
use super::handle::{Handle, Position};
use super::record::{OwnedRecord, Records};
use crate::error::Error;

/// As long as a stream waits before it looks again.
const FOREVER: Duration = Duration::from_secs(3600);

type PollFuture<'c> = Pin<Box<dyn Future<Output = Result<Records, Error>> + Send + 'c>>;

/// See [`Consumer::batches`]. It never ends; closing the consumer makes it return `Closed`.
pub struct BatchStream<'c> {
    consumer: &'c Consumer,
    polling: Option<PollFuture<'c>>,
}

impl<'c> BatchStream<'c> {
    pub(super) fn new(consumer: &'c Consumer) -> Self {
        Self { consumer, polling: None }
    }

    /// The next batch.
    ///
    /// # Errors
    /// As [`Consumer::poll`].
    pub async fn next(&mut self) -> Result<Records, Error> {
        std::future::poll_fn(|context| self.poll_batch(context)).await
    }

    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Result<Records, Error>> {
        loop {
            let consumer = self.consumer;
            let polling = self.polling.get_or_insert_with(|| Box::pin(consumer.poll(FOREVER)));
            let Poll::Ready(outcome) = polling.as_mut().poll(context) else { return Poll::Pending };
            self.polling = None;
            match outcome {
                Ok(records) if records.is_empty() => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }
}

impl futures_core::Stream for BatchStream<'_> {
    type Item = Result<Records, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_batch(context).map(Some)
    }
}

/// See [`Consumer::records`]. It never ends; closing the consumer makes it return `Closed`.
pub struct RecordStream<'c> {
    batches: BatchStream<'c>,
    /// Records of the last batch, with the incarnation that they must still meet.
    waiting: VecDeque<(Arc<Handle>, u32, OwnedRecord)>,
}

impl<'c> RecordStream<'c> {
    pub(super) fn new(consumer: &'c Consumer) -> Self {
        Self { batches: BatchStream::new(consumer), waiting: VecDeque::new() }
    }

    /// The next record.
    ///
    /// # Errors
    /// As [`Consumer::poll`].
    pub async fn next(&mut self) -> Result<OwnedRecord, Error> {
        std::future::poll_fn(|context| self.poll_record(context)).await
    }

    fn poll_record(&mut self, context: &mut Context<'_>) -> Poll<Result<OwnedRecord, Error>> {
        loop {
            while let Some((handle, incarnation, record)) = self.waiting.pop_front() {
                // A seek or a rebalance came in between.
                if handle.incarnation() == incarnation {
                    let position = Position { offset: record.offset + 1, leader_epoch: record.leader_epoch };
                    handle.advance(position);
                    return Poll::Ready(Ok(record));
                }
            }
            let Poll::Ready(outcome) = self.batches.poll_batch(context) else { return Poll::Pending };
            match outcome {
                Ok(records) => self.take(&records),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Takes a batch, and the positions back to its start: they move on record by record.
    fn take(&mut self, records: &Records) {
        for chunk in records.chunks() {
            let incarnation = chunk.handle.incarnation();
            self.waiting.extend(
                chunk.iter().map(|record| (Arc::clone(&chunk.handle), incarnation, chunk.owned(&record))),
            );
        }
        // The first chunk of a partition decides, so they are gone through from the last.
        for chunk in records.chunks().iter().rev() {
            if let Some(first) = chunk.iter().next() {
                let position = Position { offset: first.offset, leader_epoch: chunk.leader_epoch };
                chunk.handle.advance(position);
            }
        }
    }
}

impl futures_core::Stream for RecordStream<'_> {
    type Item = Result<OwnedRecord, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_record(context).map(Some)
    }
}
