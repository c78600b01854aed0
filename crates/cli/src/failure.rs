//! Why a command ends without having done what was asked: what is said, and with which exit code.

use std::io;

/// The exit code of a program whose reader went away, as a shell reports it.
const EXIT_BROKEN_PIPE: u8 = 141;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// What stands on standard error; empty if everything was said already.
    pub message: String,
    /// What to do next, on a line of its own.
    pub hint: Option<String>,
    /// The exit code.
    pub exit_code: u8,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn message(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit_code: 1 }
    }

    /// Arguments that cannot be used: exit code 1, as Kafka's tools have it.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::message(message).hint("--help shows what can be given.")
    }

    /// The whole help: a sentence and the table of flags.
    pub fn usage_whole(about: &str, table: String) -> Self {
        Self::message(format!("{about}\n{}", table.trim_end()))
    }

    /// Everything was said already.
    pub fn silent(exit_code: u8) -> Self {
        Self { message: String::new(), hint: None, exit_code }
    }

    /// The same with another exit code.
    pub fn code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// The same with words before the message.
    pub fn prefixed(self, prefix: &str) -> Self {
        match self.message.is_empty() {
            true => self,
            false => Self { message: format!("{prefix}{}", self.message), ..self },
        }
    }

    /// The same with advice.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::silent(EXIT_BROKEN_PIPE),
            _ => Self::message(error.to_string()),
        }
    }
}
