//! Which partitions of `__consumer_offsets` this node leads, as the metadata says; each has a coordinator. Gaining one
//! starts a load, losing one refuses everybody who waits.

use std::collections::VecDeque;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jackdaw_base::{LeaderEpoch, PartitionIndex};
use jackdaw_metadata::Image;
use jackdaw_metadata::image::Topic;
use parking_lot::Mutex;

use super::hosted::Hosted;
use super::partition_of;
use super::shared::Shared;
use crate::internal_topics::GROUP_METADATA;

/// Loads at the same time: more would only make the disk seek.
const LOADERS_MAX: usize = 4;

/// The coordinators by partition number.
#[derive(Default)]
struct Hosting {
    /// As many as the topic has partitions.
    by_index: Vec<Option<Arc<Hosted>>>,
}

/// What changes it, one after the other.
struct Changes {
    /// The newest metadata that was told.
    image: Arc<Image>,
    is_serving: bool,
}

/// Loads that wait for a thread.
#[derive(Default)]
struct Loads {
    waiting: VecDeque<Arc<Hosted>>,
    threads: usize,
}

/// The leaderships of this node.
pub(super) struct Leaderships {
    hosting: ArcSwap<Hosting>,
    changes: Mutex<Changes>,
    loads: Arc<Mutex<Loads>>,
}

impl Leaderships {
    pub(super) fn new(image: Arc<Image>) -> Self {
        Self {
            hosting: ArcSwap::default(),
            changes: Mutex::new(Changes { image, is_serving: false }),
            loads: Arc::default(),
        }
    }

    /// The coordinator of a group, if this node leads its partition.
    pub(super) fn of_group(&self, group: &str) -> Option<Arc<Hosted>> {
        let hosting = self.hosting.load();
        let index = usize::try_from(partition_of(group, hosting.by_index.len())?).ok()?;
        hosting.by_index[index].clone()
    }

    /// All coordinators of this node.
    pub(super) fn all(&self) -> Vec<Arc<Hosted>> {
        self.hosting.load().by_index.iter().flatten().cloned().collect()
    }

    /// The partitions can be read: follows what the metadata has said so far.
    pub(super) fn begin(&self, shared: &Arc<Shared>) {
        let mut changes = self.changes.lock();
        changes.is_serving = true;
        self.follow_locked(&changes, shared);
    }

    /// Nothing is led any more.
    pub(super) fn end(&self) {
        let mut changes = self.changes.lock();
        changes.is_serving = false;
        let old = self.hosting.swap(Arc::default());
        old.by_index.iter().flatten().for_each(|hosted| hosted.close());
        self.loads.lock().waiting.clear();
    }

    /// The metadata is now `image`; `is_concerned`: something about the topic may have changed.
    pub(super) fn follow(&self, shared: &Arc<Shared>, image: &Arc<Image>, is_concerned: bool) {
        let mut changes = self.changes.lock();
        changes.image = Arc::clone(image);
        if is_concerned && changes.is_serving {
            self.follow_locked(&changes, shared);
        }
    }

    fn follow_locked(&self, changes: &Changes, shared: &Arc<Shared>) {
        let old = self.hosting.load_full();
        let topic = changes.image.topics.by_name(GROUP_METADATA);
        let count = topic.map_or(0, Topic::partition_count);
        let mut new = Hosting { by_index: vec![None; count] };
        let mut begun = Vec::new();
        for (slot, index) in new.by_index.iter_mut().zip(0..) {
            let Some(topic) = topic else { continue };
            let Some(leader_epoch) = led_in(topic, index, shared) else { continue };
            let known = old.by_index.get(index as usize).and_then(Option::as_ref);
            let partition = shared.partitions.by_id(topic.id);
            let partition = partition.as_ref().and_then(|topic| topic.get(PartitionIndex(index)));
            let Some(partition) = partition else { continue };
            let is_same = |known: &&Arc<Hosted>| {
                known.leader_epoch == leader_epoch
                    && !known.is_closed()
                    && Arc::ptr_eq(known.partition(), partition)
            };
            *slot = Some(match known.filter(is_same) {
                Some(known) => Arc::clone(known),
                None => {
                    let hosted = Hosted::new(shared, Arc::clone(partition), leader_epoch);
                    begun.push(Arc::clone(&hosted));
                    hosted
                }
            });
        }
        let is_kept = |old: &Arc<Hosted>| new.by_index.iter().flatten().any(|new| Arc::ptr_eq(new, old));
        let lost: Vec<Arc<Hosted>> =
            old.by_index.iter().flatten().filter(|old| !is_kept(old)).cloned().collect();
        self.hosting.store(Arc::new(new));
        lost.iter().for_each(|hosted| hosted.close());
        self.load_all(begun);
    }

    /// A coordinator that has ended on its own begins anew, if its leadership is still the same.
    pub(super) fn reload(&self, shared: &Arc<Shared>, index: i32, leader_epoch: LeaderEpoch) {
        let changes = self.changes.lock();
        let is_same = self.all().iter().any(|one| one.index() == index && one.leader_epoch == leader_epoch);
        if changes.is_serving && is_same {
            self.follow_locked(&changes, shared);
        }
    }

    fn load_all(&self, begun: Vec<Arc<Hosted>>) {
        let mut loads = self.loads.lock();
        loads.waiting.extend(begun);
        while loads.threads < LOADERS_MAX.min(loads.waiting.len()) {
            let loads_of_thread = Arc::clone(&self.loads);
            let spawned = std::thread::Builder::new()
                .name("coordinator-load".to_owned())
                .spawn(move || run_loads(&loads_of_thread));
            match spawned {
                Ok(_) => loads.threads += 1,
                Err(error) => {
                    tracing::error!(%error, "no thread to load coordinators with");
                    break;
                }
            }
        }
    }
}

/// Loads until nothing is waiting; then the thread ends.
fn run_loads(loads: &Mutex<Loads>) {
    loop {
        let next = {
            let mut loads = loads.lock();
            let next = loads.waiting.pop_front();
            if next.is_none() {
                loads.threads -= 1;
            }
            next
        };
        match next {
            Some(hosted) => hosted.load(),
            None => return,
        }
    }
}

/// In which leadership this node leads a partition.
fn led_in(topic: &Topic, index: i32, shared: &Shared) -> Option<LeaderEpoch> {
    let partition = topic.partition(PartitionIndex(index))?;
    (partition.leader == Some(shared.node_id)).then_some(partition.leader_epoch)
}
