//! Transactions of a producer (KIP-98), in both versions: partitions are added beforehand (version 1), or by the first record
//! that is produced to them, and every transaction ends with a new epoch (version 2, KIP-890). Which one it is the cluster's
//! feature `transaction.version` says, anew for each transaction.

mod calls;
mod enlist;
mod offsets;
pub(super) mod standing;
mod state;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

pub use offsets::{ConsumedOffset, GroupMetadata};
use state::{Ending, Version};

use super::Producer;
use super::shared::Shared;
use crate::error::{Error, ErrorKind, Result};

/// The feature whose level says which version is spoken.
const FEATURE: &str = "transaction.version";
/// From this level on it is version 2.
const VERSION_2_FROM: i16 = 2;

impl Producer {
    /// Registers the transactional id: earlier producers with the same id are fenced, and what they left open is finished. To
    /// be called once, before the first transaction; again after an error that can be retried.
    ///
    /// # Errors
    /// No `transactional.id`; `Timeout` after `max.block.ms`; what the coordinator answers.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::{ClientConfig, producer::{Producer, ProducerRecord}};
    ///
    /// let config = ClientConfig::new("localhost:9092").with("transactional.id", "copier-1")?;
    /// let producer = Producer::new(&config).await?;
    /// producer.init_transactions().await?;
    /// producer.begin_transaction()?;
    /// producer.send(&ProducerRecord::new("copies", "a value")).await?;
    /// producer.commit_transaction().await?;
    /// # Ok(()) }
    /// ```
    pub async fn init_transactions(&self) -> Result<()> {
        let shared = self.shared();
        let _changing = shared.transactions.changing.lock().await;
        shared.transactions.state.lock().may_initialize()?;
        let deadline = Instant::now() + shared.config.max_block;
        match shared.init_producer_id(None, deadline).await {
            Ok(identity) => {
                shared.locked.lock().dispatch.on_identity(identity);
                shared.transactions.state.lock().on_ready();
                Ok(())
            }
            Err(error) => Err(shared.note(error)),
        }
    }

    /// Begins a transaction: records are taken until it ends.
    ///
    /// # Errors
    /// `InvalidState` if one has begun already or transactions are not initialized; an earlier error that is fatal.
    pub fn begin_transaction(&self) -> Result<()> {
        let shared = self.shared();
        let level = shared.transaction_level();
        let version = if level >= VERSION_2_FROM { Version::V2 } else { Version::V1 };
        shared.transactions.state.lock().begin(version)?;
        shared.transactions.must_enlist.store(version == Version::V1, Ordering::Relaxed);
        let mut locked = shared.locked.lock();
        locked.dispatch.begin_transaction(version == Version::V1);
        shared.set_accepts(&mut locked, true);
        Ok(())
    }

    /// Sends what is there and commits it, all or nothing. Dropped half-way, or after an error that can be retried, it may be
    /// called again.
    ///
    /// # Errors
    /// `TransactionAborted` if a record has failed: abort then. `Fenced` and `Fatal`: make a new producer.
    pub async fn commit_transaction(&self) -> Result<()> {
        self.end(Ending::Commit).await
    }

    /// Gives the transaction up: records that were not sent fail with `TransactionAborted`, those that were are never shown to
    /// consumers that read committed ones. May be called again like [`Producer::commit_transaction`].
    ///
    /// # Errors
    /// `InvalidState` if none has begun; `Fenced` and `Fatal`: make a new producer.
    pub async fn abort_transaction(&self) -> Result<()> {
        self.end(Ending::Abort).await
    }

    async fn end(&self, ending: Ending) -> Result<()> {
        let shared = self.shared();
        let _changing = shared.transactions.changing.lock().await;
        shared.transactions.state.lock().end(ending)?;
        shared.set_accepts(&mut shared.locked.lock(), false);
        if ending == Ending::Abort {
            shared.refuse_queued();
        }
        shared.flush().await;
        let plan = shared.transactions.state.lock().plan_end(ending)?;
        let deadline = Instant::now() + shared.config.max_block;
        if plan.is_touched {
            match shared.end_txn(ending, plan.version, deadline).await {
                Ok(Some(identity)) => shared.locked.lock().dispatch.on_identity(identity),
                Ok(None) => {}
                Err(error) => return Err(shared.note(error)),
            }
        }
        if plan.needs_epoch {
            let current = shared.locked.lock().dispatch.identity();
            match shared.init_producer_id(current, deadline).await {
                Ok(identity) => shared.locked.lock().dispatch.on_identity(identity),
                Err(error) => return Err(shared.note(error)),
            }
        }
        shared.transactions.state.lock().on_ready();
        Ok(())
    }
}

impl Shared {
    /// A batch is lost, and its transaction, if there is one, with it.
    pub(super) fn on_batch_failed(&self, error: &Error) {
        if self.transactions.on_batch_failed(error) {
            self.set_accepts(&mut self.locked.lock(), false);
        }
    }

    fn transaction_level(&self) -> i16 {
        self.cluster.known_features().level(FEATURE)
    }

    /// Lets an error of the coordinator take effect; returns what the caller is told.
    fn note(&self, error: Error) -> Error {
        self.transactions.state.lock().on_coordinator_error(&error);
        error
    }

    /// Refuses everything that was not sent, because of the abort.
    fn refuse_queued(self: &Arc<Self>) {
        self.refuse_all(&Error::new(ErrorKind::TransactionAborted(None)));
    }
}
