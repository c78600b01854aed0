//! `jackdaw log dump|verify`: what the files of a log hold, and whether they are in order. Nothing is changed.

mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jackdaw_cli::failure::Failure;
use jackdaw_cli::out;
use jackdaw_cli::outcome::{Done, Outcome};

use crate::dump_log::{Checks, Decoder, IndexMode, Settings, Shown, Stop, dump};

/// Look into the files of a log.
#[derive(Args, Debug)]
pub struct LogArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Print what files hold: .log, .checkpoint, .index, .timeindex, .txnindex, .snapshot
    Dump {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The records, too; those of internal topics as JSON
        #[arg(short, long)]
        records: bool,
    },
    /// Check the logs and indexes of a data directory, of a partition, or single segments
    Verify {
        /// Data directories, directories of partitions, or .log files
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// Runs the command.
pub fn run(arguments: &LogArguments) -> Outcome {
    match &arguments.action {
        Action::Dump { files, records } => run_dump(files, *records),
        Action::Verify { paths } => verify::run(paths),
    }
}

fn run_dump(files: &[PathBuf], records: bool) -> Outcome {
    let mut out = out::out();
    let mut checks = Checks::default();
    for file in files {
        let content = records.then(|| decoder_of(file));
        let settings = Settings {
            shown: Shown { records, content, record_metadata: true },
            index_mode: IndexMode::Print,
            bytes_max: i32::MAX as u64,
        };
        let ended = dump(&mut out, file, settings, &mut checks);
        out.flush()?;
        match ended {
            Ok(()) => {}
            Err(Stop::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error.into()),
            Err(Stop::Io(error)) => {
                return Err(Failure::message(format!("jackdaw: {}: {error}", file.display())));
            }
            Err(Stop::Damage(what)) => {
                return Err(Failure::message(format!("jackdaw: {}: {what}", file.display())));
            }
        }
    }
    checks.say();
    Ok(Done::Well)
}

/// What the records of a file are, by the directory it lies in.
fn decoder_of(file: &Path) -> Decoder {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let directory =
        whole.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let topic = directory.rsplit_once('-').map_or(directory, |(topic, _)| topic);
    match topic {
        "__consumer_offsets" => Decoder::Offsets,
        "__transaction_state" => Decoder::Transactions,
        "__cluster_metadata" => Decoder::ClusterMetadata,
        "__share_group_state" => Decoder::ShareGroupState,
        _ => Decoder::Text,
    }
}
