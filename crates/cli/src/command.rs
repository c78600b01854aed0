//! Our own commands: short, tables for people and JSON for programs. They speak to any Kafka.

pub mod cluster;
pub mod config;
pub mod connection;
pub mod consume;
pub mod group;
pub mod output;
pub mod produce;
pub mod topic;

use clap::Subcommand;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::runtime;

/// The commands that speak to brokers.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// List, create, describe, change and delete topics
    Topic(topic::Arguments),
    /// Send records: arguments, lines of standard input, or JSON lines
    Produce(produce::Arguments),
    /// Print records: of a topic, a partition, a time, or as a member of a group
    #[command(after_help = consume::FORMAT_HELP)]
    Consume(consume::Arguments),
    /// List, describe, reset and delete groups
    Group(group::Arguments),
    /// Show, set and unset configurations
    Config(config::Arguments),
    /// Show the cluster: its brokers, its controller, its features
    Cluster(cluster::Arguments),
}

/// Runs a command.
pub fn run(command: &Command) -> Outcome {
    let outcome = runtime::block_on(async {
        match command {
            Command::Topic(arguments) => topic::run(arguments).await,
            Command::Produce(arguments) => produce::run(arguments).await,
            Command::Consume(arguments) => consume::run(arguments).await,
            Command::Group(arguments) => group::run(arguments).await,
            Command::Config(arguments) => config::run(arguments).await,
            Command::Cluster(arguments) => cluster::run(arguments).await,
        }
    });
    outcome.map_err(|failure| failure.prefixed("jackdaw: "))
}

/// Exit codes beyond 0, 1 for what failed, and 2 for arguments that cannot be used.
pub mod exit {
    /// No broker can be reached.
    pub const UNREACHABLE: u8 = 3;
    /// Something that was named does not exist.
    pub const NOT_FOUND: u8 = 4;
}

/// What to do about an error of the client, by what it is.
pub fn failure(error: &jackdaw_client::Error) -> Failure {
    use jackdaw_client::error::ErrorKind;
    use jackdaw_protocol::error_code::ErrorCode;
    let failure = Failure::message(crate::connect::words(error));
    match error.kind() {
        ErrorKind::NoBroker(_) | ErrorKind::Connect(_) => failure
            .code(exit::UNREACHABLE)
            .hint("Is a broker running there? --brokers HOST:PORT or JACKDAW_BROKERS says where; `jackdaw` alone starts one."),
        ErrorKind::UnknownTopicOrPartition => {
            failure.code(exit::NOT_FOUND).hint("`jackdaw topic list` shows the topics there are.")
        }
        ErrorKind::Broker { code: ErrorCode::UnknownTopicOrPartition, message: None, .. } => {
            no_topic(error.topic().unwrap_or("of this name"))
        }
        ErrorKind::Broker { code: ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId, .. } => {
            failure.code(exit::NOT_FOUND).hint("`jackdaw topic list` shows the topics there are.")
        }
        ErrorKind::Broker { code: ErrorCode::GroupIdNotFound, .. } => {
            failure.code(exit::NOT_FOUND).hint("`jackdaw group list` shows the groups there are.")
        }
        ErrorKind::Broker { code: ErrorCode::NonEmptyGroup | ErrorCode::UnknownMemberId, .. } => {
            failure.hint("Stop its members first; `jackdaw group describe` shows them.")
        }
        _ => failure,
    }
}

/// A topic that was named is not there.
fn no_topic(name: &str) -> Failure {
    Failure::message(format!("there is no topic {name}"))
        .code(exit::NOT_FOUND)
        .hint("`jackdaw topic list` shows the topics there are, `jackdaw topic create` makes one.")
}
