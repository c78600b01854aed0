//! Where new partitions go: replicas spread over racks, first replicas over brokers, so that load is even after
//! many topics. Brokers that are fenced hold replicas only when there are no others.
//!
//! ```text
//! racks A(1,2) B(3,4) C(5,6), factor 3:   partition 0: A1 B3 C5   1: B4 C6 A2   2: C5 A1 B3 …
//! ```

use std::collections::BTreeMap;

use jackdaw_base::NodeId;

use super::Chance;
use crate::image::Image;

/// Why replicas cannot be placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlacementError {
    /// Nobody could lead.
    #[error("All brokers are currently fenced, or have all their log directories cordoned.")]
    NoUsableBroker,
    /// More replicas than brokers.
    #[error(
        "The target replication factor of {factor} cannot be reached because only {brokers} broker(s) are registered or some brokers have all their log directories cordoned."
    )]
    TooFewBrokers {
        /// What was asked for.
        factor: i16,
        /// What is there.
        brokers: usize,
    },
}

/// Brokers that take turns: each round starts one further.
#[derive(Default)]
struct Turns {
    brokers: Vec<NodeId>,
    start: usize,
    taken: usize,
    round: usize,
}

impl Turns {
    fn next(&mut self, round: usize) -> Option<NodeId> {
        let count = self.brokers.len();
        if count > 0 && self.round != round {
            self.round = round;
            self.taken = 0;
            self.start = (self.start + 1) % count;
        }
        if self.taken >= count {
            return None;
        }
        let broker = self.brokers[(self.start + self.taken) % count];
        self.taken += 1;
        Some(broker)
    }
}

#[derive(Default)]
struct Rack {
    unfenced: Turns,
    fenced: Turns,
}

impl Rack {
    fn next(&mut self, round: usize) -> Option<NodeId> {
        self.unfenced.next(round).or_else(|| self.fenced.next(round))
    }
}

struct Racks {
    /// In the order in which they take turns.
    racks: Vec<Rack>,
    start: usize,
    round: usize,
    unfenced_count: usize,
    chance: Chance,
}

/// Replica lists of `partition_count` new partitions, each with `replication_factor` different brokers, the first
/// of them unfenced.
pub(super) fn place(
    image: &Image,
    partition_count: usize,
    replication_factor: i16,
    chance: &mut Chance,
) -> Result<Vec<Vec<NodeId>>, PlacementError> {
    let usable: Vec<_> =
        image.cluster.brokers.values().filter(|broker| broker.has_uncordoned_directory()).collect();
    let mut by_rack: BTreeMap<Option<&str>, Rack> = BTreeMap::new();
    for broker in &usable {
        let rack = by_rack.entry(broker.rack.as_deref()).or_default();
        let turns = if broker.fenced { &mut rack.fenced } else { &mut rack.unfenced };
        turns.brokers.push(broker.id);
    }
    let unfenced_count = usable.iter().filter(|broker| !broker.fenced).count();
    if unfenced_count == 0 {
        return Err(PlacementError::NoUsableBroker);
    }
    if usize::try_from(replication_factor).is_ok_and(|factor| factor > usable.len()) {
        return Err(PlacementError::TooFewBrokers { factor: replication_factor, brokers: usable.len() });
    }
    let mut racks: Vec<Rack> = by_rack.into_values().collect();
    for turns in racks.iter_mut().flat_map(|rack| [&mut rack.unfenced, &mut rack.fenced]) {
        if !turns.brokers.is_empty() {
            turns.start = chance.below(turns.brokers.len());
        }
    }
    let start = chance.below(racks.len());
    let mut racks =
        Racks { racks, start, round: 0, unfenced_count, chance: Chance::new([chance.next_u64(); 4]) };
    Ok((0..partition_count).map(|_| racks.place(replication_factor.max(1) as usize)).collect())
}

impl Racks {
    fn place(&mut self, factor: usize) -> Vec<NodeId> {
        // After as many partitions as brokers the same neighbours would meet again: deal anew.
        if self.round == self.unfenced_count && self.unfenced_count > 1 {
            self.shuffle();
            self.round = 0;
        }
        let (count, round) = (self.racks.len(), self.round);
        self.start %= count;
        let in_turn = |start: usize| (0..count).map(move |i| (start + i) % count);
        let mut replicas = Vec::with_capacity(factor);
        // The first replica leads, so it comes from the first rack that has an unfenced broker.
        let mut leading_rack = None;
        for rack in in_turn(self.start) {
            if let Some(leader) = self.racks[rack].unfenced.next(round) {
                replicas.push(leader);
                leading_rack = Some(rack);
                break;
            }
        }
        let mut rack = self.start;
        while replicas.len() < factor {
            if leading_rack == Some(rack) {
                // It has had its turn in this first round over the racks.
                leading_rack = None;
            } else if let Some(follower) = self.racks[rack].next(round) {
                replicas.push(follower);
            }
            rack = (rack + 1) % count;
        }
        self.round += 1;
        self.start += 1;
        replicas
    }

    fn shuffle(&mut self) {
        self.chance.shuffle(&mut self.racks);
        for rack in &mut self.racks {
            self.chance.shuffle(&mut rack.unfenced.brokers);
            self.chance.shuffle(&mut rack.fenced.brokers);
        }
    }
}

#[cfg(test)]
mod tests;
