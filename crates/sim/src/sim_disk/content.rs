//! The bytes of one simulated file, twice: what the page cache shows, and what the device holds. A sync copies the
//! first over the second; a power cut leaves the second, with some of the unsynced changes, page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::power_cut::{Fate, Loss};
use crate::Random;

/// The unit in which the cache and the device exchange bytes.
pub const PAGE_BYTES: usize = 4096;
/// The unit that a device writes whole even when the power fails.
pub const SECTOR_BYTES: usize = 512;

type Page = Arc<[u8; PAGE_BYTES]>;

/// A file's bytes; a page that is not there reads as zeros, and costs no room. Bytes behind the end are never stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Image {
    size_bytes: u64,
    pages: BTreeMap<u64, Page>,
}

impl Image {
    fn read(&self, buffer: &mut [u8], position: u64) -> usize {
        let available = self.size_bytes.saturating_sub(position).min(buffer.len() as u64) as usize;
        let mut filled = 0;
        while filled < available {
            let (page, within) = locate(position + filled as u64);
            let count = (PAGE_BYTES - within).min(available - filled);
            let target = &mut buffer[filled..filled + count];
            match self.pages.get(&page) {
                Some(bytes) => target.copy_from_slice(&bytes[within..within + count]),
                None => target.fill(0),
            }
            filled += count;
        }
        available
    }

    /// Writes within one page.
    fn write(&mut self, page: u64, within: usize, bytes: &[u8]) {
        let target = self.pages.entry(page).or_insert_with(|| Arc::new([0; PAGE_BYTES]));
        Arc::make_mut(target)[within..within + bytes.len()].copy_from_slice(bytes);
        self.size_bytes = self.size_bytes.max(page * PAGE_BYTES as u64 + (within + bytes.len()) as u64);
    }

    /// Puts a whole page in or takes it out, without what lies behind the end.
    fn place(&mut self, page: u64, bytes: Option<&Page>) {
        let start = page * PAGE_BYTES as u64;
        match bytes {
            Some(bytes) if start < self.size_bytes => {
                let mut bytes = Arc::clone(bytes);
                let inside = (self.size_bytes - start).min(PAGE_BYTES as u64) as usize;
                if bytes[inside..].iter().any(|byte| *byte != 0) {
                    Arc::make_mut(&mut bytes)[inside..].fill(0);
                }
                self.pages.insert(page, bytes);
            }
            _ => {
                self.pages.remove(&page);
            }
        }
    }

    fn set_size(&mut self, size_bytes: u64) {
        if size_bytes < self.size_bytes {
            self.pages.split_off(&size_bytes.div_ceil(PAGE_BYTES as u64));
            let (last, within) = locate(size_bytes);
            if let Some(bytes) = self.pages.get_mut(&last) {
                Arc::make_mut(bytes)[within..].fill(0);
            }
        }
        self.size_bytes = size_bytes;
    }
}

/// A file's bytes in the cache and on the device.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    cache: Image,
    device: Image,
    /// Pages that were written since the last sync that took them along, even if it failed.
    dirty: BTreeSet<u64>,
    /// The least size since the last good sync: below the device's size, a truncation waits for a sync.
    size_bytes_least: u64,
    /// Pages whose room is reserved though nothing was written to them.
    reserved: BTreeSet<u64>,
}

impl Content {
    pub(super) fn size_bytes(&self) -> u64 {
        self.cache.size_bytes
    }

    pub(super) fn read(&self, buffer: &mut [u8], position: u64) -> usize {
        self.cache.read(buffer, position)
    }

    /// The pages that were ever written, in order.
    pub(super) fn pages(&self) -> impl Iterator<Item = (u64, &[u8; PAGE_BYTES])> {
        self.cache.pages.iter().map(|(page, bytes)| (*page, &**bytes))
    }

    /// Pages that take room on the device.
    pub(super) fn pages_allocated(&self) -> u64 {
        let reserved = self.reserved.iter().filter(|page| !self.cache.pages.contains_key(page)).count();
        (self.cache.pages.len() + reserved) as u64
    }

    /// Writes as many of `bytes` as `pages_free` new pages allow; how many bytes and new pages that were.
    pub(super) fn write(&mut self, bytes: &[u8], position: u64, pages_free: u64) -> (usize, u64) {
        let (mut written, mut pages_new) = (0, 0);
        while written < bytes.len() {
            let (page, within) = locate(position + written as u64);
            if !self.is_allocated(page) {
                if pages_new == pages_free {
                    break;
                }
                pages_new += 1;
            }
            let count = (PAGE_BYTES - within).min(bytes.len() - written);
            self.cache.write(page, within, &bytes[written..written + count]);
            self.dirty.insert(page);
            written += count;
        }
        (written, pages_new)
    }

    pub(super) fn set_size(&mut self, size_bytes: u64) {
        self.cache.set_size(size_bytes);
        self.size_bytes_least = self.size_bytes_least.min(size_bytes);
        let pages = size_bytes.div_ceil(PAGE_BYTES as u64);
        self.dirty.split_off(&pages);
        self.reserved.split_off(&pages);
    }

    /// Reserves pages; how many were new, or `None` if there are not so many free.
    pub(super) fn allocate(&mut self, position: u64, size_bytes: u64, pages_free: u64) -> Option<u64> {
        let first = position / PAGE_BYTES as u64;
        let end = position.saturating_add(size_bytes).div_ceil(PAGE_BYTES as u64);
        if end - first > pages_free.saturating_add(self.pages_allocated()) {
            return None;
        }
        let new: Vec<u64> = (first..end).filter(|page| !self.is_allocated(*page)).collect();
        if new.len() as u64 > pages_free {
            return None;
        }
        self.reserved.extend(&new);
        Some(new.len() as u64)
    }

    /// Everything reaches the device.
    pub(super) fn sync(&mut self) {
        self.apply_truncation();
        self.device.size_bytes = self.cache.size_bytes;
        for page in std::mem::take(&mut self.dirty) {
            self.device.place(page, self.cache.pages.get(&page));
        }
        self.size_bytes_least = self.cache.size_bytes;
    }

    /// The device refuses. As on Linux the pages count as clean from now on, whether they arrived or not, so that a
    /// later sync succeeds without them.
    pub(super) fn sync_failing(&mut self, random: &mut Random) {
        let truncation_waits = self.size_bytes_least < self.device.size_bytes;
        for page in std::mem::take(&mut self.dirty) {
            let behind_truncation =
                truncation_waits && (page + 1) * PAGE_BYTES as u64 > self.size_bytes_least;
            if random.chance(1, 2) && !behind_truncation {
                let end = ((page + 1) * PAGE_BYTES as u64).min(self.cache.size_bytes);
                self.device.size_bytes = self.device.size_bytes.max(end);
                self.device.place(page, self.cache.pages.get(&page));
            }
        }
        if !truncation_waits {
            self.size_bytes_least = self.device.size_bytes;
        }
    }

    /// Reads anew from the device whatever counts as clean.
    pub(super) fn drop_cache(&mut self) {
        let mut fresh = self.device.clone();
        fresh.set_size(fresh.size_bytes.min(self.size_bytes_least));
        fresh.set_size(self.cache.size_bytes);
        for page in &self.dirty {
            fresh.place(*page, self.cache.pages.get(page));
        }
        self.cache = fresh;
    }

    /// The power fails: of what was not synced, `loss` decides what arrived.
    pub(super) fn cut_power(&mut self, loss: &mut Loss) {
        let truncation_waits = self.size_bytes_least < self.device.size_bytes;
        let truncated = !truncation_waits || loss.keeps();
        // A lost truncation leaves the old end; pages written behind it since then had no place yet.
        let pages_end = if truncated { u64::MAX } else { self.size_bytes_least / PAGE_BYTES as u64 };
        if truncated {
            self.apply_truncation();
            let grown = loss.size(self.device.size_bytes, self.cache.size_bytes);
            self.device.set_size(grown);
        }
        for page in std::mem::take(&mut self.dirty).range(..pages_end) {
            match loss.fate() {
                Fate::Lost => {}
                Fate::Kept => self.device.place(*page, self.cache.pages.get(page)),
                Fate::Torn => {
                    let torn = tear(self.device.pages.get(page), self.cache.pages.get(page), loss);
                    self.device.place(*page, Some(&torn));
                }
            }
        }
        self.reserved.clear();
        self.size_bytes_least = self.device.size_bytes;
        self.cache = self.device.clone();
    }

    fn apply_truncation(&mut self) {
        self.device.set_size(self.device.size_bytes.min(self.size_bytes_least));
    }

    fn is_allocated(&self, page: u64) -> bool {
        self.cache.pages.contains_key(&page) || self.reserved.contains(&page)
    }
}

/// A page of which some sectors are old and some new.
fn tear(old: Option<&Page>, new: Option<&Page>, loss: &mut Loss) -> Page {
    let mut torn = old.map_or([0; PAGE_BYTES], |page| **page);
    for sector in 0..PAGE_BYTES / SECTOR_BYTES {
        if loss.keeps() {
            let range = sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES;
            match new {
                Some(new) => torn[range.clone()].copy_from_slice(&new[range]),
                None => torn[range].fill(0),
            }
        }
    }
    Arc::new(torn)
}

/// The page that holds a position, and the place within it.
fn locate(position: u64) -> (u64, usize) {
    (position / PAGE_BYTES as u64, (position % PAGE_BYTES as u64) as usize)
}
