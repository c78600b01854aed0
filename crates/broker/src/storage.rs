//! The data directories of this node and the partitions in them: opening, following the metadata, retention and
//! checkpoints in the background, the clean stop. What happens within one partition is `partition`'s business.
//!
//! ```text
//!  metadata ──(delta, image)──▶ publisher ──▶ partition table ◀── handlers
//!                                  │                ▲
//!                                  ▼                │
//!                           directories ◀── janitor: retention, checkpoints, deletions
//! ```

mod checkpoints;
mod deletion;
mod directories;
mod janitor;
mod load;
mod moves;
mod publisher;
mod reports;
mod settings;
mod strays;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use jackdaw_base::{Clock, NodeId};
use jackdaw_partition::PartitionTable;
use jackdaw_store::DataDirectory;
use parking_lot::Mutex;

pub use directories::{DirectoryError, OpenContext, OpenedDirectory, open_directories};
pub use janitor::Janitor;
pub use moves::{MoveContext, MoveError, OngoingMove};
pub use publisher::{PartitionPublisher, registration};
pub use reports::DirectoryReports;
pub use settings::{partition_settings, producer_rules};

use checkpoints::Completeness;
use directories::{Found, Purpose};

/// The storage of one node.
pub struct Storage {
    node_id: NodeId,
    clock: Arc<dyn Clock>,
    directories: Vec<OpenedDirectory>,
    partitions: Arc<PartitionTable>,
    /// Partition directories that were found at the start and are not yet claimed by the metadata, by name.
    found: Mutex<HashMap<String, Found>>,
    /// Whether partitions appear because the node starts, not because they are new.
    is_loading: AtomicBool,
    deletions: deletion::Deletions,
    checkpoint_lock: Mutex<()>,
    /// Counts up whenever a partition appears or moves to another directory.
    placements: AtomicU64,
    /// Held while a topic's entry in the table is replaced by a changed copy.
    table_lock: Mutex<()>,
    move_lock: Mutex<()>,
    moves: Mutex<Vec<OngoingMove>>,
    flushers: Mutex<Vec<JoinHandle<()>>>,
}

impl Storage {
    /// Storage over opened directories.
    pub fn new(
        node_id: NodeId,
        clock: Arc<dyn Clock>,
        directories: Vec<OpenedDirectory>,
        partitions: Arc<PartitionTable>,
    ) -> io::Result<Arc<Self>> {
        let mut found = HashMap::new();
        let online = directories.iter().enumerate().filter(|(_, one)| one.directory.is_online());
        for (index, directory) in online {
            // From here on files change: a crash is to be noticed.
            let listed = directory.unmark_clean().and_then(|()| directory.list_partitions(index, &mut found));
            if let Err(error) = listed {
                directory.directory.on_error("begin to use it", &error);
            }
        }
        Ok(Arc::new(Self {
            node_id,
            clock,
            directories,
            partitions,
            found: Mutex::new(found),
            is_loading: AtomicBool::new(true),
            deletions: deletion::Deletions::default(),
            checkpoint_lock: Mutex::new(()),
            placements: AtomicU64::new(0),
            table_lock: Mutex::new(()),
            move_lock: Mutex::new(()),
            moves: Mutex::default(),
            flushers: Mutex::default(),
        }))
    }

    /// The data directories.
    pub fn directories(&self) -> impl Iterator<Item = &Arc<DataDirectory>> {
        self.directories.iter().map(|directory| &directory.directory)
    }

    /// Those of them that are for partitions: `log.dirs`.
    pub fn log_directories(&self) -> impl Iterator<Item = &Arc<DataDirectory>> {
        let for_partitions = self.directories.iter().filter(|one| one.purpose == Purpose::Partitions);
        for_partitions.map(|one| &one.directory)
    }

    /// The data directories with what was found in them.
    pub fn opened(&self) -> &[OpenedDirectory] {
        &self.directories
    }

    /// The metadata is known: what it does not claim is set aside, and whatever it names from now on is new.
    pub fn begin_serving(&self) -> io::Result<()> {
        self.is_loading.store(false, Ordering::Release);
        self.set_unclaimed_aside();
        self.doom_leftovers();
        self.start_flushers()
    }

    fn is_loading(&self) -> bool {
        self.is_loading.load(Ordering::Acquire)
    }

    /// Another number whenever a partition has appeared or moved to another directory.
    fn placements_version(&self) -> u64 {
        self.placements.load(Ordering::Acquire)
    }

    fn on_placed(&self) {
        self.placements.fetch_add(1, Ordering::AcqRel);
    }

    /// The partitions of this node.
    pub fn partitions(&self) -> &Arc<PartitionTable> {
        &self.partitions
    }

    /// The broker epoch of the last clean stop, if all directories were stopped in order.
    pub fn last_clean_epoch(&self) -> Option<i64> {
        let mut epochs = self.directories.iter().map(|directory| directory.clean_epoch);
        let first = epochs.next()??;
        epochs.all(|epoch| epoch == Some(first)).then_some(first)
    }

    /// Why partitions cannot be served, by directory; empty if all is well.
    pub fn offline_reasons(&self) -> Vec<(String, String)> {
        self.directories()
            .filter_map(|directory| {
                directory.offline_reason().map(|reason| (directory.path().display().to_string(), reason))
            })
            .collect()
    }

    /// Starts the flusher of each directory.
    pub fn start_flushers(&self) -> io::Result<()> {
        let mut flushers = self.flushers.lock();
        for (index, directory) in self.directories().enumerate() {
            let directory = Arc::clone(directory);
            flushers.push(crate::threads::spawn_vital(&format!("flusher-{index}"), move || {
                directory.flusher().run();
            })?);
        }
        Ok(())
    }

    /// The clean stop: everything on the disk, as Kafka leaves it. `broker_epoch` goes into `.kafka_cleanshutdown`.
    pub fn close(&self, broker_epoch: Option<i64>) {
        self.directories().for_each(|directory| directory.flusher().stop());
        for flusher in self.flushers.lock().drain(..) {
            drop(flusher.join());
        }
        self.deletions.run_all(self);
        for partition in self.partitions.all() {
            if partition.is_serving() && partition.close().is_err() {
                tracing::error!(partition = %partition.id(), "not closed in order: it will be recovered at the next start");
            }
        }
        for directory in &self.directories {
            self.close_directory(directory, broker_epoch);
        }
    }

    fn close_directory(&self, directory: &OpenedDirectory, broker_epoch: Option<i64>) {
        if !directory.directory.is_online() {
            tracing::warn!(directory = %directory.directory.path().display(), "offline: it will be recovered at the next start");
            return;
        }
        let written = self.write_checkpoints_of(directory).and_then(|completeness| match completeness {
            Completeness::Whole => directory.mark_clean(broker_epoch),
            Completeness::Partial => Err(io::Error::other("a partition in it is offline")),
        });
        if let Err(error) = written {
            tracing::error!(directory = %directory.directory.path().display(), %error, "not stopped in order: it will be recovered at the next start");
        }
    }
}
