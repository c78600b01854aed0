//! Signs that client and broker do not mean the same by securing a connection. A broker says nothing then, or nothing
//! that can be read: what is left is to guess well.

use std::fmt;

/// A sign that `security.protocol` is not what the broker's listener expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SecurityMismatch {
    /// The broker answers to the first request in TLS.
    AnswerInTls,
    /// The broker ends the connection instead of answering the first request.
    EndBeforeFirstAnswer,
    /// The broker says which versions it speaks, and ends the connection at the next request.
    EndAtSecondRequest,
    /// The broker ends the connection instead of answering in TLS.
    EndInTlsHandshake,
    /// The broker ends the connection when it has seen what the client shows in the handshake of TLS.
    EndBehindTlsHandshake,
}

impl SecurityMismatch {
    /// Whether it may be a broker that is about to stop instead.
    pub(super) fn is_end(self) -> bool {
        self != Self::AnswerInTls
    }
}

impl fmt::Display for SecurityMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnswerInTls => {
                "the broker answers in TLS: set security.protocol to SSL, or to SASL_SSL if it asks who you are"
            }
            Self::EndBeforeFirstAnswer => {
                "the broker ended the connection instead of answering the first request; one that expects TLS does \
                 so: is security.protocol to be SSL or SASL_SSL?"
            }
            Self::EndAtSecondRequest => {
                "the broker ended the connection at the first request after the greeting; one that asks who you are \
                 does so: is security.protocol to be SASL_PLAINTEXT or SASL_SSL?"
            }
            Self::EndInTlsHandshake => {
                "the broker ended the connection in the handshake of TLS; one that does not speak TLS does so: is \
                 security.protocol to be PLAINTEXT or SASL_PLAINTEXT?"
            }
            Self::EndBehindTlsHandshake => {
                "the broker ended the connection at the end of the handshake of TLS; one that wants another certificate \
                 of the client does so: does ssl.keystore.location name the right one?"
            }
        })
    }
}
