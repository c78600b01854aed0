//! Those of Kafka's tools that have commands of their own (`kafka-features.sh describe`). clap reads them as the originals
//! do: long flags may be shortened where that is unambiguous, and what cannot be used is exit code 1.

use clap::Parser;
use clap::error::ErrorKind;

use crate::failure::Failure;
use crate::out;
use crate::outcome::Done;

/// Reads the arguments of the tool `name`. The inner error is that help or version was asked for, and was printed.
pub fn parse<T: Parser>(name: &str, arguments: Vec<String>) -> Result<Result<T, Done>, Failure> {
    let command = T::command().infer_long_args(true).version(crate::KAFKA_VERSION_LINE);
    let words = std::iter::once(name.to_owned()).chain(arguments);
    let parsed =
        command.try_get_matches_from(words).and_then(|mut matches| T::from_arg_matches_mut(&mut matches));
    match parsed {
        Ok(line) => Ok(Ok(line)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            out::print(&error.to_string())?;
            Ok(Err(Done::Well))
        }
        Err(error) => {
            let text = error.to_string();
            Err(Failure::message(text.trim_end().strip_prefix("error: ").unwrap_or(&text).to_owned()))
        }
    }
}
