//! Sending many records and learning what became of each, without waiting for one before the next.

use std::collections::VecDeque;

use jackdaw_client::Error;
use jackdaw_client::producer::{Delivery, Producer, ProducerRecord, RecordMetadata};

/// What is asked of who watches deliveries: key size and value size of the record beside its fate.
pub type Fate = (Option<usize>, Option<usize>, Result<RecordMetadata, Error>);

/// Deliveries that are waited for, in the order of their records.
pub struct Sending {
    producer: Producer,
    waiting: VecDeque<(Option<usize>, Option<usize>, Delivery)>,
}

impl Sending {
    /// Nothing sent yet.
    pub fn new(producer: Producer) -> Self {
        Self { producer, waiting: VecDeque::new() }
    }

    /// Sends a record; what could not even be sent has its fate at once.
    pub async fn send(&mut self, record: &ProducerRecord<'_>) -> Option<Fate> {
        let sizes = (record.key.map(<[u8]>::len), record.value.map(<[u8]>::len));
        match self.producer.send(record).await {
            Ok(delivery) => {
                self.waiting.push_back((sizes.0, sizes.1, delivery));
                None
            }
            Err(error) => Some((sizes.0, sizes.1, Err(error))),
        }
    }

    /// Sends a record and waits for it.
    pub async fn send_and_wait(&mut self, record: &ProducerRecord<'_>) -> Result<RecordMetadata, Error> {
        self.producer.send(record).await?.await
    }

    /// The fate of the next record, if it is known.
    pub fn settled(&mut self) -> Option<Fate> {
        let fate = self.waiting.front()?.2.now()?;
        let (key, value, _) = self.waiting.pop_front()?;
        Some((key, value, fate))
    }

    /// How many are not settled.
    pub fn open(&self) -> usize {
        self.waiting.len()
    }

    /// Waits until everything is settled; the fates are there then.
    pub async fn flush(&self) {
        self.producer.flush().await;
    }
}
