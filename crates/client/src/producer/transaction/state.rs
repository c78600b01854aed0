//! Which calls fit when, and what errors do to a transaction. Pure.
//!
//! ```text
//! Uninitialized ──init──▶ Ready ──begin──▶ Open ──commit/abort──▶ Ending ──▶ Ready
//!                                           │ a record is lost        │ a record is lost (commit)
//!                                           └──────▶ Failed ──abort───┘
//! anything ──fenced, not authorized──▶ Fatal
//! ```

use jackdaw_protocol::error_code::ErrorCode;

use crate::error::{Error, ErrorKind, Result};

/// How partitions become part of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    /// They are added beforehand.
    V1,
    /// The first record adds its partition (KIP-890).
    V2,
}

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Commit,
    Abort,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Without `transactional.id`.
    None,
    Uninitialized,
    Ready,
    Open,
    /// It can only be aborted.
    Failed(Error),
    Ending(Ending),
    Fatal(Error),
}

/// The state of a producer's transactions.
#[derive(Clone, Debug)]
pub(super) struct State {
    phase: Phase,
    version: Version,
    /// The coordinator knows of the transaction.
    pub(super) is_touched: bool,
    /// A sequence is missing: only a new epoch mends that.
    needs_epoch: bool,
}

/// What ending takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EndPlan {
    pub(super) version: Version,
    pub(super) is_touched: bool,
    pub(super) needs_epoch: bool,
}

impl State {
    pub(super) fn new(is_transactional: bool) -> Self {
        let phase = if is_transactional { Phase::Uninitialized } else { Phase::None };
        Self { phase, version: Version::V1, is_touched: false, needs_epoch: false }
    }

    /// Why records are not taken.
    pub(super) fn refusal(&self) -> Option<Error> {
        match &self.phase {
            Phase::None | Phase::Open => None,
            Phase::Uninitialized => Some(invalid("init_transactions has to be called first")),
            Phase::Ready => Some(invalid("no transaction has begun")),
            Phase::Ending(_) => Some(invalid("the transaction is ending")),
            Phase::Failed(cause) => Some(aborted(cause)),
            Phase::Fatal(cause) => Some(fatal(cause)),
        }
    }

    pub(super) fn may_initialize(&self) -> Result<()> {
        match &self.phase {
            Phase::None => Err(invalid("transactions need a transactional.id")),
            Phase::Uninitialized => Ok(()),
            Phase::Fatal(cause) => Err(fatal(cause)),
            Phase::Ready | Phase::Open | Phase::Failed(_) | Phase::Ending(_) => {
                Err(invalid("transactions are initialized already"))
            }
        }
    }

    pub(super) fn on_ready(&mut self) {
        if !matches!(self.phase, Phase::Fatal(_)) {
            self.phase = Phase::Ready;
            self.is_touched = false;
            self.needs_epoch = false;
        }
    }

    pub(super) fn begin(&mut self, version: Version) -> Result<()> {
        match &self.phase {
            Phase::Ready => {
                self.phase = Phase::Open;
                self.version = version;
                self.is_touched = false;
                Ok(())
            }
            Phase::None => Err(invalid("transactions need a transactional.id")),
            Phase::Open => Err(invalid("a transaction has begun already")),
            _ => Err(self.refusal().unwrap_or_else(|| invalid("no transaction can begin now"))),
        }
    }

    /// Whether offsets can be added now.
    pub(super) fn may_add_offsets(&self) -> Result<Version> {
        match self.refusal() {
            None if matches!(self.phase, Phase::Open) => Ok(self.version),
            None => Err(invalid("transactions need a transactional.id")),
            Some(error) => Err(error),
        }
    }

    /// The transaction is to end so; asking again for the same is allowed.
    pub(super) fn end(&mut self, ending: Ending) -> Result<()> {
        match (&self.phase, ending) {
            (Phase::Open, _) | (Phase::Failed(_), Ending::Abort) => {
                self.phase = Phase::Ending(ending);
                Ok(())
            }
            (Phase::Ending(other), _) if *other == ending => Ok(()),
            // What the coordinator was asked may have happened: it has to be asked for the same again.
            (Phase::Ending(_), _) => Err(invalid("the transaction is ending the other way")),
            (Phase::Failed(cause), Ending::Commit) => Err(aborted(cause)),
            (Phase::Fatal(cause), _) => Err(fatal(cause)),
            (Phase::None, _) => Err(invalid("transactions need a transactional.id")),
            (Phase::Uninitialized | Phase::Ready, _) => Err(invalid("no transaction has begun")),
        }
    }

    /// The producer is closed: no call fits any more.
    pub(super) fn shut(&mut self) {
        if !matches!(self.phase, Phase::None | Phase::Fatal(_)) {
            self.phase = Phase::Fatal(ErrorKind::Closed.into());
        }
    }

    /// What is left to do once everything sent is settled.
    pub(super) fn plan_end(&self, ending: Ending) -> Result<EndPlan> {
        match &self.phase {
            Phase::Ending(now) if *now == ending => Ok(EndPlan {
                version: self.version,
                is_touched: self.is_touched,
                // Version 2 gives a new epoch with every end.
                needs_epoch: self.needs_epoch && (self.version == Version::V1 || !self.is_touched),
            }),
            Phase::Failed(cause) => Err(aborted(cause)),
            Phase::Fatal(cause) => Err(fatal(cause)),
            _ => Err(invalid("no transaction is ending")),
        }
    }

    /// A record or an offset of the transaction is lost. Returns whether no more are taken.
    pub(super) fn on_failure(&mut self, error: &Error) -> bool {
        match self.phase {
            Phase::None | Phase::Uninitialized | Phase::Ready | Phase::Fatal(_) => return false,
            // What is refused because of the abort is no news.
            Phase::Ending(Ending::Abort) => {
                self.needs_epoch = true;
                if is_fatal(error) {
                    self.phase = Phase::Fatal(error.clone());
                }
                return false;
            }
            Phase::Open | Phase::Failed(_) | Phase::Ending(Ending::Commit) => {}
        }
        self.needs_epoch = true;
        if is_fatal(error) {
            self.phase = Phase::Fatal(error.clone());
        } else if !matches!(self.phase, Phase::Failed(_)) {
            self.phase = Phase::Failed(error.clone());
        }
        true
    }

    /// The coordinator has refused a call.
    pub(super) fn on_coordinator_error(&mut self, error: &Error) {
        if is_fatal(error) {
            self.phase = Phase::Fatal(error.clone());
        } else if !error.is_retriable() && matches!(self.phase, Phase::Open | Phase::Ending(Ending::Commit)) {
            self.phase = Phase::Failed(error.clone());
        }
    }
}

/// Whether nothing but a new producer helps.
fn is_fatal(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Fenced | ErrorKind::UnsupportedVersion { .. } => true,
        _ => matches!(
            error.code(),
            Some(
                ErrorCode::ProducerFenced
                    | ErrorCode::TransactionalIdAuthorizationFailed
                    | ErrorCode::ClusterAuthorizationFailed
                    | ErrorCode::InvalidTxnState
                    | ErrorCode::UnsupportedForMessageFormat
                    | ErrorCode::InvalidTransactionTimeout
            )
        ),
    }
}

fn invalid(what: &'static str) -> Error {
    ErrorKind::InvalidState(what).into()
}

fn aborted(cause: &Error) -> Error {
    ErrorKind::TransactionAborted(Some(Box::new(cause.clone()))).into()
}

fn fatal(cause: &Error) -> Error {
    match cause.kind() {
        ErrorKind::Fenced | ErrorKind::Closed => cause.clone(),
        _ => ErrorKind::Fatal(Box::new(cause.clone())).into(),
    }
}

#[cfg(test)]
mod tests;
