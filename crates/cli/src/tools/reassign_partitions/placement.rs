//! Spreading copies over brokers: leaders one after the other, each further copy some brokers on, and, where racks are known,
//! in as many racks as there are. The same rule as Kafka's tool, so that plans look alike. Pure: where it begins is given.

use std::collections::{BTreeMap, BTreeSet};

/// A broker and its rack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub id: i32,
    pub rack: Option<String>,
}

/// Where spreading begins: two numbers by chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Start {
    pub first: usize,
    pub shift: usize,
}

/// The brokers of each of so many partitions.
///
/// # Errors
/// There are fewer brokers than copies, or only some of them have racks.
pub(super) fn spread(
    brokers: &[Candidate],
    partitions: usize,
    copies: usize,
    start: Start,
) -> Result<Vec<Vec<i32>>, String> {
    if brokers.is_empty() {
        return Err(
            "All brokers are currently fenced, or have all their log directories cordoned.".to_owned()
        );
    }
    if copies > brokers.len() {
        return Err(format!(
            "The target replication factor of {copies} cannot be reached because only {} broker(s) are registered or some brokers have all their log directories cordoned.",
            brokers.len()
        ));
    }
    match brokers.iter().filter(|broker| broker.rack.is_some()).count() {
        0 => {}
        known if known == brokers.len() => {}
        _ => {
            return Err("Not all brokers have rack information for replica rack aware assignment.".to_owned());
        }
    }
    let arranged = by_turns_of_racks(brokers);
    let racks = arranged.iter().map(|broker| broker.rack.as_deref()).collect::<BTreeSet<_>>().len();
    let count = arranged.len();
    let mut shift = start.shift;
    let mut spread = Vec::with_capacity(partitions);
    for partition in 0..partitions {
        if partition > 0 && partition % count == 0 {
            shift += 1;
        }
        let first = (partition + start.first) % count;
        // Without racks there is one, and every broker fits.
        let racks_wanted = if arranged[first].rack.is_some() { racks } else { 1 };
        spread.push(copies_from(&arranged, first, shift * racks_wanted, (copies, racks_wanted)));
    }
    Ok(spread)
}

fn copies_from(
    arranged: &[&Candidate],
    first: usize,
    shift: usize,
    (copies, racks): (usize, usize),
) -> Vec<i32> {
    let leader = arranged[first];
    let mut chosen = vec![leader.id];
    let mut racks_used = BTreeSet::from([leader.rack.as_deref()]);
    let count = arranged.len();
    let mut step = 0;
    while chosen.len() < copies {
        let broker = arranged[(first + 1 + (shift + step) % (count - 1)) % count];
        step += 1;
        let has_its_rack = racks_used.contains(&broker.rack.as_deref()) && racks_used.len() < racks;
        if !has_its_rack && !chosen.contains(&broker.id) {
            chosen.push(broker.id);
            racks_used.insert(broker.rack.as_deref());
        }
    }
    chosen
}

/// Brokers by id, one of each rack at a time.
fn by_turns_of_racks(brokers: &[Candidate]) -> Vec<&Candidate> {
    let mut racks: BTreeMap<Option<&str>, Vec<&Candidate>> = BTreeMap::new();
    for broker in brokers {
        racks.entry(broker.rack.as_deref()).or_default().push(broker);
    }
    racks.values_mut().for_each(|rack| rack.sort_by_key(|broker| broker.id));
    let longest = racks.values().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|turn| racks.values().filter_map(move |rack| rack.get(turn).copied())).collect()
}
