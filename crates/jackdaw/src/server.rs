//! `jackdaw server`: runs a node until it is told to stop.

use std::sync::Arc;

use anyhow::Context;
use jackdaw_broker::server::Server;
use jackdaw_broker::shutdown::Shutdown;

use crate::arguments::ServerArguments;
use crate::{configuration, logging};

/// Runs a node.
pub fn run(arguments: &ServerArguments) -> anyhow::Result<()> {
    let (config, warnings) = configuration::load(arguments.file.as_deref(), &arguments.overrides)?;
    let levels = logging::start(arguments.log_format, &arguments.log_level)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("worker")
        .build()
        .context("the runtime does not start")?;
    runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.on_signals().context("signals cannot be watched")?;
        let server = Server::start(config, Arc::new(levels)).await?;
        let reason = shutdown.stopped().await;
        tracing::info!(%reason, "stopping");
        server.stop().await;
        Ok(())
    })
}
