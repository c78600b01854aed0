//! Kafka's tools by the names of their scripts and of their classes: those that speak to a broker come from `cli`, those
//! that read files or are the server are here.

use std::ffi::OsString;
use std::path::Path;

use jackdaw_cli::failure::Failure;
use jackdaw_cli::outcome::{Done, Outcome};
use jackdaw_cli::tools::{TOOLS, Tool};
use jackdaw_config::nearest::nearest;

use crate::{dump_log, server_tools, storage};

/// The tools of this crate.
const OWN: [Tool; 5] = [
    Tool {
        name: "kafka-dump-log",
        classes: &["org.apache.kafka.tools.DumpLogSegments", "kafka.tools.DumpLogSegments"],
        run: dump_log::run,
    },
    Tool { name: "kafka-run-class", classes: &[], run: server_tools::run_class },
    Tool { name: "kafka-server-start", classes: &["kafka.Kafka"], run: server_tools::start },
    Tool { name: "kafka-server-stop", classes: &[], run: server_tools::stop },
    Tool { name: "kafka-storage", classes: &["kafka.tools.StorageTool"], run: storage::tool::run },
];

/// Every tool.
pub fn all() -> impl Iterator<Item = &'static Tool> {
    OWN.iter().chain(TOOLS)
}

/// The tool that the first argument names: a link to the binary under the name of a script.
pub fn called_as(given: &[OsString]) -> Option<&'static Tool> {
    let name = Path::new(given.first()?).file_name()?.to_str()?;
    find(name)
}

/// The tool of this name, with or without `.sh`.
fn find(name: &str) -> Option<&'static Tool> {
    let name = name.strip_suffix(".sh").unwrap_or(name);
    all().find(|tool| tool.name == name)
}

/// Runs a tool by the name of its script, with or without `kafka-` in front, or of its class.
pub fn run_by_name(name: &str, arguments: Vec<String>) -> Outcome {
    let short = |tool: &&'static Tool| tool.name.strip_prefix("kafka-") == Some(name);
    let tool = find(name).or_else(|| all().find(|tool| tool.classes.contains(&name) || short(tool)));
    match tool {
        Some(tool) => tool.run(arguments),
        None => {
            let names: Vec<_> = all().map(|tool| tool.name).collect();
            let hint = match nearest(name.strip_suffix(".sh").unwrap_or(name), names.iter().copied()) {
                Some(nearest) => format!("Did you mean {nearest}?"),
                None => format!("There are: {}.", names.join(", ")),
            };
            Err(Failure::message(format!("there is no tool {name}")).hint(hint))
        }
    }
}

/// Arguments as text. What is no UTF-8 cannot be a name of anything in Kafka; it is shown as well as it can be.
pub fn texts(arguments: &[OsString]) -> Vec<String> {
    arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// An error of the server's side as the end of a command.
pub fn failure(error: anyhow::Error) -> Failure {
    Failure::message(format!("jackdaw: {}", told(&error)))
}

/// Nothing more is to be said.
pub fn done(outcome: anyhow::Result<()>) -> Outcome {
    outcome.map(|()| Done::Well).map_err(failure)
}

/// An error with its causes; a cause that the text has named already is not told again.
fn told(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| match cause.to_string() {
        cause if text.contains(&cause) => text,
        cause if text.is_empty() => cause,
        cause => format!("{text}: {cause}"),
    })
}

#[cfg(test)]
mod tests;
