//! The `jackdaw` binary. Alone it is `jackdaw server`; called by the name of one of Kafka's scripts it is that tool.

mod arguments;
mod configuration;
mod logging;
mod server;
mod storage;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(arguments::translated(std::env::args_os()));
    let result = match arguments.command.unwrap_or_default() {
        Command::Server(server) => server::run(&server),
        Command::Storage(storage) => storage::run(&storage),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jackdaw: {error:#}");
            ExitCode::FAILURE
        }
    }
}
