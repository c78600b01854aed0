//! Opening the partitions that the metadata gives this node: from their directories if they have any, in parallel at
//! the start. A partition that cannot be opened stays offline; the others serve.

use std::sync::Arc;

use jackdaw_base::disk::read_whole;
use jackdaw_base::{Offset, PartitionIndex, TopicId};
use jackdaw_log::checkpoint_file::{PARTITION_METADATA_FILE, PartitionMetadata};
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::segment_name::{PartitionDirectoryName, PartitionDirectoryState};
use jackdaw_partition::{Partition, PartitionId, PartitionSettings, Placement};
use jackdaw_store::recovery::{self, LastStop, OpenFailure, Opening, SyncKept};
use jackdaw_store::{PartitionLog, Place};

use super::directories::Found;
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
            None => self.open_new(wanted, &name),
        }
    }

    /// A partition without a directory is empty, unless a checkpoint knows of records in it.
    fn open_new(&self, wanted: &Wanted, name: &str) -> Arc<Partition> {
        let lost = self
            .directories
            .iter()
            .find(|directory| directory.recovery_point(&wanted.topic, wanted.index) > Offset::ZERO);
        let directory = lost.unwrap_or_else(|| self.choose_directory(wanted));
        let log = self.empty_log(wanted, directory.directory.place(name));
        if lost.is_some() {
            tracing::error!(partition = name, directory = %directory.directory.path().display(),
                "its directory is gone, but it held records: the partition is offline; put the directory back, or delete the topic");
            return Partition::failed(
                wanted.id(),
                wanted.placement(directory),
                Arc::clone(&wanted.settings),
                self.node_id,
                log,
            );
        }
        Partition::new(
            wanted.id(),
            wanted.placement(directory),
            Arc::clone(&wanted.settings),
            self.node_id,
            log,
            Offset::ZERO,
        )
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
            online.min_by_key(|one| count(one)).unwrap_or(&self.directories[0])
        })
    }

    fn open_found(&self, wanted: &Wanted, directory: &OpenedDirectory, name: &str) -> Arc<Partition> {
        let place = directory.directory.place(name);
        match self.topic_id_of(&place) {
            Ok(Some(id)) if id == wanted.topic_id => {}
            Ok(_) => {
                self.set_aside(directory, wanted, &place);
                return self.open_new(wanted, name);
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
            log_start: directory.log_starts.get(&wanted.topic, wanted.index),
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
                    directory.high_watermarks.get(&wanted.topic, wanted.index).unwrap_or(Offset::ZERO);
                let end = log.log_end();
                Partition::new(
                    wanted.id(),
                    wanted.placement(directory),
                    Arc::clone(&wanted.settings),
                    self.node_id,
                    log,
                    high_watermark.min(end),
                )
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

    /// A directory of another topic with this name gets the name that Kafka, too, gives to what it should not have.
    fn set_aside(&self, directory: &OpenedDirectory, wanted: &Wanted, place: &Place) {
        let unique = u128::from_be_bytes(wanted.topic_id.0);
        let stray = PartitionDirectoryName::with_state(
            &wanted.topic,
            wanted.index,
            PartitionDirectoryState::Stray,
            unique,
        );
        let target = directory.directory.path().join(stray.to_string());
        tracing::warn!(directory = %place.directory().display(), renamed = %target.display(),
            "it belongs to no topic of this cluster and is set aside");
        if let Err(error) = place.disk().rename(place.directory(), &target) {
            directory.directory.on_error("set a stray directory aside", &error);
        }
    }

    /// Directories that no topic of the metadata has claimed: they are set aside, as Kafka does.
    pub(super) fn set_unclaimed_aside(&self) {
        let unclaimed: Vec<(String, Found)> = self.found.lock().drain().collect();
        for (name, Found { directory }) in unclaimed {
            let Some(parsed) = PartitionDirectoryName::parse(&name) else { continue };
            let wanted_unique = parsed.partition.0 as u128;
            let stray = PartitionDirectoryName::with_state(
                &parsed.topic,
                parsed.partition,
                PartitionDirectoryState::Stray,
                wanted_unique,
            );
            let directory = &self.directories[directory].directory;
            let (from, to) = (directory.path().join(&name), directory.path().join(stray.to_string()));
            tracing::warn!(directory = %from.display(), renamed = %to.display(), "no topic of this cluster claims it: it is set aside");
            if let Err(error) = directory.disk().rename(&from, &to) {
                directory.on_error("set a stray directory aside", &error);
            }
        }
    }
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
