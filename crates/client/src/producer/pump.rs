//! Doing what the dispatch decides. Whoever brings news (a full batch, an answer, the time) carries out what follows from them
//! in its own task: a hand-over to a sending task would cost more than the sending.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::dispatch::{Answer, Batch, Failure, PartitionId, Step};
use super::partition::Payload;
use super::request;
use super::shared::Shared;
use crate::connection::ResponseFrame;
use crate::error::{Error, ErrorKind, Result};

/// Between two attempts to reach a broker that is not known, at least.
const CONNECT_PAUSE_MIN: Duration = Duration::from_millis(10);

impl Shared {
    /// Does everything that can be done now. No lock may be held.
    pub(super) fn pump(self: &Arc<Self>) {
        loop {
            let step = {
                let mut locked = self.locked.lock();
                let now = Instant::now();
                let connected = |node| self.cluster.open_connection(node).is_some();
                let step = locked.dispatch.poll(now, connected);
                if step.is_none() {
                    self.arm(&mut locked, now);
                }
                step
            };
            match step {
                None => return,
                Some(step) => self.carry_out(step),
            }
        }
    }

    fn carry_out(self: &Arc<Self>, step: Step<Payload>) {
        match step {
            Step::Close(ids) => {
                for id in ids {
                    let partition = Arc::clone(&self.locked.lock().partitions[id.0]);
                    self.close_open(&partition);
                }
            }
            Step::Send { node, batches } => {
                self.send_batches(node, batches);
                self.locked.lock().dispatch.on_sent(node);
            }
            Step::Connect(node) => self.connect(node),
            Step::Expired(batches) => self.expired(batches),
            Step::Enlist(ids) => self.enlist(ids),
            Step::Identify => self.identify(),
        }
    }

    fn connect(self: &Arc<Self>, node: i32) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let connected = shared.cluster.connection(node).await;
            if let Err(error) = &connected {
                tracing::debug!(%error, "cannot connect to send");
                // Attempts to connect are spaced out where they are made; a broker that is not known fails at once.
                if matches!(error.kind(), ErrorKind::UnknownBroker | ErrorKind::Closed) {
                    tokio::time::sleep(shared.config.common.retry_backoff.max(CONNECT_PAUSE_MIN)).await;
                }
            }
            shared.locked.lock().dispatch.on_connected(node, connected.is_ok());
            shared.wake.notify_one();
        });
    }

    /// Writes one request. Whatever goes wrong comes back as the batches' answer.
    fn send_batches(self: &Arc<Self>, node: i32, batches: Vec<(PartitionId, Batch<Payload>)>) {
        let connection = match self.cluster.open_connection(node) {
            Some(connection) => connection,
            None => return self.lost(node, batches, &ErrorKind::Disconnected.into()),
        };
        let encoded = request::encode(self, &connection, &batches);
        let (frame, layout) = match encoded {
            Ok(encoded) => encoded,
            Err(error) => return self.lost(node, batches, &error.with_broker(node)),
        };
        if self.config.transactional_id.is_some() {
            self.transactions.touch();
        }
        if self.config.acks == crate::config::Acks::None {
            return match connection.send_unanswered(frame) {
                Ok(()) => {
                    let answers = batches.iter().map(|_| request::UNANSWERED).collect();
                    self.answered(node, batches, answers);
                }
                Err(error) => self.lost(node, batches, &error),
            };
        }
        let shared = Arc::clone(self);
        let on_answer = move |answer: Result<ResponseFrame>| {
            let answers = answer.and_then(|frame| request::decode(&shared, node, &frame, &layout, &batches));
            match answers {
                Ok(answers) => shared.answered(node, batches, answers),
                Err(error) => shared.lost(node, batches, &error.with_broker(node)),
            }
            shared.pump();
        };
        connection.send(frame, self.config.common.request_timeout, Box::new(on_answer));
    }

    /// The same answer for all batches of a request.
    fn lost(self: &Arc<Self>, node: i32, batches: Vec<(PartitionId, Batch<Payload>)>, error: &Error) {
        let answer = |(id, _): &(PartitionId, Batch<Payload>)| {
            let partition = Arc::clone(&self.locked.lock().partitions[id.0]);
            let error = error.clone().with_partition(&partition.topic, partition.index);
            let moved_to = self.moved_from(node, &partition.topic, partition.index, &error);
            Answer::Failed(Failure { moved_to, ..Failure::of(error) })
        };
        let answers = batches.iter().map(answer).collect();
        self.answered(node, batches, answers);
    }

    /// Who leads a partition, if an error says that `node` does not, and somebody else is known to.
    pub(super) fn moved_from(&self, node: i32, topic: &str, index: i32, error: &Error) -> Option<i32> {
        let leader = error.is_stale_metadata().then(|| self.cluster.metadata().leader(topic, index).ok())?;
        leader.map(|(leader, _)| leader).filter(|leader| *leader != node)
    }

    fn expired(&self, batches: Vec<(PartitionId, Batch<Payload>)>) {
        for (id, batch) in batches {
            let partition = Arc::clone(&self.locked.lock().partitions[id.0]);
            let after = self.config.delivery_timeout;
            let error = Error::new(ErrorKind::Timeout { waiting_for: "the delivery of records", after });
            let error = error.with_partition(&partition.topic, partition.index);
            self.failed(&partition, batch, Failure::of(error));
        }
        self.settled.notify_waiters();
    }
}
