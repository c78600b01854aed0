//! What every [`Disk`] must do, as cases that run against any of them: the simulated one is only worth something if it
//! and the operating system's cannot be told apart, crashes aside.
//!
//! ```text
//! for case in conformance::CASES { case.run(&disk, &root) }
//! ```

mod bytes;
mod names;

use std::path::Path;

use jackdaw_base::disk::Disk;

/// One thing that every disk must do.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it is about.
    pub name: &'static str,
    check: fn(&dyn Disk, &Path),
}

impl Case {
    /// Checks a disk in a new directory below `root`, which must be there, and removes it.
    ///
    /// # Panics
    /// If the disk does something else.
    pub fn run(&self, disk: &dyn Disk, root: &Path) {
        let directory = root.join(self.name);
        disk.create_directory(&directory).expect("the case's directory is made");
        (self.check)(disk, &directory);
        disk.remove_directory(&directory).expect("the case's directory is removed");
    }
}

/// All cases.
pub const CASES: &[Case] = &[
    Case { name: "open_modes", check: names::open_modes },
    Case { name: "directories", check: names::directories },
    Case { name: "renames", check: names::renames },
    Case { name: "removals", check: names::removals },
    Case { name: "names_are_listed_in_order", check: names::names_are_listed_in_order },
    Case { name: "locks", check: names::locks },
    Case { name: "space", check: names::space },
    Case { name: "whole_files", check: names::whole_files },
    Case { name: "reads_and_writes", check: bytes::reads_and_writes },
    Case { name: "lengths", check: bytes::lengths },
    Case { name: "reserved_room", check: bytes::reserved_room },
    Case { name: "syncs_and_caches", check: bytes::syncs_and_caches },
    Case { name: "positions_beyond_reason", check: bytes::positions_beyond_reason },
    Case { name: "writers_side_by_side", check: bytes::writers_side_by_side },
    Case { name: "random_writes_as_a_plain_array", check: bytes::random_writes_as_a_plain_array },
];
