//! Small files that are written together: each is whole or as it was, and none has its name before those ahead of it,
//! wherever the power goes.

use std::path::{Path, PathBuf};

use jackdaw_base::disk::{Disk, read_whole, replace_all_whole, replace_whole};
use jackdaw_sim::SimDisk;

const OLD: &[u8] = b"old";

fn new_content() -> Vec<u8> {
    b"new ".repeat(3_000)
}

fn prepared() -> SimDisk {
    let disk = SimDisk::default();
    for directory in ["/one", "/two"] {
        disk.create_directory(Path::new(directory)).expect("a new disk");
    }
    disk.sync_directory(Path::new("/")).expect("a new disk");
    replace_whole(&disk, Path::new("/one/a"), OLD).expect("a new disk");
    disk
}

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    ["/one/a", "/one/b", "/two/c"].map(|path| (PathBuf::from(path), new_content())).to_vec()
}

fn content(disk: &SimDisk, path: &str) -> Option<Vec<u8>> {
    let path = Path::new(path);
    disk.exists(path).expect("a sound disk").then(|| read_whole(disk, path, 1 << 20).expect("a sound disk"))
}

#[test]
fn each_is_whole_or_as_it_was_wherever_the_power_goes() {
    let mut cut_after = 0;
    loop {
        let disk = prepared();
        disk.cut_power_after(cut_after);
        let written = replace_all_whole(&disk, &files());
        let was_cut = disk.is_power_out();
        disk.power_cut(cut_after);
        let [a, b, c] = ["/one/a", "/one/b", "/two/c"].map(|path| content(&disk, path));
        assert!(a.as_deref() == Some(OLD) || a == Some(new_content()), "after {cut_after}: {a:?}");
        for later in [&b, &c] {
            assert!(later.is_none() || *later == Some(new_content()), "after {cut_after}: {later:?}");
        }
        if c.is_some() {
            assert!(a == Some(new_content()) && b.is_some(), "after {cut_after}: the last one is ahead");
        }
        if !was_cut {
            written.expect("nothing was in the way");
            assert!(a == Some(new_content()) && b.is_some() && c.is_some(), "it said that all is there");
            assert!(cut_after > 5, "the loop has seen cuts");
            return;
        }
        cut_after += 1;
    }
}
