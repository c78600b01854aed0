//! The assignor `uniform` where members read different topics: members keep what they still read, free partitions go
//! to the least loaded reader (topics with the fewest choices first), then partitions move from the most to the least
//! loaded reader of a topic until no topic's readers differ by more than one.

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_base::Uuid;

use super::{PartitionCounts, Partitions, Subscriber};

/// Rounds of balancing over all topics. One round is enough where the readers of a topic read the same topics; with
/// overlapping subscriptions each round about halves what is left.
const ROUNDS_MAX: usize = 16;

/// A topic with its readers (places in the list of members) and the reader of each partition.
struct Topic {
    id: Uuid,
    readers: Vec<usize>,
    owners: Vec<Option<usize>>,
}

pub(super) fn assign(members: &[Subscriber<'_>], counts: &PartitionCounts) -> Vec<Partitions> {
    let mut topics = topics(members, counts);
    let mut loads = vec![0_usize; members.len()];
    keep(members, &mut topics, &mut loads);
    topics.sort_by(|a, b| {
        // More partitions per reader first: a/b > c/d where a*d > c*b.
        let left = a.owners.len() * b.readers.len();
        let right = b.owners.len() * a.readers.len();
        right.cmp(&left).then(a.readers.len().cmp(&b.readers.len())).then(a.id.cmp(&b.id))
    });
    for topic in &mut topics {
        fill(topic, &mut loads);
    }
    for _ in 0..ROUNDS_MAX {
        let moved: usize = topics.iter_mut().map(|topic| balance(topic, &mut loads)).sum();
        if moved == 0 {
            break;
        }
    }
    let mut assignments = vec![Partitions::new(); members.len()];
    for topic in &topics {
        for (partition, owner) in (0..).zip(&topic.owners) {
            if let Some(owner) = owner {
                assignments[*owner].entry(topic.id).or_default().push(partition);
            }
        }
    }
    assignments
}

fn topics(members: &[Subscriber<'_>], counts: &PartitionCounts) -> Vec<Topic> {
    let mut readers: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        for topic in member.topics {
            readers.entry(*topic).or_default().push(index);
        }
    }
    let count = |id: &Uuid| usize::try_from(counts.get(id).copied().unwrap_or(0)).unwrap_or(0);
    readers.into_iter().map(|(id, readers)| Topic { id, readers, owners: vec![None; count(&id)] }).collect()
}

/// Members keep what they have of topics that they still read. `topics` are in the order of their ids.
fn keep(members: &[Subscriber<'_>], topics: &mut [Topic], loads: &mut [usize]) {
    for (index, member) in members.iter().enumerate() {
        for (id, partitions) in member.owned {
            if member.topics.binary_search(id).is_err() {
                continue;
            }
            let Ok(place) = topics.binary_search_by(|topic| topic.id.cmp(id)) else { continue };
            for &partition in partitions {
                let owner = usize::try_from(partition)
                    .ok()
                    .and_then(|partition| topics[place].owners.get_mut(partition));
                if let Some(owner) = owner.filter(|owner| owner.is_none()) {
                    *owner = Some(index);
                    loads[index] += 1;
                }
            }
        }
    }
}

/// Free partitions go to the least loaded reader.
fn fill(topic: &mut Topic, loads: &mut [usize]) {
    if topic.owners.iter().all(Option::is_some) {
        return;
    }
    let mut by_load: BTreeSet<(usize, usize)> =
        topic.readers.iter().map(|&reader| (loads[reader], reader)).collect();
    for owner in topic.owners.iter_mut().filter(|owner| owner.is_none()) {
        let Some((load, reader)) = by_load.pop_first() else { return };
        *owner = Some(reader);
        loads[reader] = load + 1;
        by_load.insert((load + 1, reader));
    }
}

/// Moves partitions from the most to the least loaded reader until they differ by at most one. Returns how many moved.
fn balance(topic: &mut Topic, loads: &mut [usize]) -> usize {
    let mut by_load: BTreeSet<(usize, usize)> =
        topic.readers.iter().map(|&reader| (loads[reader], reader)).collect();
    let spread = |by_load: &BTreeSet<(usize, usize)>| {
        by_load.last().zip(by_load.first()).is_some_and(|((most, _), (least, _))| *most > least + 1)
    };
    if !spread(&by_load) {
        return 0;
    }
    let mut owned: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (partition, owner) in topic.owners.iter().enumerate() {
        if let Some(owner) = owner {
            owned.entry(*owner).or_default().push(partition);
        }
    }
    let mut moved = 0;
    while spread(&by_load) {
        let Some((most, giver)) = by_load.pop_last() else { break };
        let Some(partition) = owned.get_mut(&giver).and_then(Vec::pop) else {
            // It has nothing of this topic to give; the next one may.
            continue;
        };
        let Some((least, taker)) = by_load.pop_first() else { break };
        topic.owners[partition] = Some(taker);
        // What it has taken is not given away again in this round: it is below the giver.
        loads[giver] = most - 1;
        loads[taker] = least + 1;
        by_load.insert((most - 1, giver));
        by_load.insert((least + 1, taker));
        moved += 1;
    }
    moved
}
