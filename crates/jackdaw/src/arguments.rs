//! The command line of `jackdaw`.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::log_command::LogArguments;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Streams of events: the system that Apache Kafka is, in one binary.
#[derive(Parser, Debug)]
#[command(
    name = "jackdaw",
    version,
    disable_help_flag = true,
    after_help = "Without a command it is `jackdaw server`: node 1, Kafka on localhost:9092, HTTP on localhost:9644, data in ./jackdaw-data."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print help
    // One line for each flag, whether it is asked for by -h or in full.
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// What speaks to brokers
    #[command(flatten)]
    Client(Box<jackdaw_cli::command::Command>),
    /// Run a node: a broker, with the metadata quorum in it
    Server(ServerArguments),
    /// Prepare and inspect data directories
    Storage(StorageArguments),
    /// Print what the files of a log hold, and check them
    Log(LogArguments),
    /// Run one of Kafka's tools by its name, such as kafka-topics
    Tool(ToolArguments),
    /// Make links with the names of Kafka's scripts, in DIR/bin
    Links(LinksArguments),
    /// Print a script that completes command lines in a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages
    Man {
        /// Where to
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
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
    #[arg(long, value_name = "LEVEL", env = "JACKDAW_LOG", hide_env_values = true, default_value = "info")]
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

/// Make links with the names of Kafka's scripts.
#[derive(Args, Debug)]
pub struct LinksArguments {
    /// Where; it may be anywhere, and is made if it is not there
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

/// Run one of Kafka's tools.
#[derive(Args, Debug)]
pub struct ToolArguments {
    /// The name of its script or of its class
    #[arg(value_parser = ToolName, hide_possible_values = true)]
    pub name: String,
    /// What it gets
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Any name is taken, and those that there are complete a line in a shell.
#[derive(Clone)]
struct ToolName;

impl TypedValueParser for ToolName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(crate::tools::all().map(|tool| PossibleValue::new(tool.name))))
    }
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

#[cfg(test)]
mod tests;
