//! The command line that speaks to brokers: our own commands, and Kafka's tools under their names. It uses the client as
//! anyone could; what reads a log's files, and the server, are in the binary.

pub mod clock;
pub mod command;
pub mod connect;
pub mod failure;
pub mod features;
pub mod files;
pub mod flags;
pub mod line_format;
pub mod lines;
mod offsets;
pub mod out;
pub mod outcome;
pub mod progress;
mod random;
pub mod reading;
pub mod runtime;
pub mod sending;
pub mod subcommands;
pub mod time_text;
pub mod tools;
pub mod topic_filter;

/// What `--version` of Kafka's tools prints: the release whose flags and output they have, and who they are.
pub const KAFKA_VERSION_LINE: &str = concat!("4.3.1 (jackdaw ", env!("CARGO_PKG_VERSION"), ")");
