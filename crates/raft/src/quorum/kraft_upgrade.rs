//! From voters that are configured to voters that stand in the log: kraft.version goes from 0 to 1 (KIP-853), once and for all.

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId};
use thiserror::Error;

use super::Quorum;
use crate::output::ControlRecord;
use crate::role::Role;
use crate::voter_set::{KRaftVersion, VoterSet};

/// Why kraft.version stays what it is.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum KRaftUpgradeError {
    /// Only the leader can, in its own epoch, once it has committed something in it.
    #[error("this node does not lead in epoch {0}, or not long enough")]
    NotReady(LeaderEpoch),
    /// The voters in the log would be forgotten.
    #[error("kraft.version cannot go back")]
    Downgrade,
    /// A record of the voters must name every voter's directory, and this one has not told it.
    #[error("voter {0} has not told its directory yet")]
    UnknownDirectory(NodeId),
    /// A voter would not understand it.
    #[error("voter {0} does not support this kraft.version")]
    NotSupported(NodeId),
}

impl Quorum {
    /// Whether the leader of `epoch` could raise kraft.version to `version`.
    pub fn check_kraft_version(
        &self,
        epoch: LeaderEpoch,
        version: KRaftVersion,
    ) -> Result<(), KRaftUpgradeError> {
        self.upgraded_voters(epoch, version).map(drop)
    }

    /// Raises kraft.version: one batch with the version and the voters. They count from the moment they are in the log.
    pub fn on_kraft_version(
        &mut self,
        epoch: LeaderEpoch,
        version: KRaftVersion,
        now: MonotonicNs,
    ) -> Result<(), KRaftUpgradeError> {
        let Some(voters) = self.upgraded_voters(epoch, version)? else { return Ok(()) };
        self.append_control(
            vec![ControlRecord::KRaftVersion(version), ControlRecord::KRaftVoters(voters)],
            now,
        );
        self.step(now);
        Ok(())
    }

    /// The voters to write down; `None` if the version is what it shall be.
    fn upgraded_voters(
        &self,
        epoch: LeaderEpoch,
        version: KRaftVersion,
    ) -> Result<Option<VoterSet>, KRaftUpgradeError> {
        let is_ready = matches!(&self.role, Role::Leader(leader) if leader.high_watermark.is_some());
        if epoch != self.epoch || !is_ready {
            return Err(KRaftUpgradeError::NotReady(epoch));
        }
        match version.cmp(&self.voters.kraft_version()) {
            std::cmp::Ordering::Less => return Err(KRaftUpgradeError::Downgrade),
            std::cmp::Ordering::Equal => return Ok(None),
            std::cmp::Ordering::Greater => {}
        }
        let voters = self.voters.last();
        let voters = voters.with_updated(self.local.clone()).unwrap_or_else(|| voters.clone());
        for voter in voters.iter() {
            if voter.key.directory.is_none() {
                return Err(KRaftUpgradeError::UnknownDirectory(voter.key.id));
            }
            if !voter.kraft_versions.supports(version) {
                return Err(KRaftUpgradeError::NotSupported(voter.key.id));
            }
        }
        Ok(Some(voters))
    }
}
