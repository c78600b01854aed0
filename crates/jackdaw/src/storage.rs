//! `jackdaw storage`: prepares data directories and shows what they hold. `kafka-storage` is the module within.

pub mod tool;

use anyhow::bail;
use jackdaw_base::{Entropy, Uuid};
use jackdaw_broker::server;
use jackdaw_config::Config;
use jackdaw_store::OsEntropy;

use crate::arguments::{FormatArguments, StorageArguments, StorageCommand};
use crate::configuration;

/// Runs a storage command.
pub fn run(arguments: &StorageArguments) -> anyhow::Result<()> {
    match &arguments.command {
        StorageCommand::RandomUuid => {
            jackdaw_cli::say!("{}", OsEntropy.uuid());
            Ok(())
        }
        StorageCommand::Format(format) => run_format(format),
        StorageCommand::Info(file) => {
            let (config, _) = configuration::load(Some(&file.config), &[])?;
            let report = server::storage_info(&Config::new(config))?;
            jackdaw_cli::out::print(&report)?;
            Ok(())
        }
    }
}

fn run_format(arguments: &FormatArguments) -> anyhow::Result<()> {
    if arguments.cluster_id.parse::<Uuid>().is_err() {
        bail!(
            "cluster id {:?} is no id: 22 characters of URL-safe base64, as `jackdaw storage random-uuid` prints",
            arguments.cluster_id
        );
    }
    let (config, _) = configuration::load(Some(&arguments.config), &[])?;
    let request = server::FormatRequest {
        cluster_id: arguments.cluster_id.clone(),
        standalone: arguments.standalone,
        ignore_formatted: arguments.ignore_formatted,
    };
    for line in server::format_storage(&Config::new(config), &request)? {
        jackdaw_cli::say!("{line}");
    }
    Ok(())
}
