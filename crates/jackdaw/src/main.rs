//! The `jackdaw` binary. Alone it is `jackdaw server`; called by the name of one of Kafka's scripts it is that tool.

mod arguments;
mod configuration;
mod dump_log;
mod help;
mod links;
mod log_command;
mod logging;
mod server;
mod server_tools;
mod storage;
mod tools;

use std::process::ExitCode;

use clap::Parser;
use jackdaw_cli::outcome::{Done, Outcome};

use arguments::{Arguments, Command};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let given: Vec<_> = std::env::args_os().collect();
    match tools::called_as(&given) {
        Some(tool) => exit_code(tool.run(tools::texts(&given[1..]))),
        None => exit_code(run(Arguments::parse_from(given))),
    }
}

fn run(arguments: Arguments) -> Outcome {
    match arguments.command.unwrap_or_default() {
        Command::Server(server) => tools::done(server::run(&server)),
        Command::Storage(storage) => tools::done(storage::run(&storage)),
        Command::Client(command) => jackdaw_cli::command::run(&command),
        Command::Completions { shell } => help::completions(shell),
        Command::Man { directory } => help::manual(&directory),
        Command::Log(log) => log_command::run(&log),
        Command::Links(links) => links::run(&links.directory),
        Command::Tool(tool) => tools::run_by_name(&tool.name, tool.arguments),
    }
}

/// Says what went wrong, if anything did.
fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::InPart) => ExitCode::FAILURE,
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("{}", failure.message);
            }
            if let Some(hint) = failure.hint {
                eprintln!("{hint}");
            }
            ExitCode::from(failure.exit_code)
        }
    }
}
