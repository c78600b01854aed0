//! The transactions of the load: one after the other, each open for so long at least.

use std::time::{Duration, Instant};

use jackdaw_client::producer::Producer;

use super::Line;
use crate::clock;
use crate::connect::Settings;
use crate::failure::Failure;

/// How long a transaction is open if nobody says.
const DURATION_MS: i64 = 3000;

/// Transactions, if the load has any.
pub(super) struct Transactions {
    duration: Option<Duration>,
    begun: Option<Instant>,
}

impl Transactions {
    /// What flags and properties say: an id, a duration, or both ask for transactions.
    pub(super) fn read(line: &Line, settings: &mut Settings) -> Result<Self, Failure> {
        if line.transaction_duration_ms.is_some_and(|duration_ms| duration_ms <= 0) {
            return Err(Failure::message("--transaction-duration-ms should be greater than zero."));
        }
        if let Some(id) = &line.transactional_id {
            settings.set("transactional.id", id);
        }
        let has_id = settings.get("transactional.id").is_some();
        if !has_id && line.transaction_duration_ms.is_none() {
            return Ok(Self { duration: None, begun: None });
        }
        let id = jackdaw_base::Uuid::from_u128(u128::from_le_bytes(random_bytes()?));
        settings.set_default("transactional.id", format!("performance-producer-{id}"));
        let duration_ms = line.transaction_duration_ms.unwrap_or(DURATION_MS).unsigned_abs();
        Ok(Self { duration: Some(Duration::from_millis(duration_ms)), begun: None })
    }

    /// Before the first record.
    pub(super) async fn start(&self, producer: &Producer) -> Result<(), Failure> {
        match self.duration {
            Some(_) => Ok(producer.init_transactions().await?),
            None => Ok(()),
        }
    }

    /// Before each record.
    pub(super) fn enter(&mut self, producer: &Producer) -> Result<(), Failure> {
        if self.duration.is_some() && self.begun.is_none() {
            producer.begin_transaction()?;
            self.begun = Some(clock::now());
        }
        Ok(())
    }

    /// After each record.
    pub(super) async fn leave(&mut self, producer: &Producer) -> Result<(), Failure> {
        let is_due = |begun: Instant| self.duration.is_some_and(|duration| begun.elapsed() >= duration);
        if self.begun.is_some_and(is_due) {
            self.end(producer).await?;
        }
        Ok(())
    }

    /// After the last record.
    pub(super) async fn end(&mut self, producer: &Producer) -> Result<(), Failure> {
        match self.begun.take() {
            Some(_) => Ok(producer.commit_transaction().await?),
            None => Ok(()),
        }
    }
}

fn random_bytes() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::message(error.to_string()))?;
    Ok(bytes)
}
