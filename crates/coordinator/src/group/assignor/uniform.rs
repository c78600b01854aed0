//! The assignor `uniform` where all members read the same topics: members keep what they have up to their share, what
//! is left goes to those below theirs. One pass over partitions and members.

use std::collections::BTreeMap;

use jackdaw_base::Uuid;

use super::{PartitionCounts, Partitions, Subscriber};

pub(super) fn assign(members: &[Subscriber<'_>], counts: &PartitionCounts) -> Vec<Partitions> {
    let Some(first) = members.first() else { return Vec::new() };
    let mut is_taken: BTreeMap<Uuid, Vec<bool>> = BTreeMap::new();
    let mut total = 0;
    for topic in first.topics {
        let count = usize::try_from(counts.get(topic).copied().unwrap_or(0)).unwrap_or(0);
        total += count;
        is_taken.insert(*topic, vec![false; count]);
    }
    let shares = shares(members, &is_taken, total);
    let mut assignments = Vec::with_capacity(members.len());
    let mut sizes = Vec::with_capacity(members.len());
    for (member, &share) in members.iter().zip(&shares) {
        let (kept, size) = keep(member.owned, &mut is_taken, share);
        assignments.push(kept);
        sizes.push(size);
    }
    let free = is_taken.iter().flat_map(|(topic, taken)| {
        let partitions = (0..).zip(taken).filter(|(_, is_taken)| !**is_taken);
        partitions.map(move |(partition, _)| (*topic, partition))
    });
    let mut index = 0;
    for (topic, partition) in free {
        while sizes.get(index).zip(shares.get(index)).is_some_and(|(size, share)| size >= share) {
            index += 1;
        }
        let Some(assignment) = assignments.get_mut(index) else { break };
        assignment.entry(topic).or_default().push(partition);
        sizes[index] += 1;
    }
    for partitions in assignments.iter_mut().flat_map(BTreeMap::values_mut) {
        partitions.sort_unstable();
    }
    assignments
}

/// How many partitions each member is to have. Where the total does not divide, those that have one more already keep
/// it before others get one.
fn shares(members: &[Subscriber<'_>], topics: &BTreeMap<Uuid, Vec<bool>>, total: usize) -> Vec<usize> {
    let base = total / members.len();
    let mut spare = total % members.len();
    let mut shares = vec![base; members.len()];
    let has_more = |member: &Subscriber<'_>| {
        let owned = member.owned.iter().filter(|(topic, _)| topics.contains_key(topic));
        owned.map(|(_, partitions)| partitions.len()).sum::<usize>() > base
    };
    let (having_more, others): (Vec<usize>, Vec<usize>) =
        (0..members.len()).partition(|&index| has_more(&members[index]));
    for index in having_more.into_iter().chain(others) {
        if spare == 0 {
            break;
        }
        shares[index] += 1;
        spare -= 1;
    }
    shares
}

/// What a member keeps of what it has: at most its share, of topics that are still read, and only what nobody before
/// it has kept.
fn keep(owned: &Partitions, is_taken: &mut BTreeMap<Uuid, Vec<bool>>, share: usize) -> (Partitions, usize) {
    let mut kept = Partitions::new();
    let mut size = 0;
    for (topic, partitions) in owned {
        let Some(is_taken) = is_taken.get_mut(topic) else { continue };
        let mut of_topic = Vec::with_capacity(partitions.len().min(share - size));
        for &partition in partitions {
            if size == share {
                break;
            }
            let slot = usize::try_from(partition).ok().and_then(|index| is_taken.get_mut(index));
            if let Some(slot) = slot.filter(|slot| !**slot) {
                *slot = true;
                of_topic.push(partition);
                size += 1;
            }
        }
        if !of_topic.is_empty() {
            kept.insert(*topic, of_topic);
        }
    }
    (kept, size)
}
