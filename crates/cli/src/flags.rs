//! The flags of Kafka's tools: `--name value` and `--name=value`, also with one dash, never abbreviated; what is no flag
//! is kept aside. The tools that have commands of their own (`kafka-features.sh describe`) parse with clap instead.

mod help;
mod parse;
mod values;

use crate::failure::Failure;
use crate::outcome::Done;

pub use values::Options;

/// How many values a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// None: it is there or not.
    Nothing,
    /// One, called so in the help.
    Value(&'static str),
    /// One, or none.
    Maybe(&'static str),
}

/// One flag of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without dashes.
    pub name: &'static str,
    /// Its value.
    pub takes: Takes,
    /// What it does, for the help.
    pub about: &'static str,
    /// The tool cannot run without it.
    pub is_required: bool,
}

impl Flag {
    /// A flag without a value.
    pub const fn switch(name: &'static str, about: &'static str) -> Self {
        Self { name, takes: Takes::Nothing, about, is_required: false }
    }

    /// A flag with a value.
    pub const fn value(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self { name, takes: Takes::Value(value), about, is_required: false }
    }

    /// A flag whose value may be left out.
    pub const fn maybe(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self { name, takes: Takes::Maybe(value), about, is_required: false }
    }

    /// The same, without which the tool does not run.
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

/// What every tool takes.
pub const COMMON: [Flag; 2] =
    [Flag::switch("help", "Print this text."), Flag::switch("version", "Print the version.")];

/// The broker that a tool asks first.
pub const BOOTSTRAP_SERVER: Flag =
    Flag::value("bootstrap-server", "HOST:PORT,...", "The brokers to ask first.");
/// The controller that a tool asks first.
pub const BOOTSTRAP_CONTROLLER: Flag =
    Flag::value("bootstrap-controller", "HOST:PORT,...", "The controllers to ask first.");
/// A properties file of the client.
pub const COMMAND_CONFIG: Flag =
    Flag::value("command-config", "FILE", "Properties of the client, with Kafka's names.");

/// What a tool takes, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct FlagSet {
    /// One sentence.
    pub about: &'static str,
    /// Its own flags; [`COMMON`] come to them.
    pub flags: &'static [Flag],
}

/// What is done about a line of arguments before the tool itself runs.
#[derive(Debug)]
pub enum Parsed {
    /// The tool runs with these.
    Run(Options),
    /// Help or version was asked for, and was printed.
    Answered(Done),
}

impl FlagSet {
    /// Reads the arguments. No arguments at all ask for help, as with Kafka's tools.
    pub fn parse(&self, arguments: Vec<String>) -> Result<Parsed, Failure> {
        let is_empty = arguments.is_empty();
        let options = parse::parse(self, arguments)?;
        if is_empty || options.has("help") {
            return Err(Failure::usage_whole(self.about, help::text(self)));
        }
        if options.has("version") {
            crate::say!("{}", crate::KAFKA_VERSION_LINE);
            return Ok(Parsed::Answered(Done::Well));
        }
        let missing: Vec<_> = self
            .flags
            .iter()
            .filter(|flag| flag.is_required && !options.has(flag.name))
            .map(|flag| flag.name)
            .collect();
        match missing.as_slice() {
            [] => Ok(Parsed::Run(options)),
            names => Err(Failure::usage(format!("Missing required option(s) [{}]", names.join(", ")))),
        }
    }

    /// The flag of this name.
    fn find(&self, name: &str) -> Option<&'static Flag> {
        self.flags
            .iter()
            .find(|flag| flag.name == name)
            .or_else(|| COMMON.iter().find(|flag| flag.name == name))
    }
}

#[cfg(test)]
mod tests;
