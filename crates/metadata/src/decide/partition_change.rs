//! The one place where a partition's registration changes: what is asked for becomes a change record, with a
//! leader elected, a reassignment completed and eligible leader replicas kept as KIP-966 wants it.

use std::collections::BTreeSet;

use jackdaw_base::{DirectoryId, NodeId, PartitionIndex, TopicId, Uuid};
use jackdaw_protocol::messages::partition_change_record::PartitionChangeRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use crate::image::partition::{NO_LEADER, NO_LEADER_CHANGE, NO_RECOVERY_CHANGE, ids};
use crate::image::{Image, LeaderRecoveryState, Partition};
use crate::metadata_version::MetadataVersion;

/// How a leader is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Election {
    /// The preferred leader if it can, else as `Online`.
    Preferred,
    /// The leader stays if it can; else the first in-sync (or, without any, eligible) replica that can.
    Online,
    /// As `Online`, but any replica that can is better than none.
    Unclean,
}

/// Facts about the cluster and the topic that every change of a partition needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) version: MetadataVersion,
    pub(super) elr_enabled: bool,
    /// The topic's `min.insync.replicas`, no more than its replication factor.
    pub(super) min_isr: usize,
}

/// A change in the making. Fields left alone keep what the partition has.
pub(super) struct PartitionChange<'i> {
    before: &'i Partition,
    pub(super) rules: Rules,
    pub(super) election: Election,
    pub(super) isr: Vec<NodeId>,
    pub(super) replicas: Vec<NodeId>,
    pub(super) removing: Vec<NodeId>,
    pub(super) adding: Vec<NodeId>,
    pub(super) recovery: LeaderRecoveryState,
    /// Brokers that stopped without flushing: they are not eligible any more.
    pub(super) unclean_shutdown: Option<NodeId>,
    /// Directories that replicas are assigned to by this change.
    pub(super) directories: Vec<(NodeId, DirectoryId)>,
    elr: Vec<NodeId>,
}

impl<'i> PartitionChange<'i> {
    pub(super) fn new(before: &'i Partition, rules: Rules) -> Self {
        Self {
            before,
            rules,
            election: Election::Online,
            isr: before.isr.to_vec(),
            replicas: before.replicas.to_vec(),
            removing: before.removing_replicas.to_vec(),
            adding: before.adding_replicas.to_vec(),
            recovery: before.leader_recovery_state,
            unclean_shutdown: None,
            directories: Vec::new(),
            elr: before.eligible_leader_replicas.to_vec(),
        }
    }

    /// The record, or `None` if nothing changes. `can_lead` says which brokers are alive and have the replica's
    /// directory online.
    pub(super) fn build(
        mut self,
        image: &Image,
        topic_id: TopicId,
        index: PartitionIndex,
        can_lead: &dyn Fn(NodeId) -> bool,
    ) -> Option<PartitionChangeRecord<'static>> {
        let mut record =
            PartitionChangeRecord { partition_id: index.0, topic_id, ..PartitionChangeRecord::default() };
        self.complete_reassignment();
        self.gather_eligible_replicas();
        self.elect(&mut record, can_lead);
        self.bump_epoch_for_removed_replicas(&mut record);
        self.write_eligible_replicas(&mut record);
        let isr_may_change = !self.isr.is_empty() || self.rules.elr_enabled;
        if record.isr.is_none() && isr_may_change && self.isr != *self.before.isr {
            record.isr = Some(ids(&self.isr));
        }
        self.bump_epoch_for_shrunk_isr(&mut record);
        self.write_last_known_leader(&mut record);
        self.write_assignment(&mut record, image);
        if self.recovery != self.before.leader_recovery_state {
            record.leader_recovery_state = self.recovery.code();
        }
        (!is_empty(&record)).then_some(record)
    }

    /// A reassignment is over when all new replicas are in sync, and not before what stays could take over.
    fn complete_reassignment(&mut self) {
        if self.removing.is_empty() && self.adding.is_empty() {
            return;
        }
        let stays = |node: &&NodeId| !self.removing.contains(node);
        let isr: Vec<NodeId> = self.isr.iter().filter(stays).copied().collect();
        let replicas: Vec<NodeId> = self.replicas.iter().filter(stays).copied().collect();
        let nothing_left = !self.removing.is_empty() && (isr.is_empty() || replicas.is_empty());
        if nothing_left || !self.adding.iter().all(|node| isr.contains(node)) {
            return;
        }
        // With fewer replicas than before nobody may be lost on the way.
        if self.adding.len() < self.removing.len() && !replicas.iter().all(|node| isr.contains(node)) {
            return;
        }
        self.isr = isr;
        self.replicas = replicas;
        self.removing.clear();
        self.adding.clear();
    }

    fn gather_eligible_replicas(&mut self) {
        if !self.rules.elr_enabled {
            return;
        }
        if self.isr.len() >= self.rules.min_isr {
            self.elr.clear();
            return;
        }
        let candidates: BTreeSet<NodeId> = self.elr.iter().chain(self.before.isr.iter()).copied().collect();
        // Who holds no replica any more (a reassignment has just ended) has nothing to be eligible with.
        self.elr = candidates
            .into_iter()
            .filter(|node| !self.isr.contains(node) && self.replicas.contains(node))
            .filter(|node| self.unclean_shutdown != Some(*node))
            .collect();
    }

    fn elect(&mut self, record: &mut PartitionChangeRecord<'static>, can_lead: &dyn Fn(NodeId) -> bool) {
        let (leader, unclean) = self.choose(can_lead);
        if leader == self.before.leader {
            return;
        }
        record.leader = leader.map_or(NO_LEADER, |leader| leader.0);
        let Some(leader) = leader else { return };
        if self.elr.contains(&leader) {
            self.isr = vec![leader];
            self.elr.retain(|node| *node != leader);
        }
        if unclean {
            // Only the new leader's log counts from here on: what the others have beyond it is lost.
            record.isr = Some(vec![leader.0]);
            if self.before.leader_recovery_state != LeaderRecoveryState::Recovering {
                record.leader_recovery_state = LeaderRecoveryState::Recovering.code();
            }
        }
    }

    /// The leader, and whether it may lack committed records.
    fn choose(&self, can_lead: &dyn Fn(NodeId) -> bool) -> (Option<NodeId>, bool) {
        let is_valid = |node: NodeId| {
            let has_everything =
                self.isr.contains(&node) || (self.isr.is_empty() && self.elr.contains(&node));
            has_everything && can_lead(node)
        };
        let preferred = match self.election {
            Election::Preferred => self.replicas.first().copied(),
            Election::Online | Election::Unclean => None,
        };
        let clean = preferred.filter(|node| is_valid(*node));
        let clean = clean.or_else(|| self.before.leader.filter(|node| is_valid(*node)));
        let clean = clean.or_else(|| self.replicas.iter().copied().find(|node| is_valid(*node)));
        if clean.is_some() {
            return (clean, false);
        }
        if let Some(leader) = self.last_known_leader(can_lead) {
            return (Some(leader), true);
        }
        if self.election == Election::Unclean
            && let Some(leader) = self.replicas.iter().copied().find(|node| can_lead(*node))
        {
            return (Some(leader), true);
        }
        (None, false)
    }

    /// Nobody is known to have everything; the one that led last has the most (KIP-966, balanced recovery).
    fn last_known_leader(&self, can_lead: &dyn Fn(NodeId) -> bool) -> Option<NodeId> {
        match *self.before.last_known_elr {
            [last] if self.rules.elr_enabled && self.elr.is_empty() && self.isr.is_empty() => {
                can_lead(last).then_some(last)
            }
            _ => None,
        }
    }

    fn bump_epoch_for_removed_replicas(&self, record: &mut PartitionChangeRecord<'static>) {
        let removed = self.before.replicas.iter().any(|node| !self.replicas.contains(node));
        if record.leader == NO_LEADER_CHANGE && removed {
            record.leader = self.before.leader.map_or(NO_LEADER, |leader| leader.0);
        }
    }

    fn bump_epoch_for_shrunk_isr(&self, record: &mut PartitionChangeRecord<'static>) {
        if !self.rules.version.bumps_leader_epoch_on_isr_shrink() || record.leader != NO_LEADER_CHANGE {
            return;
        }
        let Some(isr) = &record.isr else { return };
        if self.before.isr.iter().any(|node| !isr.contains(&node.0)) {
            record.leader = self.before.leader.map_or(NO_LEADER, |leader| leader.0);
        }
    }

    fn write_eligible_replicas(&mut self, record: &mut PartitionChangeRecord<'static>) {
        let unclean = record.isr.is_some();
        if unclean || !self.rules.elr_enabled {
            self.elr.clear();
        }
        // Below the level that knows the field there is nothing to clear either (M3).
        if self.elr != *self.before.eligible_leader_replicas
            && self.rules.version.allows_eligible_leader_replicas()
        {
            record.eligible_leader_replicas = Some(ids(&self.elr));
        }
    }

    /// `last_known_elr` remembers the last leader of a partition that has none.
    fn write_last_known_leader(&self, record: &mut PartitionChangeRecord<'static>) {
        if !self.rules.elr_enabled {
            return;
        }
        if record.leader == NO_LEADER && self.before.last_known_elr.is_empty() {
            record.last_known_elr = Some(vec![self.before.leader.map_or(NO_LEADER, |leader| leader.0)]);
        } else if record.leader >= 0 && !self.before.last_known_elr.is_empty() {
            record.last_known_elr = Some(Vec::new());
        }
    }

    fn write_assignment(&self, record: &mut PartitionChangeRecord<'static>, image: &Image) {
        if !self.replicas.is_empty() {
            if self.rules.version.allows_directory_assignment() {
                let directories: Vec<_> =
                    self.replicas.iter().map(|node| self.directory(*node, image)).collect();
                if directories != *self.before.directories {
                    record.directories = Some(directories);
                }
            }
            if self.replicas != *self.before.replicas {
                record.replicas = Some(ids(&self.replicas));
            }
        }
        if self.removing != *self.before.removing_replicas {
            record.removing_replicas = Some(ids(&self.removing));
        }
        if self.adding != *self.before.adding_replicas {
            record.adding_replicas = Some(ids(&self.adding));
        }
    }

    fn directory(&self, node: NodeId, image: &Image) -> DirectoryId {
        let assigned =
            self.directories.iter().find(|(broker, _)| *broker == node).map(|(_, directory)| *directory);
        assigned
            .or_else(|| self.before.directory_of(node))
            .unwrap_or_else(|| default_directory(image, self.rules.version, node))
    }
}

/// Where a new replica on `node` goes as far as the controller knows: to the only directory, or unassigned.
pub(super) fn default_directory(image: &Image, version: MetadataVersion, node: NodeId) -> DirectoryId {
    if !version.allows_directory_assignment() {
        return Uuid::ZERO;
    }
    match image.cluster.broker(node).map(|broker| broker.log_dirs.as_slice()) {
        None => Uuid::ONE,
        Some([]) => Uuid::ZERO,
        Some([only]) => *only,
        Some(_) => Uuid::ONE,
    }
}

/// The record as [`MetadataRecord`].
pub(super) fn into_record(change: PartitionChangeRecord<'static>) -> MetadataRecord<'static> {
    MetadataRecord::PartitionChange(change)
}

fn is_empty(record: &PartitionChangeRecord<'_>) -> bool {
    record.isr.is_none()
        && record.leader == NO_LEADER_CHANGE
        && record.replicas.is_none()
        && record.removing_replicas.is_none()
        && record.adding_replicas.is_none()
        && record.leader_recovery_state == NO_RECOVERY_CHANGE
        && record.directories.is_none()
        && record.eligible_leader_replicas.is_none()
        && record.last_known_elr.is_none()
}

#[cfg(test)]
mod tests;
