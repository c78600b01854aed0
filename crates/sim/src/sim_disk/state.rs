//! All that a simulated disk is: names, files, planted faults, what happened. The port's methods lock it and call here.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::content::{Content, PAGE_BYTES};
use super::fault::{Faults, Met, power_is_out};
use super::names::{Inode, Names};
use super::power_cut::Loss;
use super::trace::{Operation, Trace};
use crate::Random;

/// No simulated file is longer: positions beyond are a mistake of the code under test.
const FILE_BYTES_MAX: u64 = 1 << 44;

#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) content: Content,
    /// How many open files there are of it.
    pub(super) handles: u32,
    pub(super) modified_ms: i64,
    pub(super) modified_on_device_ms: i64,
    /// How many syncs failed: every file that was open then hears of it once.
    pub(super) errors: u64,
}

/// What a file holds, in short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSummary {
    /// Its length.
    pub size_bytes: u64,
    /// Stands for its bytes, within one process.
    pub fingerprint: u64,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) names: Names,
    pub(super) files: BTreeMap<Inode, File>,
    pub(super) faults: Faults,
    pub(super) trace: Trace,
    pub(super) random: Random,
    /// Counts the starts: files that were opened before a crash are of no use after it.
    pub(super) boot: u64,
    pub(super) locked: BTreeSet<Inode>,
    pub(super) capacity_pages: Option<u64>,
    /// So many more changes happen before the power fails.
    pub(super) changes_left: Option<u64>,
    pub(super) is_power_out: bool,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            names: Names::new(),
            files: BTreeMap::new(),
            faults: Faults::default(),
            trace: Trace::new(),
            random: Random::new(seed),
            boot: 0,
            locked: BTreeSet::new(),
            capacity_pages: None,
            changes_left: None,
            is_power_out: false,
        }
    }

    /// The same names and bytes as a disk of its own, which nobody has opened or locked.
    pub(super) fn fork(&self) -> Self {
        let mut fork = Self::new(self.random.clone().next_u64());
        fork.names = self.names.clone();
        fork.files = self.files.clone();
        fork.capacity_pages = self.capacity_pages;
        fork.restart();
        fork
    }

    /// Whether the operation happens at all, and what fault it meets.
    pub(super) fn meet(&mut self, operation: Operation, path: &Path) -> io::Result<Met> {
        if operation.is_change()
            && let Some(left) = &mut self.changes_left
        {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => self.is_power_out = true,
            }
        }
        if self.is_power_out { Err(power_is_out()) } else { Ok(self.faults.meet(operation, path)) }
    }

    /// Pages that may still be taken.
    pub(super) fn pages_free(&self) -> u64 {
        let Some(capacity) = self.capacity_pages else { return u64::MAX };
        capacity.saturating_sub(self.pages_used())
    }

    pub(super) fn pages_used(&self) -> u64 {
        let named = self.names.reachable();
        let counted = self.files.iter().filter(|(inode, file)| file.handles > 0 || named.contains(inode));
        counted.map(|(_, file)| file.content.pages_allocated()).sum()
    }

    /// Drops what has no name, now or on the device, and is not open.
    pub(super) fn collect(&mut self) {
        let named = self.names.reachable_after_power_cut();
        self.files.retain(|inode, file| file.handles > 0 || named.contains(inode));
    }

    /// The process is gone, the machine goes on: the cache stays.
    pub(super) fn restart(&mut self) {
        self.boot += 1;
        self.locked.clear();
        self.files.values_mut().for_each(|file| file.handles = 0);
        self.collect();
    }

    /// The machine is gone and comes back.
    pub(super) fn cut_power(&mut self, seed: u64) {
        let mut loss = Loss::new(seed);
        self.names.cut_power(&mut loss);
        for file in self.files.values_mut() {
            file.content.cut_power(&mut loss);
            file.modified_ms = file.modified_on_device_ms;
            file.errors = 0;
        }
        self.changes_left = None;
        self.is_power_out = false;
        self.restart();
    }

    pub(super) fn summary(&self) -> BTreeMap<PathBuf, FileSummary> {
        let mut summary = BTreeMap::new();
        let mut left = vec![PathBuf::from("/")];
        while let Some(directory) = left.pop() {
            let Ok(names) = self.names.list(&directory) else { continue };
            for (name, inode) in names {
                let path = directory.join(name);
                match self.files.get(inode) {
                    Some(file) => summary.insert(path, summarise(&file.content)),
                    None => {
                        left.push(path);
                        None
                    }
                };
            }
        }
        summary
    }
}

fn summarise(content: &Content) -> FileSummary {
    let mut hasher = DefaultHasher::new();
    for (page, bytes) in content.pages() {
        // Zeros that were written and zeros that never were are the same bytes.
        if *bytes != [0; PAGE_BYTES] {
            hasher.write_u64(page);
            hasher.write(bytes);
        }
    }
    FileSummary { size_bytes: content.size_bytes(), fingerprint: hasher.finish() }
}

/// Refuses positions that no file has.
pub(super) fn check_end(position: u64, size_bytes: u64) -> io::Result<()> {
    match position.checked_add(size_bytes) {
        Some(end) if end <= FILE_BYTES_MAX => Ok(()),
        _ => Err(io::ErrorKind::FileTooLarge.into()),
    }
}
