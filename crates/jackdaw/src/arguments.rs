//! The command line, and the names of Kafka's scripts under which it may be called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Streams of events: the system that Apache Kafka is, in one binary.
#[derive(Parser, Debug)]
#[command(
    name = "jackdaw",
    version,
    about,
    after_help = "Without a command it is `jackdaw server`: node 1, Kafka on localhost:9092, HTTP on localhost:9644, data in ./jackdaw-data."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a node: a broker, with the metadata quorum in it
    Server(ServerArguments),
    /// Prepare and inspect data directories
    Storage(StorageArguments),
}

impl Default for Command {
    /// The server, with what its flags default to.
    fn default() -> Self {
        let arguments = Arguments::parse_from(["jackdaw", "server"]);
        arguments.command.expect("a command was given")
    }
}

/// Run a node.
#[derive(Args, Debug)]
pub struct ServerArguments {
    /// A server.properties, with Kafka's names; without one the defaults serve
    pub file: Option<PathBuf>,
    /// A setting that wins over the file; may be given several times
    #[arg(long = "override", value_name = "NAME=VALUE")]
    pub overrides: Vec<String>,
    /// How log lines look
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Which log lines: error, warn, info, debug, trace, or per module as in jackdaw_store=debug
    #[arg(long, value_name = "LEVEL", env = "JACKDAW_LOG", default_value = "info")]
    pub log_level: String,
}

/// How log lines look.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Prepare and inspect data directories.
#[derive(Args, Debug)]
pub struct StorageArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: StorageCommand,
}

/// What to do with data directories.
#[derive(Subcommand, Debug)]
pub enum StorageCommand {
    /// Write what a new node begins with; the server does it by itself, too
    Format(FormatArguments),
    /// Show what the data directories of a configuration hold
    Info(ConfigFile),
    /// Print a new cluster id
    RandomUuid,
}

/// A configuration file.
#[derive(Args, Debug)]
pub struct ConfigFile {
    /// The server.properties of the node
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Write what a new node begins with.
#[derive(Args, Debug)]
pub struct FormatArguments {
    /// The server.properties of the node
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// The id of the cluster; `storage random-uuid` makes one
    #[arg(short = 't', long, value_name = "ID")]
    pub cluster_id: String,
    /// A dynamic quorum with this node as its only voter
    #[arg(short, long)]
    pub standalone: bool,
    /// Leave directories that are formatted already as they are
    #[arg(short = 'g', long)]
    pub ignore_formatted: bool,
}

/// Arguments as they were given, with the subcommand that the name of the program stands for put in front.
pub fn translated(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut given: Vec<OsString> = given.collect();
    let name = given
        .first()
        .and_then(|path| Path::new(path).file_stem())
        .map(|stem| stem.to_string_lossy().into_owned());
    let command = match name.as_deref() {
        Some("kafka-server-start") => "server",
        Some("kafka-storage") => "storage",
        _ => return given,
    };
    given[0] = "jackdaw".into();
    given.insert(1, command.into());
    // Kafka's start script takes this flag first; staying in the foreground is what every supervisor wants.
    given.retain(|argument| argument != "-daemon");
    given
}

#[cfg(test)]
mod tests;
