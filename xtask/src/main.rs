//! The project's own commands, as `cargo xtask …`. Nothing of this is part of the broker.

#![allow(clippy::disallowed_methods, reason = "a developer's tool works on real files and processes")]

mod acceptance;
mod ci;
mod codegen;
mod command;
mod fix;
mod fuzz;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What can be asked for.
#[derive(Subcommand)]
enum Command {
    /// Run every test of the workspace (cargo-nextest where it is installed, else cargo test)
    Test(test::Options),
    /// Everything that must hold before a change lands; never writes to the work tree
    Ci(ci::Options),
    /// Format, apply clippy's suggestions, generate code anew
    Fix,
    /// Check the rules of the house that no compiler checks
    Tidy,
    /// Write the code that is generated from Kafka's message definitions
    Codegen {
        /// Write nothing; fail if the committed code is not current
        #[arg(long)]
        check: bool,
    },
    /// Build and run the fuzz targets, one after the other
    Fuzz(fuzz::Options),
    /// Foreign clients, tools and files against a release build, compared with what Apache Kafka passes
    Acceptance(acceptance::Options),
}

/// Whether `cargo xtask` has such a command; documents are checked with it.
fn has_command(name: &str) -> bool {
    Arguments::command().find_subcommand(name).is_some()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Test(options) => test::run(&options),
        Command::Ci(options) => ci::run_all(&options),
        Command::Fix => fix::run_all(),
        Command::Tidy => tidy::run(),
        Command::Codegen { check } => codegen::run(check),
        Command::Fuzz(options) => fuzz::run_targets(&options),
        Command::Acceptance(options) => acceptance::run_suites(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
