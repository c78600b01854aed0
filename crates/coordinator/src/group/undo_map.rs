//! A map that remembers, from a mark on, what its changed entries were, and can go back to that, or to the beginning of
//! the turn's last step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A map with one level of undo and steps within it. Reads cost what a map costs; the first change of an entry in a
/// step clones the entry (an [`Arc`] where entries are large).
#[derive(Clone, Debug)]
pub struct UndoMap<K: Ord + Clone, V: Clone> {
    entries: BTreeMap<K, V>,
    before: Option<Before<K, V>>,
}

/// What entries were, in the order in which they were changed.
#[derive(Clone, Debug)]
struct Before<K, V> {
    entries: Vec<(K, Option<V>)>,
    /// Where in `entries` the running step begins.
    step: usize,
    /// What the running step has changed.
    seen: BTreeSet<K>,
}

impl<K: Ord + Clone, V: Clone> Default for UndoMap<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), before: None }
    }
}

impl<K: Ord + Clone, V: Clone> UndoMap<K, V> {
    /// The entries.
    pub fn entries(&self) -> &BTreeMap<K, V> {
        &self.entries
    }

    /// An entry.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.get(key)
    }

    /// An entry, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.remember(key);
        self.entries.get_mut(key)
    }

    /// Sets an entry.
    pub fn insert(&mut self, key: K, value: V) {
        self.remember(&key);
        self.entries.insert(key, value);
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.remember(key);
        self.entries.remove(key)
    }

    /// From here on changes can be taken back. The first step begins.
    pub fn mark(&mut self) {
        self.before = Some(Before { entries: Vec::new(), step: 0, seen: BTreeSet::new() });
    }

    /// The next step of the turn begins.
    pub fn begin_step(&mut self) {
        if let Some(before) = &mut self.before {
            before.step = before.entries.len();
            before.seen.clear();
        }
    }

    /// The keys that the running step has changed.
    pub fn changed_in_step(&self) -> impl Iterator<Item = &K> {
        self.before.iter().flat_map(|before| &before.seen)
    }

    /// What was changed since the mark, the latest change first, with what was there before.
    pub fn changes(&self) -> impl Iterator<Item = (&K, &Option<V>)> {
        self.before.iter().flat_map(|before| before.entries.iter().rev().map(|(key, value)| (key, value)))
    }

    /// What the running step has changed, the latest change first, with what was there before.
    pub fn changes_in_step(&self) -> impl Iterator<Item = (&K, &Option<V>)> {
        self.before
            .iter()
            .flat_map(|before| before.entries.iter().skip(before.step).rev().map(|(key, value)| (key, value)))
    }

    /// The changes since the mark stay.
    pub fn keep(&mut self) {
        self.before = None;
    }

    /// The changes since the mark go.
    pub fn roll_back(&mut self) {
        if let Some(before) = self.before.take() {
            self.restore(before.entries);
        }
    }

    /// The changes of the running step go; the turn goes on.
    pub fn roll_back_step(&mut self) {
        let Some(before) = &mut self.before else { return };
        before.seen.clear();
        let changes = before.entries.split_off(before.step);
        self.restore(changes);
    }

    fn restore(&mut self, changes: Vec<(K, Option<V>)>) {
        for (key, value) in changes.into_iter().rev() {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
    }

    fn remember(&mut self, key: &K) {
        if let Some(before) = &mut self.before
            && before.seen.insert(key.clone())
        {
            before.entries.push((key.clone(), self.entries.get(key).cloned()));
        }
    }
}

impl<K: Ord + Clone, T: Clone> UndoMap<K, Arc<T>> {
    /// A shared entry, to be changed: it is copied first if the undo still needs it.
    pub fn make_mut(&mut self, key: &K) -> Option<&mut T> {
        self.get_mut(key).map(Arc::make_mut)
    }
}

/// Gives a struct the undo of its parts: all of them are marked, kept and taken back together.
macro_rules! undo_of_parts {
    ($whole:ty: $($part:ident),+) => {
        impl $whole {
            /// From here on changes can be taken back. The first step begins.
            pub fn mark(&mut self) {
                $(self.$part.mark();)+
            }

            /// The next step of the turn begins.
            pub fn begin_step(&mut self) {
                $(self.$part.begin_step();)+
            }

            /// The changes since the mark stay.
            pub fn keep(&mut self) {
                $(self.$part.keep();)+
            }

            /// The changes since the mark go.
            pub fn roll_back(&mut self) {
                $(self.$part.roll_back();)+
            }

            /// The changes of the running step go; the turn goes on.
            pub fn roll_back_step(&mut self) {
                $(self.$part.roll_back_step();)+
            }
        }
    };
}

pub(super) use undo_of_parts;

#[cfg(test)]
mod tests;
