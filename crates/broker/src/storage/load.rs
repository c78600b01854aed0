//! Opening the partitions that the metadata gives this node: from their directories if they have any, in parallel at
//! the start. A partition that cannot be opened stays offline; the others serve.

use std::sync::Arc;

use jackdaw_base::disk::read_whole;
use jackdaw_base::{Offset, PartitionIndex, TopicId};
use jackdaw_log::checkpoint_file::{PARTITION_METADATA_FILE, PartitionMetadata};
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::segment_name::PartitionDirectoryName;
use jackdaw_partition::{Partition, PartitionId, PartitionSettings, Placement};
use jackdaw_store::recovery::{self, LastStop, OpenFailure, Opening, SyncKept};
use jackdaw_store::{PartitionLog, Place};

use super::directories::{Found, Purpose};
use super::{OpenedDirectory, Storage};

/// `partition.metadata` is two short lines.
const PARTITION_METADATA_BYTES_MAX: u64 = 4096;

/// A partition that is to be opened.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) topic: Arc<str>,
    pub(super) topic_id: TopicId,
    pub(super) index: PartitionIndex,
    pub(super) settings: Arc<PartitionSettings>,
    pub(super) producers: ProducerRules,
    /// Where the metadata says that it is.
    pub(super) directory: Option<jackdaw_base::DirectoryId>,
}

/// What is known of a partition's past when its directory is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Checkpoints may know more.
    Unknown,
    /// It had none: what was there belonged to another topic.
    Nothing,
}

impl Storage {
    /// Opens all of `wanted`, several at a time if recovery may take long.
    pub(super) fn open_all(&self, wanted: &[Wanted], threads: usize) -> Vec<Arc<Partition>> {
        let with_files = {
            let found = self.found.lock();
            wanted.iter().filter(|one| found.contains_key(&one.directory_name())).count()
        };
        let threads = threads.min(with_files).max(1);
        if threads == 1 {
            return wanted.iter().map(|one| self.open_one(one)).collect();
        }
        let chunk = wanted.len().div_ceil(threads);
        std::thread::scope(|scope| {
            let handles: Vec<_> = wanted
                .chunks(chunk)
                .map(|chunk| {
                    scope.spawn(move || chunk.iter().map(|one| self.open_one(one)).collect::<Vec<_>>())
                })
                .collect();
            handles
                .into_iter()
                .flat_map(|handle| handle.join().expect("opening a log does not panic"))
                .collect()
        })
    }

    fn open_one(&self, wanted: &Wanted) -> Arc<Partition> {
        let name = wanted.directory_name();
        let found = self.found.lock().remove(&name);
        match found {
            Some(Found { directory }) => self.open_found(wanted, &self.directories[directory], &name),
            None => self.open_new(wanted, &name, Before::Unknown),
        }
    }

    /// A partition without a directory is empty, unless something says that it held records.
    fn open_new(&self, wanted: &Wanted, name: &str, before: Before) -> Arc<Partition> {
        let lost = match before {
            Before::Unknown if self.is_loading() => self.where_it_was(wanted),
            Before::Unknown | Before::Nothing => None,
        };
        let (directory, why) = match lost {
            None => return self.empty_in(wanted, self.choose_directory(wanted), name),
            Some(lost) => lost,
        };
        tracing::error!(partition = name, directory = %directory.directory.path().display(), "{why}");
        let log = self.empty_log(wanted, directory.directory.place(name));
        Partition::failed(
            wanted.id(),
            wanted.placement(directory),
            Arc::clone(&wanted.settings),
            self.node_id,
            log,
        )
    }

    /// A partition without records.
    fn empty_in(&self, wanted: &Wanted, directory: &OpenedDirectory, name: &str) -> Arc<Partition> {
        let log = self.empty_log(wanted, directory.directory.place(name));
        let (id, placement) = (wanted.id(), wanted.placement(directory));
        Partition::new(id, placement, Arc::clone(&wanted.settings), self.node_id, log, Offset::ZERO)
    }

    /// Where a partition is missed: a checkpoint speaks of its records, or it may be in a directory that cannot be read.
    fn where_it_was(&self, wanted: &Wanted) -> Option<(&OpenedDirectory, &'static str)> {
        let named = |one: &&OpenedDirectory| one.recovery_point(&wanted.topic, wanted.index) > Offset::ZERO;
        if let Some(directory) = self.directories.iter().find(named) {
            return Some((
                directory,
                "its directory is gone, but it held records: the partition is offline; put the directory back, or delete the topic",
            ));
        }
        let is_elsewhere = self
            .directories
            .iter()
            .any(|one| Some(one.directory.id()) == wanted.directory && one.directory.is_online());
        let unreadable = self.directories.iter().find(|one| !one.directory.is_online())?;
        (!is_elsewhere).then_some((
            unreadable,
            "it may be in a log directory that cannot be used: the partition is offline until that is mended and the node restarted",
        ))
    }

    fn empty_log(&self, wanted: &Wanted, place: Place) -> PartitionLog {
        PartitionLog::empty(
            place,
            wanted.topic_id,
            wanted.settings.segment,
            ProducerState::new(wanted.producers),
        )
    }

    /// The directory that the metadata names, else the online one with the fewest partitions.
    fn choose_directory(&self, wanted: &Wanted) -> &OpenedDirectory {
        let named =
            wanted.directory.and_then(|id| self.directories.iter().find(|one| one.directory.id() == id));
        named.unwrap_or_else(|| {
            let count = |one: &OpenedDirectory| Arc::strong_count(&one.directory);
            let online = self.directories.iter().filter(|one| one.directory.is_online());
            let online = online.filter(|one| one.purpose == Purpose::Partitions);
            online.min_by_key(|one| count(one)).unwrap_or(&self.directories[0])
        })
    }

    fn open_found(&self, wanted: &Wanted, directory: &OpenedDirectory, name: &str) -> Arc<Partition> {
        let place = directory.directory.place(name);
        match self.topic_id_of(&place) {
            Ok(Some(id)) if id == wanted.topic_id => {}
            // The crash, or the full disk, came when its directory was being made.
            Ok(None) if holds_nothing(&place) => return self.empty_in(wanted, directory, name),
            Ok(_) => {
                let current = PartitionDirectoryName::current(&wanted.topic, wanted.index);
                return match directory.set_aside(&current, "it belongs to another topic of this name") {
                    Ok(()) => self.open_new(wanted, name, Before::Nothing),
                    Err(error) => self.offline(wanted, directory, place, &OpenFailure::Disk(error)),
                };
            }
            Err(error) => return self.offline(wanted, directory, place, &OpenFailure::Disk(error)),
        }
        let opening = Opening {
            topic_id: wanted.topic_id,
            last_stop: match directory.was_clean {
                true => LastStop::Clean,
                false => LastStop::Unclean {
                    recovery_point: directory.recovery_point(&wanted.topic, wanted.index),
                },
            },
            log_start: directory.log_starts.lock().get(&wanted.topic, wanted.index),
            rules: wanted.settings.segment,
            producers: wanted.producers,
            now: self.clock.wall(),
            sync: if wanted.settings.is_synced() { SyncKept::Yes } else { SyncKept::No },
        };
        match recovery::open(place.clone(), &opening) {
            Ok((log, report)) => {
                if report.cut_bytes > 0 {
                    tracing::info!(partition = name, report.scanned_bytes, report.cut_bytes, "recovered");
                }
                let high_watermark =
                    directory.high_watermarks.lock().get(&wanted.topic, wanted.index).unwrap_or(Offset::ZERO);
                let high_watermark = high_watermark.min(log.log_end());
                let (id, placement) = (wanted.id(), wanted.placement(directory));
                let settings = Arc::clone(&wanted.settings);
                let partition = Partition::new(id, placement, settings, self.node_id, log, high_watermark);
                partition.flush_recovered();
                partition
            }
            Err(failure) => self.offline(wanted, directory, place, &failure),
        }
    }

    fn offline(
        &self,
        wanted: &Wanted,
        directory: &OpenedDirectory,
        place: Place,
        failure: &OpenFailure,
    ) -> Arc<Partition> {
        tracing::error!(partition = %wanted.id(), %failure, "the partition is offline");
        if let OpenFailure::Disk(error) = failure
            && error.kind() != std::io::ErrorKind::InvalidData
        {
            directory.directory.on_error("open a partition", error);
        }
        let log = self.empty_log(wanted, place);
        Partition::failed(
            wanted.id(),
            wanted.placement(directory),
            Arc::clone(&wanted.settings),
            self.node_id,
            log,
        )
    }

    fn topic_id_of(&self, place: &Place) -> std::io::Result<Option<TopicId>> {
        let path = place.named(PARTITION_METADATA_FILE);
        if !place.disk().exists(&path)? {
            return Ok(None);
        }
        let bytes = read_whole(place.disk(), &path, PARTITION_METADATA_BYTES_MAX)?;
        Ok(PartitionMetadata::decode(&String::from_utf8_lossy(&bytes)).ok().map(|metadata| metadata.topic_id))
    }
}

/// Whether a directory has no byte of a log in it.
fn holds_nothing(place: &Place) -> bool {
    place.disk().read_directory(place.directory()).is_ok_and(|entries| {
        entries
            .iter()
            .all(|entry| !entry.is_directory && (entry.size_bytes == 0 || !entry.name.ends_with(".log")))
    })
}

impl Wanted {
    fn directory_name(&self) -> String {
        format!("{}-{}", self.topic, self.index)
    }

    fn id(&self) -> PartitionId {
        PartitionId { topic: Arc::clone(&self.topic), index: self.index }
    }

    fn placement(&self, directory: &OpenedDirectory) -> Placement {
        Placement { directory: Arc::clone(&directory.directory), topic_id: self.topic_id }
    }
}
