//! What tells a metadata log that has begun from the leftovers of a start that was cut off.

use std::path::{Path, PathBuf};

use jackdaw_base::disk::{Disk, replace_all_whole, replace_whole};
use jackdaw_base::{NodeId, TimestampMs, Uuid};
use jackdaw_raft::{Endpoints, KRaftVersionRange, ReplicaKey, Voter};
use jackdaw_sim::SimDisk;

use super::{MetadataPaths, first_files, is_begun};

fn paths() -> MetadataPaths {
    let root = PathBuf::from("/data");
    MetadataPaths { log: root.join("__cluster_metadata-0"), root }
}

fn voter() -> Voter {
    Voter {
        key: ReplicaKey::new(NodeId(1), Uuid::ONE),
        endpoints: Endpoints::one("CONTROLLER", "localhost", 9093),
        kraft_versions: KRaftVersionRange::OURS,
    }
}

fn new_disk() -> SimDisk {
    let disk = SimDisk::default();
    disk.create_directory(Path::new("/data")).expect("a new disk");
    disk
}

#[test]
fn a_log_has_begun_with_its_voter_its_state_or_a_segment() {
    let check = |name: &str, expected: bool| {
        let (disk, paths) = (new_disk(), paths());
        assert!(!is_begun(&disk, &paths).expect("a sound disk"), "no directory");
        disk.create_directory(&paths.log).expect("a sound disk");
        assert!(!is_begun(&disk, &paths).expect("a sound disk"), "an empty directory");
        replace_whole(&disk, &paths.log.join(name), b"x").expect("a sound disk");
        assert_eq!(is_begun(&disk, &paths).expect("a sound disk"), expected, "{name}");
    };
    check("partition.metadata", false);
    check("00000000000000000000-0000000000.checkpoint.tmp", false);
    check("quorum-state.tmp", false);
    check("00000000000000000000-0000000000.checkpoint", true);
    check("quorum-state", true);
    check("00000000000000000000.log", true);
}

/// Wherever the power goes, the next start either writes all of it anew or finds all of it.
#[test]
fn a_first_start_that_was_cut_off_is_repeated() {
    let mut cut_after = 0;
    loop {
        let (disk, paths) = (new_disk(), paths());
        disk.sync_directory(Path::new("/")).expect("a sound disk");
        disk.cut_power_after(cut_after);
        let written = first_files(&disk, &paths, Some(&voter()), TimestampMs(0))
            .and_then(|files| replace_all_whole(&disk, &files));
        let was_cut = disk.is_power_out();
        disk.power_cut(cut_after);
        let names: Vec<String> = match disk.exists(&paths.log).expect("a sound disk") {
            false => Vec::new(),
            true => disk
                .read_directory(&paths.log)
                .expect("a sound disk")
                .into_iter()
                .map(|one| one.name)
                .collect(),
        };
        if !was_cut {
            written.expect("nothing was in the way");
            assert_eq!(
                names,
                ["00000000000000000000-0000000000.checkpoint"],
                "nothing that is written twice"
            );
            assert!(disk.exists(&paths.root.join("bootstrap.checkpoint")).expect("a sound disk"));
            return;
        }
        let has_checkpoint = names.iter().any(|name| name.ends_with(".checkpoint"));
        assert_eq!(is_begun(&disk, &paths).expect("a sound disk"), has_checkpoint, "{names:?}");
        cut_after += 1;
    }
}
