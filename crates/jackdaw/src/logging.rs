//! The log: one line per event, on standard output, as text or JSON; and its levels while the process runs.

mod levels;

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::arguments::LogFormat;
pub use levels::Levels;

/// Starts the log; returns how to change its levels while the process runs.
pub fn start(format: LogFormat, level: &str) -> anyhow::Result<Levels> {
    let filter = EnvFilter::try_new(level).with_context(|| format!("--log-level {level}"))?;
    let (filter, handle) = reload::Layer::new(filter);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(std::io::stdout().is_terminal())
                .with_target(false);
            registry.with(layer).init();
        }
        LogFormat::Json => registry.with(tracing_subscriber::fmt::layer().json()).init(),
    }
    Ok(Levels::new(level, handle))
}
