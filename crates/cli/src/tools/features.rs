//! `kafka-features`: the levels of features, shown and changed.

use std::collections::BTreeMap;

use clap::{Args, Parser, Subcommand};
use jackdaw_client::admin::{Admin, Apply, FeatureUpdate, UpgradeType};

use super::Tool;
use crate::connect::{Place, words};
use crate::failure::Failure;
use crate::features::{self, METADATA_VERSION, metadata_level, metadata_name};
use crate::outcome::{Done, Outcome};
use crate::{out, runtime, subcommands};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-features",
    classes: &["org.apache.kafka.tools.FeatureCommand", "kafka.admin.FeatureCommand"],
    run,
};

/// Shows and changes the levels of features.
#[derive(Parser)]
#[command(name = "kafka-features", disable_help_subcommand = true)]
struct Line {
    /// The brokers to ask first
    #[arg(long)]
    bootstrap_server: Option<String>,
    /// The controllers to ask first
    #[arg(long, conflicts_with = "bootstrap_server")]
    bootstrap_controller: Option<String>,
    /// Properties of the client
    #[arg(long)]
    command_config: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What there is, and at which level
    Describe {
        /// Ask this node
        #[arg(long)]
        node_id: Option<i32>,
    },
    /// Raise levels
    Upgrade(Change),
    /// Lower levels
    Downgrade {
        #[command(flatten)]
        change: Change,
        /// Even if metadata are lost
        #[arg(long)]
        r#unsafe: bool,
    },
    /// Lower levels to 0
    Disable {
        /// A feature; may be given several times
        #[arg(long)]
        feature: Vec<String>,
        /// Even if metadata are lost
        #[arg(long)]
        r#unsafe: bool,
        /// Only say whether it could be done
        #[arg(long)]
        dry_run: bool,
    },
    /// The features of a release
    VersionMapping {
        /// The release; without it the newest
        #[arg(long)]
        release_version: Option<String>,
    },
    /// What levels of features need
    FeatureDependencies {
        /// A feature and its level, as in transaction.version=2
        #[arg(long, required = true)]
        feature: Vec<String>,
    },
}

#[derive(Args)]
struct Change {
    /// The old name of --feature metadata.version=LEVEL
    #[arg(long)]
    metadata: Option<String>,
    /// All features as this release has them
    #[arg(long)]
    release_version: Option<String>,
    /// A feature and its level, as in transaction.version=2; may be given several times
    #[arg(long)]
    feature: Vec<String>,
    /// Only say whether it could be done
    #[arg(long)]
    dry_run: bool,
}

/// What is done, for the words that say so.
struct Operation {
    verb: &'static str,
    upgrade_type: UpgradeType,
    apply: Apply,
}

impl Operation {
    fn new(verb: &'static str, is_unsafe: bool, is_dry_run: bool) -> Self {
        let upgrade_type = match (verb, is_unsafe) {
            ("upgrade", _) => UpgradeType::Upgrade,
            (_, true) => UpgradeType::UnsafeDowngrade,
            (_, false) => UpgradeType::SafeDowngrade,
        };
        Self { verb, upgrade_type, apply: if is_dry_run { Apply::ValidateOnly } else { Apply::Change } }
    }
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-features", arguments)? {
        Ok(line) => line,
        Err(done) => return Ok(done),
    };
    if line.bootstrap_server.is_none() && line.bootstrap_controller.is_none() {
        return Err(Failure::usage("You must specify either --bootstrap-controller or --bootstrap-server."));
    }
    match &line.command {
        Command::VersionMapping { release_version } => {
            out::print(&features::version_mapping(release_version.as_deref())?)?;
            return Ok(Done::Well);
        }
        Command::FeatureDependencies { feature } => {
            out::print(&features::dependencies(feature)?)?;
            return Ok(Done::Well);
        }
        _ => {}
    }
    runtime::block_on(async {
        let place = Place {
            servers: line.bootstrap_server.as_deref(),
            controllers: line.bootstrap_controller.as_deref(),
            file: line.command_config.as_deref(),
        };
        let admin = place.admin("kafka-features").await?;
        match &line.command {
            Command::Upgrade(change) => {
                let operation = Operation::new("upgrade", false, change.dry_run);
                update(&admin, &operation, levels(change, false)?).await
            }
            Command::Downgrade { change, r#unsafe } => {
                let operation = Operation::new("downgrade", *r#unsafe, change.dry_run);
                update(&admin, &operation, levels(change, true)?).await
            }
            Command::Disable { feature, r#unsafe, dry_run } => {
                let operation = Operation::new("disable", *r#unsafe, *dry_run);
                update(&admin, &operation, feature.iter().map(|name| (name.clone(), 0)).collect()).await
            }
            Command::Describe { node_id } => describe(&admin, *node_id).await,
            Command::VersionMapping { .. } | Command::FeatureDependencies { .. } => Ok(Done::Well),
        }
    })
}

async fn describe(admin: &Admin, node: Option<i32>) -> Outcome {
    let features = match node {
        Some(node) => admin.describe_features_of(node).await?,
        None => admin.describe_features().await?,
    };
    let shown = |name: &str, level: i16| match name {
        METADATA_VERSION => metadata_name(level).map_or(format!("UNKNOWN [{level}]"), str::to_owned),
        _ => level.to_string(),
    };
    let epoch = features.finalized_epoch.map_or("-".to_owned(), |epoch| epoch.to_string());
    let mut text = String::new();
    for (name, (low, high)) in &features.supported {
        let finalized = features.finalized.get(name).map_or(0, |feature| feature.level);
        text.push_str(&format!(
            "Feature: {name:<42}SupportedMinVersion: {:<17}SupportedMaxVersion: {:<17}FinalizedVersionLevel: {:<17}Epoch: {epoch}\n",
            shown(name, *low),
            shown(name, *high),
            shown(name, finalized)
        ));
    }
    out::print(&text)?;
    Ok(Done::Well)
}

/// The levels that are wanted.
fn levels(change: &Change, is_downgrade: bool) -> Result<BTreeMap<String, i16>, Failure> {
    let mut levels = BTreeMap::new();
    if let Some(release) = &change.release_version {
        if change.metadata.is_some() || !change.feature.is_empty() {
            return Err(Failure::message("Can not specify `release-version` with other feature flags."));
        }
        for line in features::version_mapping(Some(release))?.lines() {
            let (name, level) = features::parse_level(line.split(' ').next().unwrap_or_default())?;
            // Nothing is raised to 0.
            if is_downgrade || level > 0 {
                levels.insert(name.to_owned(), level);
            }
        }
    }
    if let Some(name) = &change.metadata {
        crate::say!(" `metadata` flag is deprecated and may be removed in a future release.");
        let level = metadata_level(name)
            .ok_or_else(|| Failure::message(format!("Unknown metadata.version {name}")))?;
        levels.insert(METADATA_VERSION.to_owned(), level);
    }
    for text in &change.feature {
        let (name, level) = features::parse_level(text)?;
        if levels.insert(name.to_owned(), level).is_some() {
            return Err(Failure::message(format!("Feature {name} was specified more than once.")));
        }
    }
    Ok(levels)
}

async fn update(admin: &Admin, operation: &Operation, levels: BTreeMap<String, i16>) -> Outcome {
    let verb = operation.verb;
    if levels.is_empty() {
        return Err(Failure::message(format!("You must specify at least one feature to {verb}")));
    }
    let upgrade_type = operation.upgrade_type;
    let updates =
        levels.iter().map(|(name, level)| (name.clone(), FeatureUpdate { level: *level, upgrade_type }));
    // Where the request is refused as a whole, so is every part of it.
    let results: Vec<_> = match admin.update_features(&updates.collect(), operation.apply).await {
        Ok(results) => results.into_iter().collect(),
        Err(error) => levels.keys().map(|name| (name.clone(), Err(error.clone()))).collect(),
    };
    let is_dry_run = operation.apply == Apply::ValidateOnly;
    let mut text = String::new();
    let mut failed = 0;
    for (name, result) in results {
        let level = levels.get(&name).copied().unwrap_or_default();
        match result {
            Ok(()) => {
                let how = if is_dry_run { "can be" } else { "was" };
                let what =
                    if verb == "disable" { "disabled".to_owned() } else { format!("{verb}d to {level}") };
                text.push_str(&format!("{name} {how} {what}.\n"));
            }
            Err(error) => {
                failed += 1;
                let how = if is_dry_run { "Can not" } else { "Could not" };
                let what = if verb == "disable" { String::new() } else { format!(" to {level}") };
                text.push_str(&format!("{how} {verb} {name}{what}. {}\n", words(&error)));
            }
        }
    }
    out::print(&text)?;
    match failed {
        0 => Ok(Done::Well),
        count => Err(Failure::message(format!("{count} out of {} operation(s) failed.", levels.len()))),
    }
}
