//! Moving a partition from one data directory to another (KIP-113), while it is read and, but for a moment, written.
//!
//! ```text
//!  t-0 (serving) ── copy full segments ──▶ t-0.<id>-future
//!       │ appends refused for a moment (NOT_LEADER_OR_FOLLOWER, clients retry), closed
//!       └────────── copy the rest, sync ──▶ t-0 ── opened, takes the old one's place ── t-0.<id>-delete
//! ```
//!
//! A crash on the way leaves a `-future` directory, which the next start removes, or the same content under the
//! partition's name in both directories, of which the next start takes one.

use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

use jackdaw_base::DirectoryId;
use jackdaw_base::disk::{Disk, OpenMode};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_log::segment_name::{PartitionDirectoryName, PartitionDirectoryState};
use jackdaw_partition::Partition;
use jackdaw_replica::PartitionRegistration;
use jackdaw_store::DataDirectory;
use jackdaw_store::recovery::{self, LastStop, OpenFailure, Opening, SyncKept};

use super::Storage;

/// How much is copied at once.
const COPY_BYTES: usize = 1 << 20;

/// Why a partition was not moved. It goes on serving where it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The disk.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// The copy cannot be opened.
    #[error("the copy cannot be opened: {0}")]
    Open(#[from] OpenFailure),
    /// The partition is offline or deleted.
    #[error("the partition does not serve")]
    NotServing,
}

/// A move that is under way, for DescribeLogDirs.
#[derive(Clone)]
pub struct OngoingMove {
    /// What is moved.
    pub partition: Arc<Partition>,
    /// Where to.
    pub target: DirectoryId,
    /// Bytes that are there already.
    pub copied_bytes: u64,
}

/// What the moved partition is opened with.
pub struct MoveContext {
    /// Who leads it.
    pub registration: PartitionRegistration,
    /// How long producers are remembered.
    pub producers: ProducerRules,
}

impl Storage {
    /// Moves that are under way.
    pub fn ongoing_moves(&self) -> Vec<OngoingMove> {
        self.moves.lock().clone()
    }

    /// Moves a partition and returns it as it serves from then on. One move at a time; it may take long.
    pub fn move_partition(
        &self,
        partition: &Arc<Partition>,
        target: &Arc<DataDirectory>,
        context: MoveContext,
    ) -> Result<Arc<Partition>, MoveError> {
        let _one_at_a_time = self.move_lock.lock();
        if !partition.is_serving() {
            return Err(MoveError::NotServing);
        }
        self.moves.lock().push(OngoingMove {
            partition: Arc::clone(partition),
            target: target.id(),
            copied_bytes: 0,
        });
        let moved = self.copy_and_swap(partition, target, context);
        self.moves.lock().retain(|one| !Arc::ptr_eq(&one.partition, partition));
        if moved.is_err() {
            partition.set_moving(false);
        }
        moved
    }

    fn copy_and_swap(
        &self,
        partition: &Arc<Partition>,
        target: &Arc<DataDirectory>,
        context: MoveContext,
    ) -> Result<Arc<Partition>, MoveError> {
        let id = partition.id();
        let source = &partition.placement().directory;
        let current = PartitionDirectoryName::current(&id.topic, id.index).to_string();
        let unique = u128::from_be_bytes(partition.placement().topic_id.0);
        let future =
            PartitionDirectoryName::with_state(&id.topic, id.index, PartitionDirectoryState::Future, unique);
        let (from, future, to) = (
            source.path().join(&current),
            target.path().join(future.to_string()),
            target.path().join(&current),
        );
        let has_files = partition.is_materialized();
        if has_files {
            target.disk().create_directory(&future)?;
            self.copy_all(partition, &**target.disk(), &from, &future)?;
        }
        partition.set_moving(true);
        if has_files || partition.is_materialized() {
            partition.close()?;
            target.disk().create_directory(&future)?;
            self.copy_all(partition, &**target.disk(), &from, &future)?;
            target.disk().sync_directory(&future)?;
            target.disk().rename(&future, &to)?;
            target.disk().sync_directory(target.path())?;
        }
        let moved = self.open_moved(partition, target, &current, context)?;
        self.put_in_place(partition, &moved);
        partition.mark_moved();
        self.doom_partition(partition);
        source.disk().sync_directory(source.path())?;
        Ok(moved)
    }

    /// Copies what the target does not have yet. Full segments never change; the active one and the small files are
    /// copied anew.
    fn copy_all(
        &self,
        partition: &Arc<Partition>,
        disk: &dyn Disk,
        from: &Path,
        to: &Path,
    ) -> io::Result<()> {
        let there = disk.read_directory(to)?;
        let here = disk.read_directory(from)?;
        let newest =
            here.iter().filter(|entry| entry.name.ends_with(".log")).map(|entry| entry.name.clone()).max();
        for entry in here.iter().filter(|entry| !entry.is_directory) {
            let is_same =
                there.iter().any(|other| other.name == entry.name && other.size_bytes == entry.size_bytes);
            let is_full_segment = entry.name.ends_with(".log") && Some(&entry.name) != newest.as_ref();
            if is_same && is_full_segment {
                continue;
            }
            copy_file(disk, &from.join(&entry.name), &to.join(&entry.name), |bytes| {
                let mut moves = self.moves.lock();
                if let Some(one) = moves.iter_mut().find(|one| Arc::ptr_eq(&one.partition, partition)) {
                    one.copied_bytes += bytes;
                }
            })?;
        }
        // What retention took away meanwhile must not come back.
        for entry in there.iter().filter(|entry| !here.iter().any(|other| other.name == entry.name)) {
            disk.remove_file(&to.join(&entry.name))?;
        }
        Ok(())
    }

    fn open_moved(
        &self,
        partition: &Arc<Partition>,
        target: &Arc<DataDirectory>,
        name: &str,
        context: MoveContext,
    ) -> Result<Arc<Partition>, MoveError> {
        let settings = partition.settings();
        let watermarks = partition.watermarks();
        let placement = jackdaw_partition::Placement {
            directory: Arc::clone(target),
            topic_id: partition.placement().topic_id,
        };
        let opening = Opening {
            topic_id: placement.topic_id,
            last_stop: LastStop::Clean,
            log_start: Some(watermarks.log_start),
            rules: settings.segment,
            producers: context.producers,
            now: self.clock.wall(),
            sync: if settings.is_synced() { SyncKept::Yes } else { SyncKept::No },
        };
        let (log, _) = recovery::open(target.place(name), &opening)?;
        let id = partition.id().clone();
        let moved = Partition::new(id, placement, settings, self.node_id, log, watermarks.high_watermark);
        moved.on_registration(&context.registration, self.clock.monotonic());
        Ok(moved)
    }

    /// From now on the table names the moved partition.
    fn put_in_place(&self, old: &Arc<Partition>, moved: &Arc<Partition>) {
        let _table = self.table_lock.lock();
        let Some(topic) = self.partitions.by_id(old.placement().topic_id) else { return };
        let mut topic = jackdaw_partition::TopicPartitions::clone(&topic);
        for place in topic.partitions.iter_mut().flatten() {
            if Arc::ptr_eq(place, old) {
                *place = Arc::clone(moved);
            }
        }
        self.partitions.insert(topic);
        self.on_placed();
    }
}

/// Copies a file, synced.
fn copy_file(disk: &dyn Disk, from: &Path, to: &Path, mut copied: impl FnMut(u64)) -> io::Result<()> {
    let source = disk.open(from, OpenMode::Existing)?;
    let target = disk.open(to, OpenMode::CreateOrOpen)?;
    target.set_size(0)?;
    let mut buffer = vec![0; COPY_BYTES];
    let mut position = 0;
    loop {
        let read = source.read_at(&mut buffer, position)?;
        if read == 0 {
            return target.sync();
        }
        target.write_at(&[IoSlice::new(&buffer[..read])], position)?;
        position += read as u64;
        copied(read as u64);
    }
}
