//! Directories that no topic of the metadata claims: they get the name that Kafka, too, gives to what it should not
//! have, and are left to the user.

use std::io;

use jackdaw_log::segment_name::{PartitionDirectoryName, PartitionDirectoryState};

use super::directories::Found;
use super::{OpenedDirectory, Storage};

impl OpenedDirectory {
    /// Renames the partition's directory so that it is in nobody's way. An earlier one of this name keeps its own.
    pub(super) fn set_aside(&self, name: &PartitionDirectoryName, why: &str) -> io::Result<()> {
        let disk = self.directory.disk();
        let from = self.directory.path().join(name.to_string());
        let mut unique = 0;
        let to = loop {
            let stray = PartitionDirectoryName::with_state(
                &name.topic,
                name.partition,
                PartitionDirectoryState::Stray,
                unique,
            );
            let to = self.directory.path().join(stray.to_string());
            if !disk.exists(&to)? {
                break to;
            }
            unique += 1;
        };
        tracing::warn!(directory = %from.display(), renamed = %to.display(), why, "set aside");
        disk.rename(&from, &to)?;
        self.directory.forget_files(&from);
        Ok(())
    }
}

impl Storage {
    /// Sets aside what the metadata has not claimed.
    pub(super) fn set_unclaimed_aside(&self) {
        let unclaimed: Vec<(String, Found)> = self.found.lock().drain().collect();
        for (name, Found { directory }) in unclaimed {
            let Some(parsed) = PartitionDirectoryName::parse(&name) else { continue };
            let directory = &self.directories[directory];
            if let Err(error) = directory.set_aside(&parsed, "no topic of this cluster claims it") {
                directory.directory.on_error("set a stray directory aside", &error);
            }
        }
    }
}
