//! What is to be removed from the disk, and when: directories of deleted topics, files of deleted segments. They have
//! lost their names already (`-delete`, `.deleted`), so that a crash forgets nothing: the next start finds them.

use std::path::PathBuf;
use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use jackdaw_log::segment_name::{PartitionDirectoryName, PartitionDirectoryState};
use jackdaw_partition::Partition;
use jackdaw_store::DataDirectory;
use parking_lot::Mutex;

use super::Storage;

struct Doomed {
    due: MonotonicNs,
    directory: Arc<DataDirectory>,
    path: PathBuf,
    is_directory: bool,
}

/// What waits for its removal.
#[derive(Default)]
pub(super) struct Deletions {
    waiting: Mutex<Vec<Doomed>>,
}

impl Deletions {
    fn add(&self, doomed: Doomed) {
        self.waiting.lock().push(doomed);
    }

    /// Removes what is due.
    pub(super) fn run_due(&self, now: MonotonicNs) {
        let due: Vec<Doomed> = {
            let mut waiting = self.waiting.lock();
            let (due, later) =
                std::mem::take(&mut *waiting).into_iter().partition(|doomed| doomed.due <= now);
            *waiting = later;
            due
        };
        due.into_iter().for_each(remove);
    }

    /// At a clean stop nothing that readers have given up stays behind, except what users may still want back.
    pub(super) fn run_all(&self, storage: &Storage) {
        self.run_due(storage.clock.monotonic());
    }
}

fn remove(doomed: Doomed) {
    let Doomed { directory, path, is_directory, .. } = doomed;
    if !directory.is_online() {
        return;
    }
    let removed = match is_directory {
        true => directory.disk().remove_directory(&path),
        false => directory.disk().remove_file(&path),
    };
    match removed {
        Ok(()) => tracing::debug!(path = %path.display(), "removed"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => directory.on_error("remove deleted files", &error),
    }
}

impl Storage {
    /// The topic is gone: the partition's directory loses its name now and its files after `file.delete.delay.ms`.
    pub(super) fn doom_partition(&self, partition: &Partition) {
        let directory = &partition.placement().directory;
        let id = partition.id();
        let current = PartitionDirectoryName::current(&id.topic, id.index).to_string();
        let unique = u128::from_be_bytes(partition.placement().topic_id.0);
        let name =
            PartitionDirectoryName::with_state(&id.topic, id.index, PartitionDirectoryState::Delete, unique);
        let (from, to) = (directory.path().join(current), directory.path().join(name.to_string()));
        let renamed = directory.disk().exists(&from).and_then(|exists| match exists {
            true => directory.disk().rename(&from, &to).map(|()| true),
            false => Ok(false),
        });
        match renamed {
            Ok(true) => {
                directory.forget_files(&from);
                let due = self.clock.monotonic().plus_ms(partition.settings().file_delete_delay_ms);
                self.deletions.add(Doomed {
                    due,
                    directory: Arc::clone(directory),
                    path: to,
                    is_directory: true,
                });
            }
            Ok(false) => {}
            Err(error) => directory.on_error("rename a deleted partition", &error),
        }
    }

    /// Files of segments that retention took away.
    pub(super) fn doom_files(&self, partition: &Partition, files: Vec<PathBuf>) {
        let directory = &partition.placement().directory;
        let due = self.clock.monotonic().plus_ms(partition.settings().file_delete_delay_ms);
        for path in files {
            self.deletions.add(Doomed { due, directory: Arc::clone(directory), path, is_directory: false });
        }
    }

    /// Directories that the last run had no time to remove.
    pub(super) fn doom_leftovers(&self) {
        for directory in self.directories.iter().filter(|one| one.directory.is_online()) {
            let doomed = directory.doomed().unwrap_or_else(|error| {
                directory.directory.on_error("list deleted partitions", &error);
                Vec::new()
            });
            for path in doomed {
                let (due, directory) = (self.clock.monotonic(), Arc::clone(&directory.directory));
                self.deletions.add(Doomed { due, directory, path, is_directory: true });
            }
        }
    }
}
