//! Calls to the coordinator of transactions, repeated while that can help.

use std::time::Duration;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::end_txn_request::EndTxnRequest;
use jackdaw_protocol::messages::end_txn_response::EndTxnResponse;
use jackdaw_protocol::messages::init_producer_id_request::InitProducerIdRequest;
use jackdaw_protocol::messages::init_producer_id_response::InitProducerIdResponse;
use tokio::time::{Instant, sleep};

use super::state::{Ending, Version};
use crate::call::Call;
use crate::cluster::{CallOptions, CoordinatorKind};
use crate::error::{Error, ErrorKind, Result};
use crate::producer::dispatch::Identity;
use crate::producer::shared::Shared;
use crate::retry::{Backoff, chance};

/// The last version of EndTxn without a new epoch in its answer.
const END_TXN_V1_MAX: i16 = 4;
/// What the coordinator is busy with takes milliseconds: the usual back-off would be most of a transaction.
const BUSY_BACKOFF: Duration = Duration::from_millis(5);

impl Shared {
    /// Registers the transactional id, or raises its epoch if `current` is given. Without a transactional id any broker gives a
    /// new producer id.
    ///
    /// # Errors
    /// What the coordinator answers; `Timeout`.
    pub(in crate::producer) async fn init_producer_id(
        &self,
        current: Option<Identity>,
        deadline: Instant,
    ) -> Result<Identity> {
        let transactional_id = self.config.transactional_id.as_deref();
        let current = current.unwrap_or(Identity { id: -1, epoch: -1 });
        let timeout_ms = self.config.transaction_timeout.as_millis();
        let request = InitProducerIdRequest {
            transactional_id: transactional_id.map(Into::into),
            transaction_timeout_ms: i32::try_from(timeout_ms).unwrap_or(i32::MAX),
            producer_id: current.id,
            producer_epoch: current.epoch,
            ..InitProducerIdRequest::default()
        };
        let check = |response: &InitProducerIdResponse<'_>| check(response.error_code);
        let response = self.ask_coordinator(&request, &CallOptions::default(), deadline, check).await?;
        Ok(Identity { id: response.producer_id, epoch: response.producer_epoch })
    }

    /// Ends the transaction; in version 2 that gives a new identity.
    ///
    /// # Errors
    /// What the coordinator answers; `Timeout`.
    pub(super) async fn end_txn(
        &self,
        ending: Ending,
        version: Version,
        deadline: Instant,
    ) -> Result<Option<Identity>> {
        let identity = self.identity()?;
        let request = EndTxnRequest {
            transactional_id: self.transactional_id().into(),
            producer_id: identity.id,
            producer_epoch: identity.epoch,
            committed: ending == Ending::Commit,
            ..EndTxnRequest::default()
        };
        let versions = match version {
            Version::V1 => 0..=END_TXN_V1_MAX,
            Version::V2 => END_TXN_V1_MAX + 1..=i16::MAX,
        };
        let check = |response: &EndTxnResponse<'_>| check(response.error_code);
        let response =
            self.ask_coordinator(&request, &CallOptions::versions(versions), deadline, check).await?;
        let identity = Identity { id: response.producer_id, epoch: response.producer_epoch };
        Ok((version == Version::V2 && identity.id >= 0).then_some(identity))
    }

    pub(super) fn identity(&self) -> Result<Identity> {
        let identity = self.locked.lock().dispatch.identity();
        identity.ok_or_else(|| ErrorKind::InvalidState("init_transactions has to be called first").into())
    }

    pub(super) fn transactional_id(&self) -> &str {
        self.config.transactional_id.as_deref().unwrap_or_default()
    }

    /// Asks the coordinator of this producer's transactions until it answers with something that time does not change.
    pub(super) async fn ask_coordinator<R: Call>(
        &self,
        request: &R,
        options: &CallOptions,
        deadline: Instant,
        check: impl Fn(&R::Response<'static>) -> Result<()> + Send,
    ) -> Result<R::Response<'static>> {
        let key = self.config.transactional_id.as_deref();
        self.ask(CoordinatorKind::Transaction, key, request, options, deadline, check).await
    }

    /// Asks the coordinator of `key`, or any broker, until the answer is one that time does not change.
    pub(super) async fn ask<R: Call>(
        &self,
        kind: CoordinatorKind,
        key: Option<&str>,
        request: &R,
        options: &CallOptions,
        deadline: Instant,
        check: impl Fn(&R::Response<'static>) -> Result<()> + Send,
    ) -> Result<R::Response<'static>> {
        let common = &self.config.common;
        let mut backoff = Backoff::new(common.retry_backoff, common.retry_backoff_max);
        let mut busy = Backoff::new(BUSY_BACKOFF, common.retry_backoff);
        loop {
            let answered = match key {
                Some(key) => match self.cluster.coordinator(kind, key).await {
                    Ok(node) => self.cluster.call_with(node, request, options).await,
                    Err(error) => Err(error),
                },
                None => self.cluster.call_any_with(request, options).await,
            };
            let error = match answered.and_then(|response| check(&response).map(|()| response)) {
                Ok(response) => return Ok(response),
                Err(error) => error.with_api(R::KEY),
            };
            let error = match key {
                Some(key) => error.with_resource(kind.name(), key),
                None => error,
            };
            if !error.is_retriable() {
                return Err(error);
            }
            let is_busy = error.is(ErrorCode::ConcurrentTransactions);
            if let Some(key) = key.filter(|_| !is_busy) {
                self.cluster.forget_coordinator(kind, key);
            }
            let wait = if is_busy { busy.next(chance()) } else { backoff.next(chance()) };
            if Instant::now() + wait >= deadline {
                return Err(error);
            }
            sleep(wait).await;
        }
    }
}

/// An error of a coordinator; those that mean that somebody else has taken over are one and the same.
pub(super) fn check(code: i16) -> Result<()> {
    match ErrorCode::from_code(code) {
        Some(ErrorCode::None) => Ok(()),
        Some(ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch) => Err(ErrorKind::Fenced.into()),
        _ => Err(Error::from_code(code, None)),
    }
}
