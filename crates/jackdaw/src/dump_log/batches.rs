//! The lines of a log file: one per batch, and one per record if records are wanted.

use std::io::{self, Write};

use jackdaw_protocol::records::{
    Batch, ControlRecord, ControlRecordType, NO_TIMESTAMP, Record, RecordLimits, TimestampType,
    add_to_sequence,
};
use jackdaw_protocol::schema::{self, Tagged};

use super::decoder::Decoder;
use crate::dump_log::Gap;

/// What is shown of a log file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// One line per record, too.
    pub records: bool,
    /// Keys and values of the records.
    pub content: Option<Decoder>,
    /// Offsets, times and sizes of the records.
    pub record_metadata: bool,
}

/// What was seen on the way through a file: records whose offsets do not follow each other.
#[derive(Default)]
pub struct Walk {
    last_offset: Option<i64>,
    /// The gaps.
    pub gaps: Vec<Gap>,
}

/// What ends a dump in the middle.
pub enum Stop {
    /// The output cannot be written.
    Io(io::Error),
    /// The file cannot be read on.
    Damage(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Prints a batch.
pub fn print(
    out: &mut dyn Write,
    batch: &Batch<'_>,
    position: u64,
    shown: Shown,
    walk: &mut Walk,
) -> Result<(), Stop> {
    print_header(out, batch, position)?;
    if !shown.records {
        return Ok(());
    }
    let mut records = batch.records(RecordLimits::default());
    while let Some(record) = records.next_record() {
        let record = record.map_err(|error| Stop::Damage(error.to_string()))?;
        let offset = batch.base_offset().saturating_add(i64::from(record.offset_delta));
        walk.see(offset);
        print_record(out, batch, offset, &record, shown)?;
    }
    Ok(())
}

impl Walk {
    fn see(&mut self, offset: i64) {
        if let Some(last) = self.last_offset.filter(|last| last.checked_add(1) != Some(offset)) {
            self.gaps.push(Gap { before: last, after: offset });
        }
        self.last_offset = Some(offset);
    }
}

fn print_header(out: &mut dyn Write, batch: &Batch<'_>, position: u64) -> io::Result<()> {
    let horizon = match batch.delete_horizon() {
        Some(horizon) => format!("OptionalLong[{horizon}]"),
        None => "OptionalLong.empty".to_owned(),
    };
    writeln!(
        out,
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {horizon} position: {position} \
         {}: {} size: {} magic: {} compresscodec: {} crc: {} isvalid: {}",
        batch.base_offset(),
        batch.last_offset(),
        batch.record_count(),
        batch.base_sequence(),
        batch.last_sequence(),
        batch.producer_id(),
        batch.producer_epoch(),
        batch.leader_epoch(),
        batch.is_transactional(),
        batch.is_control(),
        timestamp_type(batch),
        batch.max_timestamp(),
        batch.size_bytes(),
        batch.magic(),
        batch.compression().map_or("unknown", |codec| codec.name()),
        batch.crc(),
        batch.crc_is_valid(),
    )
}

fn timestamp_type(batch: &Batch<'_>) -> &'static str {
    match batch.timestamp_type() {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn print_record(
    out: &mut dyn Write,
    batch: &Batch<'_>,
    offset: i64,
    record: &Record<'_>,
    shown: Shown,
) -> Result<(), Stop> {
    if batch.is_control() && !shown.record_metadata {
        // Kafka leaves the place of the record empty, too.
        return Ok(writeln!(out)?);
    }
    let mut line = String::from("|");
    if shown.record_metadata {
        line.push_str(&metadata(batch, offset, record));
        if batch.is_control() {
            line.push_str(&control(record).map_err(Stop::Damage)?);
        }
    }
    if let Some(decoder) = shown.content.filter(|_| !batch.is_control()) {
        let (key, value) = decoder.show(offset, record).map_err(Stop::Damage)?;
        if let Some(key) = key {
            line.push_str(" key: ");
            line.push_str(&key);
        }
        if let Some(value) = value {
            line.push_str(" payload: ");
            line.push_str(&value);
        }
    }
    Ok(writeln!(out, "{line}")?)
}

fn metadata(batch: &Batch<'_>, offset: i64, record: &Record<'_>) -> String {
    let timestamp = match batch.timestamp_type() {
        TimestampType::LogAppendTime => batch.max_timestamp(),
        TimestampType::CreateTime if batch.base_timestamp() == NO_TIMESTAMP => NO_TIMESTAMP,
        TimestampType::CreateTime => batch.base_timestamp().saturating_add(record.timestamp_delta),
    };
    let sequence = match batch.base_sequence() {
        base @ 0.. => add_to_sequence(base, record.offset_delta),
        _ => -1,
    };
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    let headers: Vec<_> = record.headers.map(|header| String::from_utf8_lossy(header.key)).collect();
    format!(
        " offset: {offset} {}: {timestamp} keySize: {} valueSize: {} sequence: {sequence} headerKeys: [{}]",
        timestamp_type(batch),
        size(record.key),
        size(record.value),
        headers.join(",")
    )
}

/// What a control record says.
fn control(record: &Record<'_>) -> Result<String, String> {
    let control = ControlRecord::from_record(record).map_err(|error| error.to_string())?;
    let (name, message) = match control.record_type {
        ControlRecordType::Abort | ControlRecordType::Commit => {
            let marker = control.end_marker().map_err(|error| error.to_string())?;
            let name = if control.record_type == ControlRecordType::Abort { "ABORT" } else { "COMMIT" };
            return Ok(format!(" endTxnMarker: {name} coordinatorEpoch: {}", marker.coordinator_epoch));
        }
        ControlRecordType::LeaderChange => ("LeaderChange:", "LeaderChangeMessage"),
        ControlRecordType::SnapshotHeader => ("SnapshotHeader", "SnapshotHeaderRecord"),
        ControlRecordType::SnapshotFooter => ("SnapshotFooter", "SnapshotFooterRecord"),
        ControlRecordType::KRaftVersion => ("KRaftVersion", "KRaftVersionRecord"),
        ControlRecordType::KRaftVoters => ("KRaftVoters", "VotersRecord"),
        ControlRecordType::Unknown(id) => return Ok(format!(" controlType: UNKNOWN({id})")),
    };
    let version = control.body.first_chunk::<2>().map_or(0, |bytes| i16::from_be_bytes(*bytes));
    let data = schema::to_json(message, version, control.body, Tagged::Set)
        .map_err(|error| format!("a {message} cannot be read: {error}"))?;
    Ok(format!(" {name} {data}"))
}
