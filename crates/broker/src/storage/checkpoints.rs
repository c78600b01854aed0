//! The checkpoints of a data directory: recovery points, log starts and high watermarks of its partitions, in files
//! that Kafka reads, too. A partition that cannot serve keeps the row it had: what a file says of it stays true.

use std::collections::BTreeMap;
use std::io;

use jackdaw_base::disk::replace_whole;
use jackdaw_base::{Offset, PartitionIndex};
use jackdaw_log::checkpoint_file::{
    LOG_START_OFFSET_CHECKPOINT_FILE, OffsetCheckpoint, RECOVERY_POINT_CHECKPOINT_FILE,
    REPLICATION_OFFSET_CHECKPOINT_FILE,
};
use jackdaw_partition::{Partition, PartitionId};
use parking_lot::Mutex;

use super::{OpenedDirectory, Storage};

/// Whether every partition of a directory could say how it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Completeness {
    /// Yes: the directory may be called clean.
    Whole,
    /// No: something in it has to be recovered at the next start.
    Partial,
}

/// One of the three files.
#[derive(Clone, Copy)]
struct Kind {
    file: &'static str,
    rows: fn(&OpenedDirectory) -> &Mutex<OffsetCheckpoint>,
    /// A partition's row, `None` if it needs none.
    row: fn(&Partition) -> io::Result<Option<Offset>>,
}

const RECOVERY_POINTS: Kind = Kind {
    file: RECOVERY_POINT_CHECKPOINT_FILE,
    rows: |directory| &directory.recovery_points,
    row: |partition| partition.checkpoint().map(Some),
};
const LOG_STARTS: Kind = Kind {
    file: LOG_START_OFFSET_CHECKPOINT_FILE,
    rows: |directory| &directory.log_starts,
    row: |partition| Ok(partition.log_start_to_checkpoint()),
};
const HIGH_WATERMARKS: Kind = Kind {
    file: REPLICATION_OFFSET_CHECKPOINT_FILE,
    rows: |directory| &directory.high_watermarks,
    row: |partition| Ok(Some(partition.watermarks().high_watermark)),
};

impl Storage {
    /// Writes the log starts of all directories, on the disk when it returns.
    pub fn write_log_starts(&self) -> io::Result<()> {
        self.write_all(LOG_STARTS)
    }

    /// Writes the high watermarks of all directories.
    pub fn write_high_watermarks(&self) -> io::Result<()> {
        self.write_all(HIGH_WATERMARKS)
    }

    /// Makes the next start cheap: indexes, epochs and producers of each log, then the recovery points.
    pub fn write_recovery_points(&self) -> io::Result<()> {
        self.write_all(RECOVERY_POINTS)
    }

    /// The last word of a clean stop.
    pub(super) fn write_checkpoints_of(&self, directory: &OpenedDirectory) -> io::Result<Completeness> {
        let _lock = self.checkpoint_lock.lock();
        // Log starts first: what a checkpoint of the log trims must not come back.
        self.write(directory, LOG_STARTS)?;
        let completeness = self.write(directory, RECOVERY_POINTS)?;
        self.write(directory, HIGH_WATERMARKS)?;
        Ok(completeness)
    }

    /// Topics are gone: a later topic of the same name must not be taken for one that has lost its records.
    pub(super) fn forget_rows(&self, gone: &[PartitionId]) {
        let _lock = self.checkpoint_lock.lock();
        for directory in self.online() {
            for kind in [RECOVERY_POINTS, LOG_STARTS, HIGH_WATERMARKS] {
                let mut rows = (kind.rows)(directory).lock();
                let before = rows.offsets.len();
                for id in gone {
                    rows.offsets.remove(&(id.topic.to_string(), id.index));
                }
                if rows.offsets.len() < before
                    && let Err(error) = replace(directory, kind, &rows)
                {
                    directory.directory.on_error("write a checkpoint", &error);
                }
            }
        }
    }

    /// Each directory for itself: one that fails keeps no other from its checkpoint. Returns the last error.
    fn write_all(&self, kind: Kind) -> io::Result<()> {
        let _lock = self.checkpoint_lock.lock();
        let mut result = Ok(());
        for directory in self.online() {
            if let Err(error) = self.write(directory, kind) {
                directory.directory.on_error("write a checkpoint", &error);
                result = Err(error);
            }
        }
        result
    }

    fn online(&self) -> impl Iterator<Item = &OpenedDirectory> {
        self.directories.iter().filter(|directory| directory.directory.is_online())
    }

    fn write(&self, directory: &OpenedDirectory, kind: Kind) -> io::Result<Completeness> {
        let (offsets, completeness) = self.rows(directory, kind);
        let rows = OffsetCheckpoint { offsets };
        if directory.directory.is_online() {
            replace(directory, kind, &rows)?;
            *(kind.rows)(directory).lock() = rows;
        }
        Ok(completeness)
    }

    /// A row for each partition with files in this directory that has one to write.
    fn rows(
        &self,
        directory: &OpenedDirectory,
        kind: Kind,
    ) -> (BTreeMap<(String, PartitionIndex), Offset>, Completeness) {
        let before = (kind.rows)(directory).lock().clone();
        let mut rows = BTreeMap::new();
        let mut completeness = Completeness::Whole;
        for partition in self.partitions.all() {
            if partition.placement().directory.id() != directory.directory.id() {
                continue;
            }
            let id = partition.id();
            let row = match partition.is_serving() {
                true if !partition.is_materialized() => continue,
                true => (kind.row)(&partition),
                false => Err(io::ErrorKind::Other.into()),
            };
            let row = row.unwrap_or_else(|_| {
                // The partition has reported what ails it.
                completeness = Completeness::Partial;
                before.get(&id.topic, id.index)
            });
            if let Some(offset) = row {
                rows.insert((id.topic.to_string(), id.index), offset);
            }
        }
        (rows, completeness)
    }
}

fn replace(directory: &OpenedDirectory, kind: Kind, rows: &OffsetCheckpoint) -> io::Result<()> {
    let directory = &directory.directory;
    replace_whole(&**directory.disk(), &directory.path().join(kind.file), rows.encode().as_bytes())
}
