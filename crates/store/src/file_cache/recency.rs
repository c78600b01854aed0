//! A map by path that knows which entry was used least recently. Every step is constant; it locks nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Marks the end of the chain.
const NONE: usize = usize::MAX;

/// Entries in a slab, chained from the most to the least recently used one.
pub(super) struct Recency<V> {
    slots_by_path: HashMap<Arc<Path>, usize>,
    slots: Vec<Slot<V>>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
}

struct Slot<V> {
    entry: Option<(Arc<Path>, V)>,
    newer: usize,
    older: usize,
}

impl<V> Recency<V> {
    pub(super) fn new() -> Self {
        Self {
            slots_by_path: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots_by_path.len()
    }

    /// The value at `path`, which becomes the most recently used one.
    pub(super) fn touch(&mut self, path: &Path) -> Option<&V> {
        let slot = *self.slots_by_path.get(path)?;
        if slot != self.newest {
            self.unlink(slot);
            self.link_newest(slot);
        }
        self.slots[slot].entry.as_ref().map(|(_, value)| value)
    }

    /// Puts a value in as the most recently used one; what was at `path` before is dropped.
    pub(super) fn insert(&mut self, path: PathBuf, value: V) {
        self.remove(&path);
        let path: Arc<Path> = path.into();
        let slot = Slot { entry: Some((Arc::clone(&path), value)), newer: NONE, older: NONE };
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index] = slot;
                index
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.link_newest(index);
        self.slots_by_path.insert(path, index);
    }

    /// Takes the value at `path` out.
    pub(super) fn remove(&mut self, path: &Path) -> Option<V> {
        let slot = self.slots_by_path.remove(path)?;
        self.vacate(slot)
    }

    /// Takes all values out whose path `matches`.
    pub(super) fn remove_where(&mut self, matches: impl Fn(&Path) -> bool) -> Vec<V> {
        let paths: Vec<Arc<Path>> = self.slots_by_path.keys().filter(|path| matches(path)).cloned().collect();
        paths.iter().filter_map(|path| self.remove(path)).collect()
    }

    /// Takes the least recently used value out.
    pub(super) fn pop_oldest(&mut self) -> Option<V> {
        let (path, _) = self.slots.get(self.oldest)?.entry.as_ref()?;
        let path = Arc::clone(path);
        self.remove(&path)
    }

    fn vacate(&mut self, slot: usize) -> Option<V> {
        self.unlink(slot);
        self.free.push(slot);
        self.slots[slot].entry.take().map(|(_, value)| value)
    }

    fn unlink(&mut self, slot: usize) {
        let Slot { newer, older, .. } = self.slots[slot];
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older].newer = newer,
        }
    }

    fn link_newest(&mut self, slot: usize) {
        self.slots[slot].newer = NONE;
        self.slots[slot].older = self.newest;
        match self.newest {
            NONE => self.oldest = slot,
            newest => self.slots[newest].newer = slot,
        }
        self.newest = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays operations on it and on a plain list, which must agree after each one.
    #[test]
    fn it_behaves_like_a_list_ordered_by_use() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (mut recency, mut list) = (Recency::new(), Vec::<(PathBuf, u64)>::new());
        for step in 0..10_000_u64 {
            let path = PathBuf::from(format!("/{}/{}", random(3), random(5)));
            let at = list.iter().position(|(held, _)| *held == path);
            match random(10) {
                0..4 => {
                    assert_eq!(recency.touch(&path).copied(), at.map(|at| list[at].1), "step {step}");
                    at.map(|at| list.remove(at)).into_iter().for_each(|entry| list.push(entry));
                }
                4..7 => {
                    at.map(|at| list.remove(at));
                    list.push((path.clone(), step));
                    recency.insert(path, step);
                }
                7 => assert_eq!(recency.remove(&path), at.map(|at| list.remove(at).1), "step {step}"),
                8 => {
                    let oldest = if list.is_empty() { None } else { Some(list.remove(0).1) };
                    assert_eq!(recency.pop_oldest(), oldest, "step {step}");
                }
                _ if random(20) == 0 => {
                    let mut removed = recency.remove_where(|path| path.starts_with("/1"));
                    removed.sort_unstable();
                    let mut expected: Vec<_> = list
                        .extract_if(.., |(path, _)| path.starts_with("/1"))
                        .map(|(_, value)| value)
                        .collect();
                    expected.sort_unstable();
                    assert_eq!(removed, expected, "step {step}");
                }
                _ => {}
            }
            assert_eq!(recency.len(), list.len(), "step {step}");
        }
        assert!(recency.slots.len() <= 15, "vacated slots are used again: {}", recency.slots.len());
    }
}
