//! Kafka's tools that speak to a broker, one file each: the names and flags of the distribution's scripts, their output and
//! their exit codes. A tool that is not finished is not in the list.

mod configs;
mod console_producer;
mod consumer_groups;
mod get_offsets;
mod groups;
mod topics;

use crate::outcome::Outcome;

/// One tool.
#[derive(Clone, Copy)]
pub struct Tool {
    /// The name of its script, without `.sh`.
    pub name: &'static str,
    /// The names of its class, for `kafka-run-class.sh`; older releases had others.
    pub classes: &'static [&'static str],
    /// What it does with its arguments.
    pub run: fn(Vec<String>) -> Outcome,
}

impl Tool {
    /// Runs it.
    pub fn run(&self, arguments: Vec<String>) -> Outcome {
        (self.run)(arguments)
    }
}

/// The tools of this crate.
pub const TOOLS: &[Tool] = &[
    configs::TOOL,
    console_producer::TOOL,
    consumer_groups::TOOL,
    get_offsets::TOOL,
    groups::TOOL,
    topics::TOOL,
];
