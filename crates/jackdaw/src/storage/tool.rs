//! `kafka-storage`: the same as `jackdaw storage`, with the flags, the words and the exit codes of Kafka's tool.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jackdaw_base::{Entropy, Uuid};
use jackdaw_broker::server::{self, DirectoryState};
use jackdaw_cli::failure::Failure;
use jackdaw_cli::outcome::{Done, Outcome};
use jackdaw_cli::subcommands;
use jackdaw_cli::{features, out};
use jackdaw_config::Config;
use jackdaw_store::OsEntropy;

use crate::{configuration, tools};

/// Prepares the directories of a node and shows what they hold.
#[derive(Parser)]
#[command(name = "kafka-storage", disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What the directories hold
    Info(ConfigFile),
    /// Write what a new node begins with
    Format(Format),
    /// The features of a release
    VersionMapping {
        /// The release; without it the newest
        #[arg(long, short)]
        release_version: Option<String>,
    },
    /// What levels of features need
    FeatureDependencies {
        /// A feature and its level, as in transaction.version=2
        #[arg(long, short, required = true)]
        feature: Vec<String>,
    },
    /// A new id
    RandomUuid,
}

#[derive(Args)]
struct ConfigFile {
    /// The server.properties of the node
    #[arg(long, short)]
    config: PathBuf,
}

#[derive(Args)]
struct Format {
    #[command(flatten)]
    file: ConfigFile,
    /// The id of the cluster
    #[arg(long, short = 't')]
    cluster_id: String,
    /// Not there yet
    #[arg(long, short = 'S')]
    add_scram: Vec<String>,
    /// Leave formatted directories as they are
    #[arg(long, short = 'g')]
    ignore_formatted: bool,
    /// The release whose features the cluster begins with; only the newest so far
    #[arg(long, short = 'r')]
    release_version: Option<String>,
    /// Levels of features; only those that the newest release has anyway
    #[arg(long, short)]
    feature: Vec<String>,
    /// A dynamic quorum with this node as its only voter
    #[arg(long, short, group = "voters")]
    standalone: bool,
    /// Not there yet
    #[arg(long, short = 'N', group = "voters")]
    no_initial_controllers: bool,
    /// Not there yet
    #[arg(long, short = 'I', group = "voters")]
    initial_controllers: Option<String>,
}

/// Runs the tool.
pub fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-storage", arguments)? {
        Ok(line) => line,
        Err(done) => return Ok(done),
    };
    match line.command {
        Command::Info(file) => info(&file),
        Command::Format(format) => run_format(&format),
        Command::VersionMapping { release_version } => {
            out::print(&features::version_mapping(release_version.as_deref())?)?;
            Ok(Done::Well)
        }
        Command::FeatureDependencies { feature } => {
            out::print(&features::dependencies(&feature)?)?;
            Ok(Done::Well)
        }
        Command::RandomUuid => {
            jackdaw_cli::say!("{}", OsEntropy.uuid());
            Ok(Done::Well)
        }
    }
}

fn load(file: &ConfigFile) -> Result<Config, Failure> {
    let (config, _) = configuration::load(Some(&file.config), &[]).map_err(tools::failure)?;
    Ok(Config::new(config))
}

fn info(file: &ConfigFile) -> Outcome {
    let states =
        server::directory_states(&load(file)?).map_err(|error| Failure::message(error.to_string()))?;
    let (found, problems): (Vec<_>, Vec<_>) =
        states.iter().partition(|(_, state)| !matches!(state, DirectoryState::Missing));
    let section = |one: &str, many: &str, lines: &[String]| match lines {
        [] => {}
        lines => {
            jackdaw_cli::say!("{}", if lines.len() == 1 { one } else { many });
            lines.iter().for_each(|line| jackdaw_cli::say!("  {line}"));
            jackdaw_cli::say!("");
        }
    };
    let paths: Vec<String> = found.iter().map(|(path, _)| path.display().to_string()).collect();
    section("Found log directory:", "Found log directories:", &paths);
    let mut lines: Vec<String> =
        problems.iter().map(|(path, _)| format!("{} does not exist", path.display())).collect();
    let formatted = found.iter().find_map(|(_, state)| match state {
        DirectoryState::Formatted(properties) => Some(properties),
        _ => None,
    });
    if let Some(properties) = formatted {
        let pairs: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
        jackdaw_cli::say!("Found metadata: {{{}}}\n", pairs.join(", "));
    }
    let is_new = |state: &&(PathBuf, DirectoryState)| matches!(state.1, DirectoryState::New);
    lines.extend(
        states.iter().filter(is_new).map(|(path, _)| format!("{} is not formatted.", path.display())),
    );
    section("Found problem:", "Found problems:", &lines);
    Ok(Done::unless(!lines.is_empty()))
}

fn run_format(format: &Format) -> Outcome {
    refuse_what_is_missing(format)?;
    if format.cluster_id.parse::<Uuid>().is_err() {
        return Err(Failure::message(format!(
            "Cluster ID string {} does not appear to be a valid UUID",
            format.cluster_id
        )));
    }
    let request = server::FormatRequest {
        cluster_id: format.cluster_id.clone(),
        standalone: format.standalone,
        ignore_formatted: format.ignore_formatted,
    };
    let lines = server::format_storage(&load(&format.file)?, &request)
        .map_err(|error| Failure::message(error.to_string()))?;
    let fresh: Vec<&String> = lines.iter().filter(|line| line.starts_with("Formatting ")).collect();
    if fresh.is_empty() {
        jackdaw_cli::say!("All of the log directories are already formatted.");
    }
    fresh.iter().for_each(|line| jackdaw_cli::say!("{line}"));
    Ok(Done::Well)
}

/// What Kafka can and we cannot yet is refused, not ignored.
fn refuse_what_is_missing(format: &Format) -> Result<(), Failure> {
    let newest = features::metadata_level_max();
    if let Some(release) = &format.release_version {
        let level = features::metadata_level(release);
        let level = level.ok_or_else(|| Failure::message(format!("Unknown metadata.version '{release}'")))?;
        if level != newest {
            return Err(Failure::message(format!("--release-version {release}: only 4.3 is supported yet")));
        }
    }
    let mapping = features::version_mapping(None)?;
    for feature in &format.feature {
        let (name, level) = features::parse_level(feature)?;
        let wanted = format!("{name}={level}");
        let is_default = mapping.lines().any(|line| line.split(' ').next() == Some(&wanted));
        if !is_default {
            return Err(Failure::message(format!(
                "--feature {feature}: only the levels of 4.3 are supported yet"
            )));
        }
    }
    let missing = [
        ("--add-scram", !format.add_scram.is_empty()),
        ("--no-initial-controllers", format.no_initial_controllers),
        ("--initial-controllers", format.initial_controllers.is_some()),
    ];
    match missing.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(Failure::message(format!("{name} is not there yet"))),
        None => Ok(()),
    }
}
