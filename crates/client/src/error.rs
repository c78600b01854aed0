//! What goes wrong in a client: one type that says what, where (API, topic, partition, broker), and whether the same call may
//! succeed later.

mod context;
mod kind;
mod mismatch;

use std::fmt;
use std::sync::Arc;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::wire::{DecodeError, EncodeError};

pub use context::Context;
pub use kind::ErrorKind;
pub use mismatch::SecurityMismatch;

use crate::config::ConfigError;
use crate::security::AuthenticationError;

/// The result of a client's call.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the client. Cloning is cheap: all records of a failed batch share one.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    context: Context,
}

impl Error {
    /// An error of this kind, without a place yet.
    pub fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner { kind, context: Context::default() }))
    }

    /// An answer of a broker. A code that we do not know counts as `UNKNOWN_SERVER_ERROR`.
    pub fn from_code(code: i16, message: Option<&str>) -> Self {
        let known = ErrorCode::from_code(code).unwrap_or(ErrorCode::UnknownServerError);
        let message = message.filter(|message| !message.is_empty()).map(Into::into);
        Self::new(ErrorKind::Broker { code: known, number: code, message })
    }

    /// [`Error::from_code`] unless the code says that nothing went wrong.
    pub fn check(code: i16, message: Option<&str>) -> Result<()> {
        if code == 0 { Ok(()) } else { Err(Self::from_code(code, message)) }
    }

    /// A broker's error by its code.
    pub fn broker_error(code: ErrorCode) -> Self {
        Self::from_code(code.code(), None)
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where.
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Kafka's code, if a broker answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self.kind() {
            ErrorKind::Broker { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether a broker answered with this code.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code() == Some(code)
    }

    /// Whether the same call may succeed later without anybody changing something.
    pub fn is_retriable(&self) -> bool {
        self.kind().is_retriable()
    }

    /// Whether it says that metadata were stale: fetch them before the next attempt.
    pub fn is_stale_metadata(&self) -> bool {
        match self.kind() {
            ErrorKind::Broker { code, .. } => code.is_stale_metadata(),
            ErrorKind::UnknownBroker | ErrorKind::LeaderNotAvailable => true,
            ErrorKind::NoBroker(Some(cause)) => cause.is_stale_metadata(),
            kind => kind.is_disconnect(),
        }
    }

    /// Whether the connection was lost or could not be made, so that nobody knows what became of the request.
    pub fn is_disconnect(&self) -> bool {
        self.kind().is_disconnect()
    }

    /// Whether a connection could not be secured, or the broker and we could not agree on how.
    pub fn is_about_security(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::SecurityMismatch(_) | ErrorKind::Tls(_) | ErrorKind::Authentication(_)
        )
    }

    /// Whether the broker does not believe who we say we are.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind(), ErrorKind::Authentication(AuthenticationError::Refused { .. }))
    }

    /// The topic it is about.
    pub fn topic(&self) -> Option<&str> {
        self.context().topic.as_deref()
    }

    /// The partition it is about.
    pub fn partition(&self) -> Option<i32> {
        self.context().partition
    }

    /// The id of the broker that answered, or should have.
    pub fn broker(&self) -> Option<i32> {
        self.context().broker
    }

    /// The API that was called.
    pub fn api(&self) -> Option<ApiKey> {
        self.context().api
    }

    /// The same, about this topic.
    #[must_use]
    pub fn with_topic(self, topic: &str) -> Self {
        self.with(|context| context.topic = Some(topic.into()))
    }

    /// The same, about this partition of a topic.
    #[must_use]
    pub fn with_partition(self, topic: &str, partition: i32) -> Self {
        self.with(|context| {
            context.topic = Some(topic.into());
            context.partition = Some(partition);
        })
    }

    /// The same, from this broker. The ids that stand for bootstrap addresses (below 0) are left out.
    #[must_use]
    pub fn with_broker(self, node_id: i32) -> Self {
        self.with(|context| context.broker = (node_id >= 0).then_some(node_id))
    }

    /// The same, from this address.
    #[must_use]
    pub fn with_address(self, address: &str) -> Self {
        self.with(|context| context.address = Some(address.into()))
    }

    /// The same, in answer to this request.
    #[must_use]
    pub fn with_api(self, api: ApiKey) -> Self {
        self.with(|context| context.api = Some(api))
    }

    /// The same, about this group, transactional id or other thing with a name.
    #[must_use]
    pub fn with_resource(self, what: &'static str, name: &str) -> Self {
        self.with(|context| context.resource = Some((what, name.into())))
    }

    fn with(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(&mut Arc::make_mut(&mut self.0).context);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind(), self.context())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {:?})", self.kind(), self.context())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind().source()
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorKind::Config(error))
    }
}

impl From<AuthenticationError> for Error {
    fn from(error: AuthenticationError) -> Self {
        Self::new(ErrorKind::Authentication(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Decode(error))
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::new(ErrorKind::Encode(error))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

#[cfg(test)]
mod tests;
