//! Reading records one after the other for commands that print them, with a place that is exact: a record that was fetched
//! and not printed is one that the group has not read.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use jackdaw_client::consumer::{Consumer, Record};
use jackdaw_client::{Error, TopicPartition};
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;

/// How long a group may take to let us go.
const LEAVE_WAIT: Duration = Duration::from_secs(10);

/// What ended a step.
#[derive(Debug)]
pub enum Step {
    /// So many records were printed; none if the time was up.
    Read(u64),
    /// Somebody wants the command to end.
    Interrupted,
}

/// A consumer whose records are printed.
pub struct Reading {
    consumer: Consumer,
    /// How many records were printed.
    pub printed: u64,
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Reading {
    /// Reads with this consumer. From now on an interrupt ends the reading, not the process.
    pub fn new(consumer: Consumer) -> Result<Self, Failure> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { consumer, printed: 0, interrupt, terminate })
    }

    /// The consumer.
    pub fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    /// Waits for records and prints `limit` of them at most.
    pub async fn step(
        &mut self,
        wait: Duration,
        limit: u64,
        mut print: impl FnMut(&Record<'_>) -> io::Result<()>,
    ) -> Result<Step, StepError> {
        let records = tokio::select! {
            records = self.consumer.poll(wait) => records?,
            _ = self.interrupt.recv() => return Ok(Step::Interrupted),
            _ = self.terminate.recv() => return Ok(Step::Interrupted),
        };
        let mut count = 0;
        let mut left_over = BTreeSet::new();
        for chunk in records.chunks() {
            for record in chunk {
                if count < limit {
                    print(&record)?;
                    count += 1;
                } else if left_over.insert(chunk.partition().clone()) {
                    self.consumer.seek(chunk.partition(), record.offset)?;
                }
            }
        }
        self.printed += count;
        Ok(Step::Read(count))
    }

    /// Leaves the group, if there is one; what was printed is committed if that is automatic.
    pub async fn close(&self) {
        if let Err(error) = self.consumer.close(LEAVE_WAIT).await {
            eprintln!("WARN the group does not let us go: {error}");
        }
    }
}

/// What went wrong in a step.
#[derive(Debug)]
pub enum StepError {
    /// Reading.
    Client(Error),
    /// Printing.
    Output(io::Error),
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for StepError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The partitions of a topic.
pub fn partitions_of(topic: &str, count: usize) -> impl Iterator<Item = TopicPartition> {
    (0..count as i32).map(move |partition| TopicPartition::new(topic, partition))
}
