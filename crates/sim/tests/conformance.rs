//! The simulated disk and the operating system's must do the same in every case.

use std::path::{Path, PathBuf};

use jackdaw_base::disk::Disk;
use jackdaw_sim::SimDisk;
use jackdaw_sim::conformance::CASES;
use jackdaw_store::OsDisk;

#[test]
fn the_simulated_disk_conforms() {
    let disk = SimDisk::default();
    for case in CASES {
        println!("{}", case.name);
        case.run(&disk, Path::new("/"));
    }
    assert!(disk.files().is_empty());
}

#[test]
fn the_operating_systems_disk_conforms() {
    let root = Scratch::new();
    for case in CASES {
        println!("{}", case.name);
        case.run(&OsDisk, &root.0);
    }
    assert!(OsDisk.read_directory(&root.0).unwrap().is_empty());
}

/// A directory that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("jackdaw-conformance-{}", std::process::id()));
        OsDisk.create_directory(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = OsDisk.remove_directory(&self.0);
    }
}
