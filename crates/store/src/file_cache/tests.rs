//! The bound, the order of use, and what happens around removed names.

use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::sync::atomic::AtomicUsize;
use std::sync::{Barrier, Weak};

use jackdaw_base::disk::{DirectoryEntry, DirectoryLock, DiskSpace};

use super::*;

/// A disk of empty files that counts what is open and lets a test run something within an open.
#[derive(Default)]
struct CountingDisk {
    opened: Mutex<Vec<(PathBuf, Weak<dyn DiskFile>)>>,
    descriptors_max: AtomicUsize,
    within_open: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

struct EmptyFile;

impl CountingDisk {
    fn open_paths(&self) -> BTreeSet<String> {
        let opened = self.opened.lock();
        let alive = opened.iter().filter(|(_, file)| file.strong_count() > 0);
        alive.map(|(path, _)| path.display().to_string()).collect()
    }
}

impl Disk for CountingDisk {
    fn open(&self, path: &Path, _mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let descriptors_max = self.descriptors_max.load(Ordering::Relaxed);
        if descriptors_max > 0 && self.open_paths().len() >= descriptors_max {
            return Err(io::Error::from_raw_os_error(libc::EMFILE));
        }
        let within = self.within_open.lock().take();
        if let Some(within) = within {
            within();
        }
        let file: Arc<dyn DiskFile> = Arc::new(EmptyFile);
        self.opened.lock().push((path.to_owned(), Arc::downgrade(&file)));
        Ok(file)
    }
    fn create_directory(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn read_directory(&self, _path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn exists(&self, _path: &Path) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn remove_directory(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn sync_directory(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn lock(&self, _path: &Path) -> io::Result<Box<dyn DirectoryLock>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn space(&self, _path: &Path) -> io::Result<DiskSpace> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn sync_files(&self, files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>> {
        files.iter().map(|file| file.sync()).collect()
    }
}

impl DiskFile for EmptyFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(0)
    }
    fn read_at(&self, _buffer: &mut [u8], _position: u64) -> io::Result<usize> {
        Ok(0)
    }
    fn write_at(&self, _parts: &[io::IoSlice<'_>], _position: u64) -> io::Result<()> {
        Ok(())
    }
    fn set_size(&self, _size_bytes: u64) -> io::Result<()> {
        Ok(())
    }
    fn allocate(&self, _position: u64, _size_bytes: u64) -> io::Result<()> {
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
    fn drop_cache(&self) -> io::Result<()> {
        Ok(())
    }
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

fn fixture(files_max: usize) -> (Arc<CountingDisk>, FileCache) {
    let disk = Arc::new(CountingDisk::default());
    (Arc::clone(&disk), FileCache::new(disk, files_max))
}

fn open(cache: &FileCache, path: &str) -> Arc<dyn DiskFile> {
    cache.open(Path::new(path), OpenMode::Existing).unwrap()
}

fn paths(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_least_recently_used_file_is_closed() {
    let (disk, cache) = fixture(2);
    for path in ["/a", "/b", "/a", "/c"] {
        open(&cache, path);
    }
    assert_eq!(disk.open_paths(), paths(&["/a", "/c"]));
    assert_eq!(cache.counts(), FileCacheCounts { held: 2, opened: 3, closed: 1 });
}

#[test]
fn a_hit_is_the_same_file_and_a_file_in_use_outlives_its_place() {
    let (disk, cache) = fixture(1);
    let held = open(&cache, "/a");
    assert!(Arc::ptr_eq(&held, &open(&cache, "/a")));
    open(&cache, "/b");
    assert_eq!(disk.open_paths(), paths(&["/a", "/b"]));
    drop(held);
    assert_eq!(disk.open_paths(), paths(&["/b"]));
}

#[test]
fn forgetting_a_directory_closes_what_is_below_it_and_nothing_else() {
    let (disk, cache) = fixture(10);
    for path in ["/t-1/0.log", "/t-1/0.index", "/t-10/0.log"] {
        open(&cache, path);
    }
    cache.forget(Path::new("/t-1/0.index"));
    assert_eq!(disk.open_paths(), paths(&["/t-1/0.log", "/t-10/0.log"]));
    cache.forget_directory(Path::new("/t-1"));
    assert_eq!(disk.open_paths(), paths(&["/t-10/0.log"]));
}

#[test]
fn a_file_that_was_removed_while_it_was_opened_is_not_kept() {
    let (disk, cache) = fixture(10);
    let cache = Arc::new(cache);
    let inner = Arc::clone(&cache);
    *disk.within_open.lock() = Some(Box::new(move || inner.forget_directory(Path::new("/t-1"))));
    let stale = open(&cache, "/t-1/0.log");
    assert!(!Arc::ptr_eq(&stale, &open(&cache, "/t-1/0.log")));
}

#[test]
fn without_descriptors_some_files_are_closed_and_the_open_succeeds() {
    let (disk, cache) = fixture(10);
    disk.descriptors_max.store(4, Ordering::Relaxed);
    for path in ["/a", "/b", "/c", "/d", "/e"] {
        open(&cache, path);
    }
    assert_eq!(disk.open_paths(), paths(&["/b", "/c", "/d", "/e"]));
    let in_use: Vec<_> = ["/b", "/c", "/d", "/e"].iter().map(|path| open(&cache, path)).collect();
    let error = cache.open(Path::new("/f"), OpenMode::Existing).err().unwrap();
    assert!(is_out_of_descriptors(&error), "{error}");
    drop(in_use);
}

#[test]
fn threads_that_open_one_path_share_one_file() {
    let (disk, cache) = fixture(10);
    let (cache, barrier) = (&cache, &Barrier::new(4));
    let files: Vec<_> = std::thread::scope(|scope| {
        let opener = move || {
            barrier.wait();
            open(cache, "/a")
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(opener)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(files.iter().all(|file| Arc::ptr_eq(file, &files[0])));
    assert_eq!(disk.open_paths(), paths(&["/a"]));
}
