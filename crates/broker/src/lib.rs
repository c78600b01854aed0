//! The edge: listeners, connections, one handler file per API, HTTP and metrics. Wire structs stop here (rule A3),
//! and tokio appears here and in the client only (rule A2). What a log or the metadata means is decided below.

mod connection;
pub mod coordinators;
pub mod edge;
mod error_codes;
pub mod fetch_sessions;
pub mod handlers;
pub mod http;
pub mod internal_topics;
pub mod limits;
pub mod listener;
pub mod log_levels;
pub mod metrics;
pub mod node;
pub mod node_metrics;
pub mod park;
pub mod producer_ids;
pub mod quorum;
pub mod request;
pub mod response;
pub mod server;
pub mod shutdown;
pub mod storage;
mod threads;

pub use edge::Edge;
pub use request::{Frame, Handler, RequestContext, RequestHead};
pub use response::{CloseReason, Later, Piece, Reply, Response};

#[cfg(test)]
mod testing;

#[cfg(test)]
use connection::is_gone as connection_is_gone;
