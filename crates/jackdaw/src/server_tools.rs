//! `kafka-server-start`, `kafka-server-stop` and `kafka-run-class`: the server as a Kafka distribution starts and stops it.

mod processes;
mod start;

use jackdaw_cli::KAFKA_VERSION_LINE;
use jackdaw_cli::failure::Failure;
use jackdaw_cli::flags::{Flag, FlagSet, Parsed};
use jackdaw_cli::outcome::{Done, Outcome};
use rustix::process::{Signal, kill_process};

use processes::Wanted;
pub use start::{run as start, run_class};

const STOP_FLAGS: FlagSet = FlagSet {
    about: "Stops the servers of this machine that this binary runs.",
    flags: &[
        Flag::value("process-role", "ROLE", "Only those with this role: broker or controller."),
        Flag::value("node-id", "ID", "Only the one with this node.id."),
    ],
};

/// Tells running servers to stop, as SIGTERM does. Without arguments all of them.
pub fn stop(arguments: Vec<String>) -> Outcome {
    let wanted = match arguments.is_empty() {
        true => Wanted::default(),
        false => match STOP_FLAGS.parse(arguments)? {
            Parsed::Answered(done) => return Ok(done),
            Parsed::Run(options) => Wanted {
                node_id: options.parsed("node-id")?,
                role: options.value("process-role")?.map(str::to_owned),
            },
        },
    };
    let found = processes::servers(&wanted)?;
    if found.is_empty() {
        return Err(Failure::message(wanted.nothing_found()));
    }
    let mut has_failed = false;
    for pid in found {
        if let Err(error) = kill_process(pid, Signal::TERM) {
            eprintln!("process {} cannot be stopped: {error}", pid.as_raw_nonzero());
            has_failed = true;
        }
    }
    Ok(Done::unless(has_failed))
}

fn print_version() -> Outcome {
    jackdaw_cli::say!("{KAFKA_VERSION_LINE}");
    Ok(Done::Well)
}

#[cfg(test)]
mod tests;
