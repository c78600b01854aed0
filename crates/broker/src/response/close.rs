//! Why a connection is closed from this side: one name each for metrics, one text each for the log.

use std::fmt;
use std::io;

use jackdaw_protocol::wire::{DecodeError, EncodeError};

/// Why a connection ends.
#[derive(Debug)]
pub enum CloseReason {
    /// The client closed it, or its machine did.
    ClientGone,
    /// Nothing happened for `connections.max.idle.ms`.
    Idle,
    /// The broker stops.
    Stopping,
    /// A frame longer than `socket.request.max.bytes`.
    FrameTooLong {
        /// The length it claims, in bytes.
        size_bytes: i32,
    },
    /// A negative length.
    FrameNegative {
        /// The length it claims, in bytes.
        size_bytes: i32,
    },
    /// Somebody speaks HTTP.
    SpeaksHttp,
    /// Somebody starts a TLS handshake.
    SpeaksTls,
    /// The header of a request cannot be read.
    BadHeader {
        /// What is wrong with it.
        error: DecodeError,
    },
    /// An API that does not exist, or not on this listener.
    UnknownApi {
        /// The key asked for.
        api_key: i16,
    },
    /// A version that is not served.
    UnsupportedVersion {
        /// The key asked for.
        api_key: i16,
        /// The version asked for.
        api_version: i16,
    },
    /// The body of a request cannot be read.
    Undecodable {
        /// The key asked for.
        api_key: i16,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// An answer cannot be written in the version asked for: a mistake on this side.
    Unencodable {
        /// The key asked for.
        api_key: i16,
        /// What is wrong with it.
        error: EncodeError,
    },
    /// An answer longer than the protocol can say: a mistake on this side.
    AnswerTooLong {
        /// The key asked for.
        api_key: i16,
        /// How long it is, in bytes.
        size_bytes: u64,
    },
    /// The pieces of an answer do not make up its splits: a mistake on this side.
    PiecesDoNotFit,
    /// A handler panicked.
    Panicked {
        /// The key asked for.
        api_key: i16,
    },
    /// A file became shorter while it was sent.
    FileTooShort,
    /// A file could not be read while it was sent.
    FileUnreadable(io::Error),
    /// It held request memory, sent nothing, and others waited.
    Stalled,
    /// A request without an answer failed (Produce with acks=0): closing is the only way to say so.
    SilentError(&'static str),
    /// The socket failed.
    Socket(io::Error),
}

impl CloseReason {
    /// Its name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClientGone => "client_gone",
            Self::Idle => "idle",
            Self::Stopping => "stopping",
            Self::FrameTooLong { .. } => "frame_too_long",
            Self::FrameNegative { .. } => "frame_negative",
            Self::SpeaksHttp => "http",
            Self::SpeaksTls => "tls",
            Self::BadHeader { .. } => "bad_header",
            Self::UnknownApi { .. } => "unknown_api",
            Self::UnsupportedVersion { .. } => "unsupported_version",
            Self::Undecodable { .. } => "undecodable",
            Self::Unencodable { .. } => "unencodable",
            Self::AnswerTooLong { .. } => "answer_too_long",
            Self::PiecesDoNotFit => "pieces_do_not_fit",
            Self::Panicked { .. } => "panicked",
            Self::FileTooShort => "file_too_short",
            Self::FileUnreadable(_) => "file_unreadable",
            Self::Stalled => "stalled",
            Self::SilentError(_) => "silent_error",
            Self::Socket(_) => "socket",
        }
    }

    /// All names, for metrics that start at zero.
    pub const NAMES: [&'static str; 20] = [
        "client_gone",
        "idle",
        "stopping",
        "frame_too_long",
        "frame_negative",
        "http",
        "tls",
        "bad_header",
        "unknown_api",
        "unsupported_version",
        "undecodable",
        "unencodable",
        "answer_too_long",
        "pieces_do_not_fit",
        "panicked",
        "file_too_short",
        "file_unreadable",
        "stalled",
        "silent_error",
        "socket",
    ];

    /// Who is to blame, which decides how the log speaks of it.
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::ClientGone | Self::Idle | Self::Stopping | Self::Socket(_) => Blame::Nobody,
            Self::FrameTooLong { .. }
            | Self::FrameNegative { .. }
            | Self::SpeaksHttp
            | Self::SpeaksTls
            | Self::BadHeader { .. }
            | Self::UnknownApi { .. }
            | Self::UnsupportedVersion { .. }
            | Self::Undecodable { .. }
            | Self::Stalled
            | Self::SilentError(_) => Blame::Client,
            Self::Unencodable { .. }
            | Self::AnswerTooLong { .. }
            | Self::PiecesDoNotFit
            | Self::Panicked { .. }
            | Self::FileTooShort
            | Self::FileUnreadable(_) => Blame::Broker,
        }
    }
}

/// Who caused the end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blame {
    Nobody,
    Client,
    Broker,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientGone => f.write_str("the client closed it"),
            Self::Idle => f.write_str("idle for connections.max.idle.ms"),
            Self::Stopping => f.write_str("the broker stops"),
            Self::FrameTooLong { size_bytes } => {
                write!(f, "a request of {size_bytes} bytes is longer than socket.request.max.bytes")
            }
            Self::FrameNegative { size_bytes } => write!(f, "a request of {size_bytes} bytes"),
            Self::SpeaksHttp => f.write_str("HTTP on a Kafka port; the HTTP port is another one"),
            Self::SpeaksTls => f.write_str("a TLS handshake on a port without TLS"),
            Self::BadHeader { error } => write!(f, "a request's header cannot be read: {error}"),
            Self::UnknownApi { api_key } => write!(f, "API {api_key} is not served here"),
            Self::UnsupportedVersion { api_key, api_version } => {
                write!(f, "version {api_version} of API {api_key} is not served")
            }
            Self::Undecodable { api_key, error } => {
                write!(f, "a request to API {api_key} cannot be read: {error}")
            }
            Self::Unencodable { api_key, error } => {
                write!(f, "the answer of API {api_key} cannot be written: {error}")
            }
            Self::AnswerTooLong { api_key, size_bytes } => {
                write!(f, "an answer of API {api_key} has {size_bytes} bytes, more than a frame can hold")
            }
            Self::PiecesDoNotFit => f.write_str("the pieces of an answer do not make up its records"),
            Self::Panicked { api_key } => write!(f, "the handler of API {api_key} panicked"),
            Self::FileTooShort => f.write_str("a file became shorter while it was sent"),
            Self::FileUnreadable(error) => write!(f, "a file cannot be read: {error}"),
            Self::Stalled => f.write_str("a half request held memory that others waited for"),
            Self::SilentError(error) => write!(f, "a request that wants no answer failed: {error}"),
            Self::Socket(error) => write!(f, "the socket failed: {error}"),
        }
    }
}
