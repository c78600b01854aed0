//! Sticky assignment: as even as the subscriptions allow, and as much as possible stays where it was. Who had what is what
//! the members claim; a claim of an older generation yields to a newer one, and two equal ones cancel each other.
//!
//! First everybody keeps what is still valid, then free partitions go to whoever has least, then partitions move along the
//! shortest chain of members from one with too many to one with at least two fewer. Each move makes the spread smaller, so
//! it ends, and it ends where no chain is left: no assignment is more even.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::user_data::Claim;
use super::{Assignment, Member, Topics};
use crate::topic_partition::TopicPartition;

pub(super) fn assign(topics: &Topics, members: &[&Member], claim: impl Fn(&Member) -> Claim) -> Assignment {
    let mut shares = Shares::new(topics, members);
    shares.keep_claims(members, claim);
    shares.give_free();
    shares.even_out();
    let of_member = |(index, member): (usize, &&Member)| {
        let partitions = shares.assigned[index].values().flatten();
        (member.id.clone(), partitions.map(|&partition| shares.partition(partition)).collect())
    };
    members.iter().enumerate().map(of_member).collect()
}

/// A partition by the number of its topic and its own.
type Place = (usize, usize);

struct Shares<'a> {
    topics: Vec<(&'a Arc<str>, &'a super::PartitionRacks)>,
    /// Per topic the members that want it.
    readers: Vec<Vec<usize>>,
    members: &'a [&'a Member],
    /// Per member and topic what it has.
    assigned: Vec<BTreeMap<usize, BTreeSet<Place>>>,
    counts: Vec<usize>,
    owner: BTreeMap<Place, usize>,
    /// Who had a partition before.
    before: BTreeMap<Place, usize>,
}

impl<'a> Shares<'a> {
    fn new(topics: &'a Topics, members: &'a [&'a Member]) -> Self {
        let wanting =
            |topic: &Arc<str>| (0..members.len()).filter(|&index| members[index].wants(topic)).collect();
        Self {
            readers: topics.keys().map(wanting).collect(),
            topics: topics.iter().collect(),
            members,
            assigned: vec![BTreeMap::new(); members.len()],
            counts: vec![0; members.len()],
            owner: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }

    fn partition(&self, (topic, partition): Place) -> TopicPartition {
        TopicPartition::new(self.topics[topic].0.clone(), partition as i32)
    }

    fn give(&mut self, place: Place, member: usize) {
        self.owner.insert(place, member);
        self.assigned[member].entry(place.0).or_default().insert(place);
        self.counts[member] += 1;
    }

    fn take(&mut self, place: Place, member: usize) {
        self.owner.remove(&place);
        self.assigned[member].entry(place.0).or_default().remove(&place);
        self.counts[member] -= 1;
    }

    fn keep_claims(&mut self, members: &[&Member], claim: impl Fn(&Member) -> Claim) {
        let numbers: BTreeMap<&str, usize> =
            self.topics.iter().enumerate().map(|(number, (topic, _))| (&***topic, number)).collect();
        // The best claim on each partition, `None` once two were equal.
        let mut claims: BTreeMap<Place, (i32, Option<usize>)> = BTreeMap::new();
        for (index, member) in members.iter().enumerate() {
            let claim = claim(member);
            for claimed in &claim.partitions {
                let Some(&topic) = numbers.get(&*claimed.topic) else { continue };
                let Ok(partition) = usize::try_from(claimed.partition) else { continue };
                if partition >= self.topics[topic].1.len() || !member.wants(&claimed.topic) {
                    continue;
                }
                let best = claims.entry((topic, partition)).or_insert((claim.generation, Some(index)));
                match claim.generation.cmp(&best.0) {
                    std::cmp::Ordering::Greater => *best = (claim.generation, Some(index)),
                    std::cmp::Ordering::Equal if best.1 != Some(index) => best.1 = None,
                    _ => {}
                }
            }
        }
        for (place, (_, member)) in claims {
            if let Some(member) = member {
                self.before.insert(place, member);
                self.give(place, member);
            }
        }
    }

    /// Those that few can have first; beside a replica where that costs no balance.
    fn give_free(&mut self) {
        let places = (0..self.topics.len()).flat_map(|topic| {
            let count = self.topics[topic].1.len();
            (0..count).map(move |partition| (topic, partition))
        });
        let mut free: Vec<Place> = places.filter(|place| !self.owner.contains_key(place)).collect();
        free.sort_by_key(|&(topic, partition)| (self.readers[topic].len(), topic, partition));
        for place in free {
            let racks = &self.topics[place.0].1[place.1];
            let is_far = |member: usize| self.members[member].rack().is_none_or(|rack| !racks.contains(rack));
            let least = self.readers[place.0].iter().copied();
            let least = least.min_by_key(|&member| (self.counts[member], is_far(member), member));
            if let Some(member) = least {
                self.give(place, member);
            }
        }
    }

    fn even_out(&mut self) {
        while let Some(chain) = self.chain() {
            for (place, from, to) in chain {
                self.take(place, from);
                self.give(place, to);
            }
        }
    }

    /// The moves from a member with most partitions (of those from whom any chain leads on) to one with at least two
    /// fewer, over as few others as possible.
    fn chain(&self) -> Option<Vec<(Place, usize, usize)>> {
        let mut by_count: Vec<usize> = (0..self.members.len()).collect();
        by_count.sort_by_key(|&member| (std::cmp::Reverse(self.counts[member]), member));
        let fewest = self.counts.iter().copied().min()?;
        let rich = by_count.into_iter().take_while(|&member| self.counts[member] >= fewest + 2);
        rich.into_iter().find_map(|from| self.chain_from(from))
    }

    fn chain_from(&self, from: usize) -> Option<Vec<(Place, usize, usize)>> {
        let mut reached: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for (&topic, places) in &self.assigned[at] {
                if places.is_empty() {
                    continue;
                }
                for &next in &self.readers[topic] {
                    if next == from || next == at || reached.contains_key(&next) {
                        continue;
                    }
                    reached.insert(next, (at, topic));
                    queue.push_back(next);
                }
            }
        }
        let poorest = reached.keys().copied().min_by_key(|&member| (self.counts[member], member))?;
        (self.counts[poorest] + 2 <= self.counts[from]).then(|| self.moves(&reached, from, poorest))
    }

    fn moves(
        &self,
        reached: &BTreeMap<usize, (usize, usize)>,
        from: usize,
        to: usize,
    ) -> Vec<(Place, usize, usize)> {
        let (mut moves, mut at) = (Vec::new(), to);
        while at != from {
            let (giver, topic) = reached[&at];
            let places = &self.assigned[giver][&topic];
            // What goes home moves first, then what its owner did not have before, then the last one.
            let rank = |place: &Place| match self.before.get(place) {
                Some(&owner) if owner == at => 0,
                Some(&owner) if owner == giver => 2,
                _ => 1,
            };
            let place = places.iter().copied().min_by_key(|place| (rank(place), std::cmp::Reverse(*place)));
            if let Some(place) = place {
                moves.push((place, giver, at));
            }
            at = giver;
        }
        moves
    }
}
