//! What a handler is given: who asks ([`RequestContext`]) and the bytes asked with ([`Frame`]); and the interface of
//! handlers. How bytes get here is `connection`'s business.

pub(crate) mod head;
mod pace;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, OnceLock};

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::wire::Reader;

use crate::metrics::Laps;
use crate::response::{CloseReason, Reply};

pub use head::RequestHead;
pub use pace::Pace;

/// Serves the requests of one listener. One value serves all its connections, from several threads at once.
pub trait Handler: Send + Sync + 'static {
    /// The versions of an API that are served here; `None`: the API is not. The connection refuses everything else,
    /// as Kafka does, before [`Handler::handle`] sees it.
    fn versions(&self, api_key: ApiKey) -> Option<RangeInclusive<i16>>;

    /// Executes one request. It runs on the worker that read the bytes and may block for the time of a file write,
    /// not for that of a sync or of another machine: those are waited for in [`Reply::Later`].
    ///
    /// A panic closes the connection and is counted; the process goes on.
    fn handle(&self, context: &RequestContext, frame: &mut Frame<'_>) -> Reply;
}

/// How the bytes of a listener are protected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without encryption.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// Who is at the other end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Principal {
    /// `User` for everybody that authenticates; other kinds are somebody's own.
    pub kind: Box<str>,
    /// The name.
    pub name: Box<str>,
}

impl Principal {
    /// Who has not authenticated.
    pub fn anonymous() -> Self {
        Self { kind: "User".into(), name: "ANONYMOUS".into() }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

/// What never changes while a connection lives.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// Unique in this process.
    pub id: u64,
    /// The listener's name, as in `listeners`.
    pub listener_name: Arc<str>,
    /// The listener's protocol.
    pub security_protocol: SecurityProtocol,
    /// The other end.
    pub client_address: SocketAddr,
    /// Our end.
    pub local_address: SocketAddr,
}

impl ConnectionInfo {
    /// The client's address as Kafka's `client.host` has it; an IPv4 client of an IPv6 socket shows as IPv4.
    pub fn client_host(&self) -> IpAddr {
        self.client_address.ip().to_canonical()
    }
}

/// Kafka's form: local address, remote address, number.
impl fmt::Display for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.local_address, self.client_address, self.id)
    }
}

/// The name and version of a client's software, as it says itself in ApiVersions (KIP-511).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientSoftware {
    /// For example `librdkafka`.
    pub name: Box<str>,
    /// For example `2.6.1`.
    pub version: Box<str>,
}

/// Who asks, and with which request. A clone (some reference counts) outlives the call, for answers that come later.
#[derive(Clone)]
pub struct RequestContext {
    /// The connection.
    pub connection: Arc<ConnectionInfo>,
    /// Who is at the other end.
    pub principal: Arc<Principal>,
    /// What the client calls itself; absent where it sends none.
    pub client_id: Option<Arc<str>>,
    /// What software it is, once it has said so.
    pub software: Option<Arc<ClientSoftware>>,
    /// How its heartbeats come, once it has sent one.
    pub pace: OnceLock<Arc<Pace>>,
    /// The request.
    pub head: RequestHead,
    /// When its last byte was read.
    pub arrived: MonotonicNs,
    /// Measures the stages of this request.
    pub laps: Laps,
}

impl RequestContext {
    /// The version of request and answer.
    pub fn api_version(&self) -> i16 {
        self.head.api_version
    }

    /// The client id, empty where there is none.
    pub fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or("")
    }
}

/// One request's bytes, without the length in front of them. They lie in the connection's read buffer, which is used
/// again when [`Handler::handle`] returns: what is needed later must be copied.
#[derive(Debug)]
pub struct Frame<'a> {
    bytes: &'a mut [u8],
    body_position: usize,
}

impl<'a> Frame<'a> {
    /// A frame whose body starts at `body_position`.
    pub fn new(bytes: &'a mut [u8], body_position: usize) -> Self {
        assert!(body_position <= bytes.len(), "a header never ends behind its frame");
        Self { bytes, body_position }
    }

    /// The body of the request.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_position..]
    }

    /// The body of the request, to patch batch headers in place.
    pub fn body_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.body_position..]
    }

    /// Header and body, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Decodes the body; the message borrows from it. Bytes behind the message are ignored, as Kafka does.
    pub fn decode<'f, M: Message<'f>>(&'f self, head: RequestHead) -> Result<M, CloseReason> {
        M::decode(&mut Reader::new(self.body()), head.api_version)
            .map_err(|error| CloseReason::Undecodable { api_key: head.api_key.key(), error })
    }

    /// Where in the body `part` lies, which must have been borrowed from it: so a decoded message can be dropped and
    /// its record bytes be patched through [`Frame::body_mut`]. `None` if it lies elsewhere.
    pub fn range_of(&self, part: &[u8]) -> Option<Range<usize>> {
        let body = self.body();
        let start = (part.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
        let range = start..start.checked_add(part.len())?;
        (range.end <= body.len()).then_some(range)
    }
}

#[cfg(test)]
mod tests;
