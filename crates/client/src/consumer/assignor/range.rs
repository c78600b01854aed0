//! Range: each topic on its own, a run of its partitions to each member, so that topics with the same number of
//! partitions are divided alike. Where racks are known (KIP-881) partitions go to members beside a replica first, within
//! the same numbers for each member, and topics of equal size stay together if they can.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Assignment, Member, PartitionRacks, Topics, nothing};
use crate::topic_partition::TopicPartition;

pub(super) fn assign(topics: &Topics, members: &[&Member]) -> Assignment {
    let mut states: Vec<TopicState<'_>> = topics
        .iter()
        .filter(|(_, partitions)| !partitions.is_empty())
        .map(|(topic, racks)| TopicState::new(topic, racks, members))
        .collect();
    if states.iter().any(|state| state.uses_racks) {
        assign_beside_replicas(&mut states);
    }
    let mut assignment = nothing(members);
    for state in &mut states {
        state.assign_runs(|_, _| true);
        for (member, partition) in &state.assigned {
            let assigned = assignment.entry(member.id.clone()).or_default();
            assigned.push(TopicPartition::new(state.topic.clone(), *partition as i32));
        }
    }
    for assigned in assignment.values_mut() {
        assigned.sort();
    }
    assignment
}

/// Topics with the same readers and the same size are divided together.
fn assign_beside_replicas(states: &mut [TopicState<'_>]) {
    let mut together: BTreeMap<(Vec<&str>, usize), Vec<usize>> = BTreeMap::new();
    for (index, state) in states.iter().enumerate() {
        let readers = state.readers.iter().map(|reader| reader.member.id.as_str()).collect();
        together.entry((readers, state.racks.len())).or_default().push(index);
    }
    for indexes in together.into_values() {
        match indexes[..] {
            [alone] if states[alone].uses_racks => {
                let racks = states[alone].racks;
                states[alone].assign_runs(|member, partition| matches(member, &racks[partition]));
            }
            [_] => {}
            _ => assign_together(states, &indexes),
        }
    }
}

fn assign_together(states: &mut [TopicState<'_>], indexes: &[usize]) {
    let first = indexes[0];
    for partition in 0..states[first].racks.len() {
        let fits = |reader: &usize| {
            indexes.iter().all(|&index| {
                let state = &states[index];
                state.room(*reader) > 0 && matches(state.readers[*reader].member, &state.racks[partition])
            })
        };
        if let Some(reader) = (0..states[first].readers.len()).find(fits) {
            for &index in indexes {
                states[index].give(reader, partition);
            }
        }
    }
}

/// Whether the member is in the rack of a replica. Who says no rack fits everywhere.
fn matches(member: &Member, racks: &BTreeSet<String>) -> bool {
    member.rack().is_none_or(|rack| racks.contains(rack))
}

struct Reader<'a> {
    member: &'a Member,
    count: usize,
}

/// One topic while it is divided.
struct TopicState<'a> {
    topic: &'a Arc<str>,
    racks: &'a PartitionRacks,
    readers: Vec<Reader<'a>>,
    free: BTreeSet<usize>,
    assigned: Vec<(&'a Member, usize)>,
    /// What each reader gets at least.
    quota: usize,
    /// How many readers get one more.
    extras: usize,
    uses_racks: bool,
}

impl<'a> TopicState<'a> {
    fn new(topic: &'a Arc<str>, racks: &'a PartitionRacks, members: &[&'a Member]) -> Self {
        let wanting = members.iter().filter(|member| member.wants(topic));
        let readers: Vec<Reader<'a>> = wanting.map(|member| Reader { member, count: 0 }).collect();
        let (quota, extras) = match readers.len() {
            0 => (0, 0),
            count => (racks.len() / count, racks.len() % count),
        };
        let reader_racks: BTreeSet<&str> = readers.iter().filter_map(|reader| reader.member.rack()).collect();
        let all_racks: BTreeSet<&str> = racks.iter().flatten().map(String::as_str).collect();
        // Racks say nothing where every partition has a replica in each of them.
        let differ = racks.iter().any(|racks| racks.len() != all_racks.len());
        let uses_racks = differ && !reader_racks.is_disjoint(&all_racks);
        let free = (0..racks.len()).collect();
        Self { topic, racks, readers, free, assigned: Vec::new(), quota, extras, uses_racks }
    }

    /// How many more partitions a reader may get.
    fn room(&self, reader: usize) -> usize {
        (self.quota + usize::from(self.extras > 0)).saturating_sub(self.readers[reader].count)
    }

    fn give(&mut self, reader: usize, partition: usize) {
        self.free.remove(&partition);
        self.readers[reader].count += 1;
        if self.readers[reader].count == self.quota + 1 {
            self.extras -= 1;
        }
        self.assigned.push((self.readers[reader].member, partition));
    }

    fn assign_runs(&mut self, may_have: impl Fn(&Member, usize) -> bool) {
        for reader in 0..self.readers.len() {
            let member = self.readers[reader].member;
            let room = self.room(reader);
            let run: Vec<usize> = self
                .free
                .iter()
                .copied()
                .filter(|&partition| may_have(member, partition))
                .take(room)
                .collect();
            for partition in run {
                self.give(reader, partition);
            }
        }
    }
}
