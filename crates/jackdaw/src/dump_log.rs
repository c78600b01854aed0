//! `kafka-dump-log`: what the files of a log hold, in the lines of Kafka's tool. It reads files only, whoever wrote them,
//! and changes nothing.

mod batches;
mod decoder;
mod indexes;
mod log_file;
mod producers;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jackdaw_base::Offset;
use jackdaw_cli::failure::Failure;
use jackdaw_cli::flags::{Flag, FlagSet, Options, Parsed};
use jackdaw_cli::outcome::{Done, Outcome};

pub use batches::{Shown, Stop};
pub use decoder::Decoder;
pub use indexes::IndexMode;
pub use log_file::{End, LogFile};

const FLAGS: FlagSet = FlagSet {
    about: "Prints what the files of a log hold.",
    flags: &[
        Flag::switch("cluster-metadata-decoder", "Records of __cluster_metadata as JSON."),
        Flag::switch("deep-iteration", "A line for each record, not only for each batch."),
        Flag::value(
            "files",
            "FILE,...",
            "The files: .log, .checkpoint, .index, .timeindex, .txnindex, .snapshot. Required.",
        ),
        Flag::switch("index-sanity-check", "Only what a broker checks of an index when it starts."),
        Flag::maybe("key-decoder-class", "CLASS", "Only Kafka's string decoder is there."),
        Flag::value("max-bytes", "BYTES", "Read no more of each log file."),
        Flag::value("max-message-size", "BYTES", "Taken for compatibility; batches of every size are read."),
        Flag::switch("offsets-decoder", "Records of __consumer_offsets as JSON."),
        Flag::switch("print-data-log", "Keys and values of the records."),
        Flag::switch("remote-log-metadata-decoder", "Not there yet."),
        Flag::switch("share-group-state-decoder", "Records of __share_group_state as JSON."),
        Flag::switch(
            "skip-record-metadata",
            "Without offsets, times and sizes of the records, and without control records.",
        ),
        Flag::switch("transaction-log-decoder", "Records of __transaction_state as JSON."),
        Flag::maybe("value-decoder-class", "CLASS", "Only Kafka's string decoder is there."),
        Flag::switch("verify-index-only", "Compare an index with its log and print only what differs."),
    ],
};

/// The decoder that Kafka's tool has without being told.
const STRING_DECODER: &str = "org.apache.kafka.tools.api.StringDecoder";

/// Two records whose offsets do not follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The earlier one.
    pub before: i64,
    /// The later one.
    pub after: i64,
}

/// What an index says, and what the log has there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mismatch {
    indexed: i64,
    found: Option<i64>,
}

impl Mismatch {
    fn found(&self) -> i64 {
        self.found.unwrap_or(-1)
    }
}

/// What does not fit together, collected over all files and said at the end.
#[derive(Default)]
pub struct Checks {
    lines: Vec<String>,
    last_title: String,
}

impl Checks {
    fn add(&mut self, title: String, line: String) {
        if self.last_title != title {
            self.lines.push(title.clone());
            self.last_title = title;
        }
        self.lines.push(line);
    }

    /// Says it all, on standard error.
    pub fn say(&self) {
        self.lines.iter().for_each(|line| eprintln!("{line}"));
    }

    fn offset_index(&mut self, path: &Path, mismatch: Mismatch) {
        let line = format!("  Index offset: {}, log offset: {}", mismatch.indexed, mismatch.found());
        self.add(format!("Mismatches in :{}", whole(path)), line);
    }

    fn timestamp(&mut self, path: &Path, mismatch: Mismatch) {
        let line = format!("  Index timestamp: {}, log timestamp: {}", mismatch.indexed, mismatch.found());
        self.add(format!("Found timestamp mismatch in :{}", whole(path)), line);
    }

    fn out_of_order(&mut self, path: &Path, mismatch: Mismatch) {
        let line = format!(
            "  Index timestamp: {}, Previously indexed timestamp: {}",
            mismatch.indexed,
            mismatch.found()
        );
        self.add(format!("Found out of order timestamp in :{}", whole(path)), line);
    }

    fn offset_not_found(&mut self, _path: &Path, mismatch: Mismatch) {
        let line = format!("Indexed offset: {}, found log offset: {}", mismatch.indexed, mismatch.found());
        self.add("The following indexed offsets are not found in the log.".to_owned(), line);
    }

    fn gaps(&mut self, path: &Path, gaps: &[Gap]) {
        for gap in gaps {
            let line = format!("  {} is followed by {}", gap.before, gap.after);
            self.add(format!("Non-consecutive offsets in {}", whole(path)), line);
        }
    }
}

fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Of log files.
    pub shown: Shown,
    /// Of index files.
    pub index_mode: IndexMode,
    /// How much of each log file is read.
    pub bytes_max: u64,
}

/// Runs `kafka-dump-log`.
pub fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let files = options.required("files")?;
    let settings = settings(&options)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut checks = Checks::default();
    for file in files.split(',') {
        let ended = dump(&mut out, &PathBuf::from(file), settings, &mut checks);
        out.flush()?;
        match ended {
            Ok(()) => {}
            Err(Stop::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error.into()),
            Err(Stop::Io(error)) => return Err(Failure::message(format!("{file}: {error}"))),
            Err(Stop::Damage(what)) => return Err(Failure::message(format!("{file}: {what}"))),
        }
    }
    checks.say();
    Ok(Done::Well)
}

fn settings(options: &Options) -> Result<Settings, Failure> {
    for class in ["key-decoder-class", "value-decoder-class"] {
        if let Some(name) = options.value(class)?.filter(|name| *name != STRING_DECODER) {
            return Err(Failure::message(format!("--{class} {name}: classes of Java cannot be loaded")));
        }
    }
    if options.has("remote-log-metadata-decoder") {
        return Err(Failure::message("--remote-log-metadata-decoder is not there yet"));
    }
    let decoder = [
        ("offsets-decoder", Decoder::Offsets),
        ("transaction-log-decoder", Decoder::Transactions),
        ("cluster-metadata-decoder", Decoder::ClusterMetadata),
        ("share-group-state-decoder", Decoder::ShareGroupState),
        ("print-data-log", Decoder::Text),
        ("value-decoder-class", Decoder::Text),
        ("key-decoder-class", Decoder::Text),
    ];
    let content = decoder.iter().find(|(name, _)| options.has(name)).map(|(_, decoder)| *decoder);
    let index_mode = match (options.has("index-sanity-check"), options.has("verify-index-only")) {
        (true, _) => IndexMode::Sanity,
        (false, true) => IndexMode::Verify,
        (false, false) => IndexMode::Print,
    };
    let shown = Shown {
        records: content.is_some() || options.has("deep-iteration"),
        content,
        record_metadata: !options.has("skip-record-metadata"),
    };
    let bytes_max = options.parsed::<i32>("max-bytes")?.unwrap_or(i32::MAX);
    Ok(Settings { shown, index_mode, bytes_max: u64::try_from(bytes_max).unwrap_or(0) })
}

/// Prints one file.
pub fn dump(out: &mut dyn Write, path: &Path, settings: Settings, checks: &mut Checks) -> Result<(), Stop> {
    writeln!(out, "Dumping {}", path.display())?;
    let mode = settings.index_mode;
    match path.extension().and_then(|suffix| suffix.to_str()) {
        Some("log" | "checkpoint") => dump_batches(out, path, settings, checks),
        Some("index") => indexes::offset_index(out, path, base_offset(path)?, mode, checks),
        Some("timeindex") => indexes::time_index(out, path, base_offset(path)?, mode, checks),
        Some("txnindex") => indexes::transaction_index(out, path),
        Some("snapshot") => producers::print(out, path),
        _ => {
            eprintln!("Ignoring unknown file {}", path.display());
            Ok(())
        }
    }
}

/// The offset in the name of a file of a segment.
fn base_offset(path: &Path) -> Result<Offset, Stop> {
    let stem = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
    let offset = stem.and_then(|stem| stem.parse().ok()).map(Offset);
    offset.ok_or_else(|| Stop::Damage("the name of the file is not that of a segment".to_owned()))
}

/// The end offset and the epoch in the name of a snapshot of the metadata.
fn snapshot_id(path: &Path) -> Result<(i64, i32), Stop> {
    let name = path.file_stem().and_then(|name| name.to_str());
    let id = name.and_then(|name| name.split_once('-'));
    let id = id.and_then(|(offset, epoch)| Some((offset.parse().ok()?, epoch.parse().ok()?)));
    id.ok_or_else(|| Stop::Damage("the name of the file is not that of a snapshot".to_owned()))
}

fn dump_batches(
    out: &mut dyn Write,
    path: &Path,
    settings: Settings,
    checks: &mut Checks,
) -> Result<(), Stop> {
    match path.extension().is_some_and(|suffix| suffix == "log") {
        true => writeln!(out, "Log starting offset: {}", base_offset(path)?.0)?,
        false => {
            let (offset, epoch) = snapshot_id(path)?;
            writeln!(out, "Snapshot end offset: {offset}, epoch: {epoch}")?;
        }
    }
    let mut file = LogFile::open(path, settings.bytes_max)?;
    let mut walk = batches::Walk::default();
    let end = loop {
        match file.next_batch()? {
            Ok((position, batch)) => batches::print(out, &batch, position, settings.shown, &mut walk)?,
            Err(end) => break end,
        }
    };
    checks.gaps(path, &walk.gaps);
    match end {
        End::Whole | End::Zeros { .. } => Ok(()),
        // What is beyond the limit was not asked for.
        End::Torn { .. } if settings.bytes_max < i32::MAX as u64 => Ok(()),
        End::Torn { bytes } => {
            let name = path.file_name().unwrap_or_default().display();
            Ok(writeln!(out, "Found {bytes} invalid bytes at the end of {name}")?)
        }
        End::Damaged { position, error } => {
            Err(Stop::Damage(format!("behind {position} bytes of whole batches: {error}")))
        }
    }
}

#[cfg(test)]
mod tests;
