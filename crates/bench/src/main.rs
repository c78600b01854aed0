//! Measurements of the project: every figure is a ratio within one run, in rounds, with median and spread. Nothing here is a
//! timed test.

mod client;
mod figures;
mod process;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "bench", about = "Measures Jackdaw")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Our client beside librdkafka: messages per second of processor time, both directions, and latency
    Client(client::Arguments),
    /// One run of our client; `client` calls it
    #[command(hide = true)]
    ClientRun(client::ours::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Client(arguments) => client::run(&arguments),
        What::ClientRun(arguments) => client::ours::run(&arguments),
    }
}
