//! What must be true, whatever happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::TimestampMs;

use super::client::{Client, Partition};
use crate::fixture::TestWorld;
use crate::group::GroupRecord;
use crate::group::state::{Group, GroupState};

/// What clients were told about commits.
#[derive(Default)]
pub struct Oracle {
    /// The latest acknowledged commit of each partition, and whose it was.
    acknowledged: BTreeMap<Partition, (i64, usize)>,
    /// Every offset that was ever sent.
    attempted: BTreeMap<Partition, Vec<i64>>,
}

/// C4: by what they know themselves, no two members own one partition.
pub fn check_owners<'a>(
    now_ms: u64,
    clients: impl Iterator<Item = (usize, &'a dyn Client)>,
) -> Result<(), String> {
    let mut owners: BTreeMap<&Partition, usize> = BTreeMap::new();
    for (slot, client) in clients.filter(|(_, client)| client.lease_until_ms() > now_ms) {
        for partition in client.owned() {
            if let Some(other) = owners.insert(partition, slot) {
                return Err(format!("C4: {partition:?} is owned by the members {other} and {slot}"));
            }
        }
    }
    Ok(())
}

/// C4: no commit is taken from one member while another one owns the partition.
pub fn check_commit<'a>(
    now_ms: u64,
    slot: usize,
    partition: &Partition,
    mut others: impl Iterator<Item = (usize, &'a dyn Client)>,
) -> Result<(), String> {
    let owner =
        others.find(|(_, client)| client.lease_until_ms() > now_ms && client.owned().contains(partition));
    match owner {
        None => Ok(()),
        Some((owner, _)) => Err(format!(
            "C4: a commit of member {slot} was taken for {partition:?}, which member {owner} owns"
        )),
    }
}

/// C1: the state is what the log says.
pub fn check_replay(state: &GroupState, log: &[GroupRecord], world: &TestWorld) -> Result<(), String> {
    let mut replayed = GroupState::default();
    log.iter().for_each(|record| replayed.replay(record));
    let (mut live, mut replayed) = (observed(state, world), observed(&replayed, world));
    // A rebalance under way is not in the log.
    for (id, group) in state.groups.entries() {
        if matches!(group.as_ref(), Group::Classic(classic) if !["Stable", "Empty"].contains(&classic.state_name()))
        {
            let described =
                |what: &mut BTreeMap<_, Observed>| what.entry(Arc::clone(id)).or_default().described = None;
            described(&mut live);
            described(&mut replayed);
        }
    }
    match live == replayed {
        true => Ok(()),
        false => Err(format!("C1: the state is\n{live:#?}\nbut the log says\n{replayed:#?}")),
    }
}

/// What the log describes of a group, as text.
#[derive(PartialEq, Debug, Default)]
struct Observed {
    offsets: Vec<(Partition, i64, TimestampMs)>,
    described: Option<String>,
}

/// All groups but those without members and offsets: they may be there or not.
fn observed(state: &GroupState, world: &TestWorld) -> BTreeMap<Arc<str>, Observed> {
    let mut observed = BTreeMap::new();
    for (id, group) in state.groups.entries() {
        let offsets: Vec<_> = state
            .offsets
            .of_group(id)
            .map(|(topic, partition, offset)| {
                ((Arc::clone(topic), partition), offset.offset, offset.committed)
            })
            .collect();
        let described = match group.as_ref() {
            Group::Classic(classic) => format!("{:?}", classic.describe()),
            Group::Consumer(consumer) => format!("{:?}", consumer.describe(world)),
        };
        if !offsets.is_empty() || !group.is_empty() {
            observed.insert(Arc::clone(id), Observed { offsets, described: Some(described) });
        }
    }
    observed
}

impl Oracle {
    pub fn on_commit_sent(&mut self, partition: Partition, offset: i64) {
        self.attempted.entry(partition).or_default().push(offset);
    }

    /// C4: offsets are counted up over all members, so a commit below one of another member is a former owner's.
    pub fn on_commit_taken(&mut self, slot: usize, partition: &Partition, offset: i64) -> Result<(), String> {
        let last = self.acknowledged.entry(partition.clone()).or_insert((offset, slot));
        if last.0 > offset {
            let (last, other) = last;
            return Err(format!(
                "C4: {offset} of member {slot} was taken for {partition:?} after {last} of member {other}"
            ));
        }
        *last = (offset, slot);
        Ok(())
    }

    /// C2: what was acknowledged is there, or something later that was sent.
    pub fn check_offsets(&self, group: &Arc<str>, state: &GroupState) -> Result<(), String> {
        for (partition, (acknowledged, _)) in &self.acknowledged {
            let found = state.offsets.get(group, &partition.0, partition.1).map(|offset| offset.offset);
            let is_attempted =
                |offset| self.attempted.get(partition).is_some_and(|sent| sent.contains(&offset));
            match found {
                Some(offset) if offset >= *acknowledged && is_attempted(offset) => {}
                _ => {
                    return Err(format!(
                        "C2: {acknowledged} was acknowledged for {partition:?}, and now it is {found:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
