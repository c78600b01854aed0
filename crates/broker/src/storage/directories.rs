//! Opening data directories: one process each, one cluster and node each. An empty directory is formatted by itself; one
//! that belongs to somebody else is refused.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jackdaw_base::disk::{DirectoryLock, Disk, create_directories, read_whole, replace_whole};
use jackdaw_base::{Clock, DirectoryId, Entropy, NodeId, PartitionIndex};
use jackdaw_log::checkpoint_file::{
    CHECKPOINT_FILE_BYTES_MAX, CLEAN_SHUTDOWN_FILE, CleanShutdown, LOG_START_OFFSET_CHECKPOINT_FILE,
    META_PROPERTIES_FILE, MetaProperties, MetaPropertiesError, OffsetCheckpoint,
    RECOVERY_POINT_CHECKPOINT_FILE, REPLICATION_OFFSET_CHECKPOINT_FILE,
};
use jackdaw_log::segment_name::{PartitionDirectoryName, PartitionDirectoryState};
use jackdaw_store::data_directory::SYNC_FAILED_MARK;
use jackdaw_store::{DataDirectory, FileCache};
use parking_lot::Mutex;

use crate::quorum::METADATA_DIRECTORY;

/// The lock file, the one that Kafka takes, too.
const LOCK_FILE: &str = ".lock";
/// `meta.properties` and the like are small.
const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The disk.
    #[error("{directory}: {error}")]
    Disk {
        /// Which directory.
        directory: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Another process has it.
    #[error(
        "{0} is in use by another process (it holds the lock file in it); stop that one, or name another directory in log.dirs"
    )]
    Locked(PathBuf),
    /// `meta.properties` cannot be read.
    #[error("{directory}/meta.properties: {error}")]
    Meta {
        /// Which directory.
        directory: PathBuf,
        /// What is wrong with it.
        error: MetaPropertiesError,
    },
    /// It belongs to another node.
    #[error(
        "{directory} belongs to node {found}, not to node {expected}: set node.id={found}, or name another directory in log.dirs"
    )]
    OtherNode {
        /// Which directory.
        directory: PathBuf,
        /// Whose it is.
        found: NodeId,
        /// Who we are.
        expected: NodeId,
    },
    /// It belongs to another cluster.
    #[error(
        "{directory} belongs to cluster {found}, the others to cluster {expected}: name only directories of one cluster in log.dirs"
    )]
    OtherCluster {
        /// Which directory.
        directory: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose the others are.
        expected: String,
    },
}

/// What a directory is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// One of `log.dirs`.
    Partitions,
    /// Only `metadata.log.dir`: no partition is put there.
    MetadataAlone,
}

/// A data directory that is open, and what was found in it.
pub struct OpenedDirectory {
    /// What it is for.
    pub purpose: Purpose,
    /// The `meta.properties` that a new directory still needs: written last, since it says that a directory is formatted.
    pub unwritten: Option<(PathBuf, Vec<u8>)>,
    /// The directory.
    pub directory: Arc<DataDirectory>,
    /// Whether it was stopped in order.
    pub was_clean: bool,
    /// The broker epoch of that stop.
    pub clean_epoch: Option<i64>,
    /// Up to where each log was known to be on the disk.
    pub(super) recovery_points: Mutex<OffsetCheckpoint>,
    /// First readable offsets.
    pub(super) log_starts: Mutex<OffsetCheckpoint>,
    /// High watermarks.
    pub(super) high_watermarks: Mutex<OffsetCheckpoint>,
    _lock: Option<Box<dyn DirectoryLock>>,
}

/// A partition's directory that was found at the start.
#[derive(Clone)]
pub(super) struct Found {
    /// Index into the opened directories.
    pub(super) directory: usize,
}

/// What opening needs.
pub struct OpenContext<'o> {
    /// This node.
    pub node_id: NodeId,
    /// The directory without which the node is of no use.
    pub metadata_directory: &'o Path,
    /// `log.dirs`: where partitions are put. The metadata log's directory may be none of them.
    pub log_directories: &'o [PathBuf],
    /// The file system.
    pub disk: Arc<dyn Disk>,
    /// Open files.
    pub files: Arc<FileCache>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for new ids.
    pub entropy: &'o dyn Entropy,
}

/// Opens all directories, offline those that the disk refuses; returns them with the id of their cluster. What new ones need is left to the caller.
pub fn open_directories(
    paths: &[PathBuf],
    cluster_id: Option<String>,
    context: &OpenContext<'_>,
) -> Result<(Vec<OpenedDirectory>, String), DirectoryError> {
    let held = paths.iter().map(|path| {
        let held = lock(path, context).and_then(|lock| Ok((lock, read_meta(path, context)?)));
        context.tolerated(path, held)
    });
    let held = held.collect::<Result<Vec<_>, _>>()?;
    let known = held.iter().flatten().find_map(|(_, meta)| meta.as_ref().map(|meta| meta.cluster_id.clone()));
    let cluster_id = known.or(cluster_id).unwrap_or_else(|| context.entropy.uuid().to_string());
    let mut opened = Vec::new();
    for (path, held) in paths.iter().zip(held) {
        let one = held.and_then(|(lock, meta)| {
            context.tolerated(path, open_one(path, lock, meta, &cluster_id, context)).transpose()
        });
        opened.push(one.unwrap_or_else(|| Ok(offline(path, context)))?);
    }
    Ok((opened, cluster_id))
}

impl OpenContext<'_> {
    fn purpose(&self, path: &Path) -> Purpose {
        match self.log_directories.iter().any(|one| one == path) {
            true => Purpose::Partitions,
            false => Purpose::MetadataAlone,
        }
    }

    fn data_directory(&self, path: &Path, id: DirectoryId) -> Arc<DataDirectory> {
        let (disk, files, clock) = (Arc::clone(&self.disk), Arc::clone(&self.files), Arc::clone(&self.clock));
        Arc::new(DataDirectory::new(path, id, disk, files, clock))
    }

    /// A disk that fails costs its directory, unless the metadata is in it: `None`. Any other error is for the user to
    /// put right.
    fn tolerated<T>(
        &self,
        path: &Path,
        result: Result<T, DirectoryError>,
    ) -> Result<Option<T>, DirectoryError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(DirectoryError::Disk { error, .. }) if path != self.metadata_directory => {
                tracing::error!(directory = %path.display(), %error, "the log directory cannot be used");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// A directory that cannot be used: its partitions are offline, the others serve.
fn offline(path: &Path, context: &OpenContext<'_>) -> OpenedDirectory {
    let directory = context.data_directory(path, DirectoryId::ZERO);
    directory.start_offline("it could not be opened at the start");
    OpenedDirectory {
        unwritten: None,
        was_clean: false,
        clean_epoch: None,
        recovery_points: Mutex::default(),
        log_starts: Mutex::default(),
        high_watermarks: Mutex::default(),
        purpose: context.purpose(path),
        directory,
        _lock: None,
    }
}

fn on_disk<T>(path: &Path, result: io::Result<T>) -> Result<T, DirectoryError> {
    result.map_err(|error| DirectoryError::Disk { directory: path.to_path_buf(), error })
}

fn lock(path: &Path, context: &OpenContext<'_>) -> Result<Box<dyn DirectoryLock>, DirectoryError> {
    on_disk(path, create_directories(&*context.disk, path))?;
    context.disk.lock(&path.join(LOCK_FILE)).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => DirectoryError::Locked(path.to_path_buf()),
        _ => DirectoryError::Disk { directory: path.to_path_buf(), error },
    })
}

fn read_small(path: &Path, name: &str, disk: &dyn Disk, size_bytes_max: u64) -> io::Result<Option<String>> {
    let file = path.join(name);
    if !disk.exists(&file)? {
        return Ok(None);
    }
    let bytes = read_whole(disk, &file, size_bytes_max)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn read_meta(path: &Path, context: &OpenContext<'_>) -> Result<Option<MetaProperties>, DirectoryError> {
    let text = on_disk(path, read_small(path, META_PROPERTIES_FILE, &*context.disk, SMALL_FILE_BYTES_MAX))?;
    let Some(text) = text else { return Ok(None) };
    let meta = MetaProperties::decode(&text)
        .map_err(|error| DirectoryError::Meta { directory: path.to_path_buf(), error })?;
    if meta.node_id != context.node_id {
        let (found, expected) = (meta.node_id, context.node_id);
        return Err(DirectoryError::OtherNode { directory: path.to_path_buf(), found, expected });
    }
    Ok(Some(meta))
}

fn open_one(
    path: &Path,
    lock: Box<dyn DirectoryLock>,
    meta: Option<MetaProperties>,
    cluster_id: &str,
    context: &OpenContext<'_>,
) -> Result<OpenedDirectory, DirectoryError> {
    let is_complete = meta.as_ref().is_some_and(|meta| meta.directory_id.is_some());
    let meta = meta.unwrap_or_else(|| MetaProperties {
        cluster_id: cluster_id.to_owned(),
        node_id: context.node_id,
        directory_id: None,
        unknown: Vec::new(),
    });
    if meta.cluster_id != cluster_id {
        let (found, expected) = (meta.cluster_id, cluster_id.to_owned());
        return Err(DirectoryError::OtherCluster { directory: path.to_path_buf(), found, expected });
    }
    let id = meta.directory_id.unwrap_or_else(|| context.entropy.uuid());
    let text = (!is_complete).then(|| MetaProperties { directory_id: Some(id), ..meta }.encode());
    on_disk(path, drop_untrusted_pages(path, context))?;
    let clean = on_disk(path, read_small(path, CLEAN_SHUTDOWN_FILE, &*context.disk, SMALL_FILE_BYTES_MAX))?;
    let checkpoint = |name| on_disk(path, read_checkpoint(path, name, &*context.disk)).map(Mutex::new);
    let opened = OpenedDirectory {
        unwritten: text.map(|text| (path.join(META_PROPERTIES_FILE), text.into_bytes())),
        was_clean: clean.is_some(),
        clean_epoch: clean.and_then(|text| CleanShutdown::decode(&text).broker_epoch),
        recovery_points: checkpoint(RECOVERY_POINT_CHECKPOINT_FILE)?,
        log_starts: checkpoint(LOG_START_OFFSET_CHECKPOINT_FILE)?,
        high_watermarks: checkpoint(REPLICATION_OFFSET_CHECKPOINT_FILE)?,
        purpose: context.purpose(path),
        directory: context.data_directory(path, id),
        _lock: Some(lock),
    };
    Ok(opened)
}

/// A damaged checkpoint costs time, never data: without it everything is recovered from its start.
fn read_checkpoint(path: &Path, name: &str, disk: &dyn Disk) -> io::Result<OffsetCheckpoint> {
    let Some(text) = read_small(path, name, disk, CHECKPOINT_FILE_BYTES_MAX)? else {
        return Ok(OffsetCheckpoint::default());
    };
    Ok(OffsetCheckpoint::decode(&text).unwrap_or_else(|error| {
        tracing::warn!(file = %path.join(name).display(), %error, "a damaged checkpoint is left out");
        OffsetCheckpoint::default()
    }))
}

/// After a failed sync the kernel's pages may say what the disk does not hold.
fn drop_untrusted_pages(path: &Path, context: &OpenContext<'_>) -> io::Result<()> {
    let mark = path.join(SYNC_FAILED_MARK);
    if !context.disk.exists(&mark)? {
        return Ok(());
    }
    tracing::warn!(directory = %path.display(), "a sync failed in the last run: cached pages are dropped before anything is read");
    for entry in context.disk.read_directory(path)? {
        if !entry.is_directory {
            continue;
        }
        let directory = path.join(&entry.name);
        for file in context.disk.read_directory(&directory)? {
            if !file.is_directory {
                let file = directory.join(&file.name);
                context.disk.open(&file, jackdaw_base::disk::OpenMode::Existing)?.drop_cache()?;
            }
        }
    }
    context.disk.remove_file(&mark)
}

impl OpenedDirectory {
    /// Adds the partition directories in it, the `directory`-th of all, to `found`.
    pub(super) fn list_partitions(
        &self,
        directory: usize,
        found: &mut HashMap<String, Found>,
    ) -> io::Result<()> {
        for entry in self.directory.disk().read_directory(self.directory.path())? {
            if !entry.is_directory || entry.name == METADATA_DIRECTORY {
                continue;
            }
            let Some(name) = PartitionDirectoryName::parse(&entry.name) else { continue };
            if name.state != PartitionDirectoryState::Current {
                continue;
            }
            match found.entry(entry.name) {
                // A move to another directory was cut short after its copy was whole: both are the same.
                Entry::Occupied(_) => {
                    self.set_aside(&name, "another data directory has this partition, too")?
                }
                Entry::Vacant(place) => drop(place.insert(Found { directory })),
            }
        }
        Ok(())
    }

    /// Names of directories that wait for their deletion since before the start.
    pub(super) fn doomed(&self) -> io::Result<Vec<PathBuf>> {
        let entries = self.directory.disk().read_directory(self.directory.path())?.into_iter();
        Ok(entries
            .filter(|entry| entry.is_directory)
            .filter(|entry| {
                PartitionDirectoryName::parse(&entry.name).is_some_and(|name| {
                    matches!(name.state, PartitionDirectoryState::Delete | PartitionDirectoryState::Future)
                })
            })
            .map(|entry| self.directory.path().join(entry.name))
            .collect())
    }

    /// The recovery point of a partition, if the last stop was not in order.
    pub(super) fn recovery_point(&self, topic: &str, index: PartitionIndex) -> jackdaw_base::Offset {
        self.recovery_points.lock().get(topic, index).unwrap_or(jackdaw_base::Offset::ZERO)
    }

    /// From now on the directory is in use: a crash is to be noticed.
    pub fn unmark_clean(&self) -> io::Result<()> {
        let path = self.directory.path().join(CLEAN_SHUTDOWN_FILE);
        if self.directory.disk().exists(&path)? {
            self.directory.disk().remove_file(&path)?;
            self.directory.disk().sync_directory(self.directory.path())?;
        }
        Ok(())
    }

    /// The last thing in a clean stop.
    pub(super) fn mark_clean(&self, broker_epoch: Option<i64>) -> io::Result<()> {
        let text = CleanShutdown { broker_epoch }.encode();
        replace_whole(
            &**self.directory.disk(),
            &self.directory.path().join(CLEAN_SHUTDOWN_FILE),
            text.as_bytes(),
        )
    }
}
