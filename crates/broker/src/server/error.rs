//! Why a node does not start. Each text says what to do.

use crate::http::HttpError;
use crate::listener::BindError;
use crate::quorum::{HostError, QuorumFailure};
use crate::storage::DirectoryError;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The port for metrics.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A data directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The metadata.
    #[error("{0}; {advice}", advice = .0.advice())]
    Metadata(#[from] HostError),
    /// The metadata log is damaged.
    #[error(transparent)]
    MetadataLog(#[from] jackdaw_store::recovery::OpenFailure),
    /// The metadata cannot be changed.
    #[error("the node could not register itself: {0}")]
    Quorum(#[from] QuorumFailure),
    /// The metadata does not take this node.
    #[error("the node could not register itself: {0}")]
    Registration(String),
    /// Something that protects somebody is configured and not enforced yet.
    #[error("refused, since it would not protect anybody yet: {}; remove it to start without that protection", .0.join("; "))]
    NotEnforced(Vec<String>),
    /// A configuration that this version cannot serve.
    #[error("{0}")]
    Unsupported(String),
    /// The files of a new metadata log.
    #[error("{}: {error}; {}", directory.display(), advice_on_writing(error))]
    Write {
        /// The data directory.
        directory: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A thread or a socket.
    #[error("the operating system refuses: {0}")]
    System(#[from] std::io::Error),
}

fn advice_on_writing(error: &std::io::Error) -> &'static str {
    match crate::quorum::is_full(error) {
        true => "the disk is full: make room and start again, nothing that was stored is lost",
        false => "the node cannot write what it begins with: mend the disk or name another directory",
    }
}
