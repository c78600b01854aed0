//! The checkpoints of a data directory: recovery points, log starts and high watermarks of its partitions, in files
//! that Kafka reads, too.

use std::collections::BTreeMap;
use std::io;

use jackdaw_base::disk::replace_whole;
use jackdaw_base::{Offset, PartitionIndex};
use jackdaw_log::checkpoint_file::{
    LOG_START_OFFSET_CHECKPOINT_FILE, OffsetCheckpoint, RECOVERY_POINT_CHECKPOINT_FILE,
    REPLICATION_OFFSET_CHECKPOINT_FILE,
};
use jackdaw_partition::Partition;
use jackdaw_store::DataDirectory;

use super::{OpenedDirectory, Storage};

type Rows = BTreeMap<(String, PartitionIndex), Offset>;

impl Storage {
    /// Writes the log starts of all directories, on the disk when it returns.
    pub fn write_log_starts(&self) -> io::Result<()> {
        let _lock = self.checkpoint_lock.lock();
        self.online().try_for_each(|directory| {
            let rows = self.rows(directory, |partition| Ok(partition.log_start_to_checkpoint()))?;
            write(&directory.directory, LOG_START_OFFSET_CHECKPOINT_FILE, rows)
        })
    }

    /// Writes the high watermarks of all directories.
    pub fn write_high_watermarks(&self) -> io::Result<()> {
        let _lock = self.checkpoint_lock.lock();
        self.online().try_for_each(|directory| {
            let rows = self.rows(directory, |partition| Ok(Some(partition.watermarks().high_watermark)))?;
            write(&directory.directory, REPLICATION_OFFSET_CHECKPOINT_FILE, rows)
        })
    }

    /// Makes the next start cheap: indexes, epochs and producers of each log, then the recovery points.
    pub fn write_recovery_points(&self) -> io::Result<()> {
        let _lock = self.checkpoint_lock.lock();
        self.online().try_for_each(|directory| {
            let rows = self.rows(directory, |partition| partition.checkpoint().map(Some))?;
            write(&directory.directory, RECOVERY_POINT_CHECKPOINT_FILE, rows)
        })
    }

    pub(super) fn write_checkpoints_of(&self, directory: &OpenedDirectory) -> io::Result<()> {
        let _lock = self.checkpoint_lock.lock();
        let rows = self.rows(directory, |partition| partition.checkpoint().map(Some))?;
        write(&directory.directory, RECOVERY_POINT_CHECKPOINT_FILE, rows)?;
        let rows = self.rows(directory, |partition| Ok(partition.log_start_to_checkpoint()))?;
        write(&directory.directory, LOG_START_OFFSET_CHECKPOINT_FILE, rows)?;
        let rows = self.rows(directory, |partition| Ok(Some(partition.watermarks().high_watermark)))?;
        write(&directory.directory, REPLICATION_OFFSET_CHECKPOINT_FILE, rows)
    }

    fn online(&self) -> impl Iterator<Item = &OpenedDirectory> {
        self.directories.iter().filter(|directory| directory.directory.is_online())
    }

    /// A row for each partition with files in this directory that has one to write.
    fn rows(
        &self,
        directory: &OpenedDirectory,
        row: impl Fn(&Partition) -> io::Result<Option<Offset>>,
    ) -> io::Result<Rows> {
        let mut rows = Rows::new();
        for partition in self.partitions.all() {
            let is_here = partition.placement().directory.id() == directory.directory.id();
            if is_here && partition.is_serving() && partition.is_materialized() {
                let id = partition.id();
                if let Some(offset) = row(&partition)? {
                    rows.insert((id.topic.to_string(), id.index), offset);
                }
            }
        }
        Ok(rows)
    }
}

fn write(directory: &DataDirectory, name: &str, offsets: Rows) -> io::Result<()> {
    let text = OffsetCheckpoint { offsets }.encode();
    replace_whole(&**directory.disk(), &directory.path().join(name), text.as_bytes())
}
