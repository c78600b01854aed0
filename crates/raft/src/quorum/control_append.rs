//! What a leader writes by itself, and what follows when the watermark moves.

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};

use super::{AppendError, Quorum};
use crate::leader::{ChangeKind, VoterChange};
use crate::output::{Answer, ControlRecord, Output};
use crate::role::Role;
use crate::voter_history::VoterRecord;
use crate::voter_set::{KRaftVersion, VoterSet};

impl Quorum {
    /// Where a leader's next record goes. Append there, then report [`Quorum::on_appended`].
    pub fn check_append(&self, epoch: LeaderEpoch) -> Result<Offset, AppendError> {
        match &self.role {
            Role::Leader(leader) if epoch == self.epoch => match leader.resigns || self.is_stopping {
                true => Err(AppendError::Resigning),
                false => Ok(self.log.end()),
            },
            _ => Err(AppendError::NotLeader { epoch, current: self.epoch }),
        }
    }

    /// A leader's first batch: nothing can be committed before it is (Q3). With dynamic voters it also carries the first voters, which so far stand in the
    /// bootstrap snapshot alone, and this node's endpoints if they have changed.
    pub(super) fn append_epoch_start(&mut self, granting: Vec<NodeId>, now: MonotonicNs) {
        let voters = self.voters.last();
        let leader_change = ControlRecord::LeaderChange {
            leader: self.local.key.id,
            voters: voters.ids().collect(),
            granting,
        };
        let mut records = vec![leader_change];
        if self.voters.kraft_version() == KRaftVersion::Dynamic {
            let is_bootstrap = self.voters.last_offset().is_none_or(|offset| offset < Offset::ZERO);
            if (is_bootstrap || voters.is_outdated_for(&self.local))
                && let Some(updated) = voters.with_updated(self.local.clone())
            {
                records.push(ControlRecord::KRaftVersion(KRaftVersion::Dynamic));
                records.push(ControlRecord::KRaftVoters(updated));
            }
        }
        self.append_control(records, now);
    }

    pub(super) fn append_voters(&mut self, voters: VoterSet, now: MonotonicNs) -> Offset {
        self.append_control(vec![ControlRecord::KRaftVoters(voters)], now)
    }

    /// The end behind the records.
    pub(super) fn append_control(&mut self, records: Vec<ControlRecord>, now: MonotonicNs) -> Offset {
        let base = self.log.end();
        for (index, record) in records.iter().enumerate() {
            let obeyed = match record {
                ControlRecord::KRaftVersion(version) => VoterRecord::Version(*version),
                ControlRecord::KRaftVoters(voters) => VoterRecord::Voters(voters.clone()),
                ControlRecord::LeaderChange { .. } => continue,
            };
            let added = self.voters.add(base.plus(index as i64), obeyed);
            debug_assert!(added.is_ok(), "a leader changes one voter at a time: {added:?}");
        }
        let end = base.plus(records.len() as i64);
        self.log.append(end, self.epoch);
        self.outputs.push_back(Output::AppendControl { base, epoch: self.epoch, records });
        let synced_end = self.log.synced_end();
        if let Role::Leader(leader) = &mut self.role {
            leader.on_voters(self.voters.last());
            let moved = leader.on_local_end(synced_end);
            self.on_leader_high_watermark(moved, now);
        }
        self.answer_parked();
        end
    }

    pub(super) fn on_leader_high_watermark(&mut self, moved: Option<Offset>, now: MonotonicNs) {
        let Some(high_watermark) = moved else { return };
        self.raise_high_watermark(high_watermark);
        self.commit_voter_change(high_watermark, now);
        self.answer_parked();
    }

    fn commit_voter_change(&mut self, high_watermark: Offset, _now: MonotonicNs) {
        let is_voter = self.is_voter();
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(VoterChange::Committing { token, end, .. }) = leader.change else { return };
        if high_watermark < end {
            return;
        }
        leader.change = None;
        // Only now: the set without this node counts, and it is the others' turn.
        leader.resigns |= !is_voter;
        match token {
            Some((token, ChangeKind::Add)) => self.answer(token, Answer::AddVoter(Ok(()))),
            Some((token, ChangeKind::Remove)) => self.answer(token, Answer::RemoveVoter(Ok(()))),
            None => {}
        }
    }
}
