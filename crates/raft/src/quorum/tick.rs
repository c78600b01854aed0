//! Time: what each role does when its time has come, and when that will be.

use jackdaw_base::MonotonicNs;

use super::Quorum;
use crate::output::Peer;
use crate::role::Role;

impl Quorum {
    /// Time has passed. Call it at [`Quorum::next_deadline`]; earlier does no harm.
    pub fn on_tick(&mut self, now: MonotonicNs) {
        self.step(now);
    }

    /// When to call [`Quorum::on_tick`], if nothing else happens before.
    pub fn next_deadline(&self) -> Option<MonotonicNs> {
        let votes = self.is_voter() && !self.is_stopping;
        let role = match &self.role {
            Role::Unattached(unattached) => votes.then_some(unattached.election_deadline),
            Role::Prospective(prospective) => Some(prospective.election_deadline),
            Role::Candidate(candidate) => Some(candidate.election_deadline),
            Role::Follower(follower) if votes => Some(follower.fetch_deadline),
            Role::Follower(_) => None,
            Role::Leader(leader) => {
                let parked = leader.parked.values().map(|parked| parked.until).min();
                let has_others = leader.voters().any(|voter| voter.key.id != self.local.key.id);
                let begin_epoch = has_others.then_some(leader.begin_epoch_deadline);
                [leader.check_quorum_deadline(), begin_epoch, parked].into_iter().flatten().min()
            }
            Role::Resigned(resigned) => (!self.is_stopping).then_some(resigned.election_deadline),
        };
        [role, self.connections.next_deadline(), self.next_voter_change_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due, after every input. A role may lead to the next within one step, never back to one already left.
    pub(super) fn step(&mut self, now: MonotonicNs) {
        self.connections.on_tick(now);
        match &self.role {
            Role::Unattached(_) => self.step_unattached(now),
            Role::Prospective(_) => self.step_prospective(now),
            Role::Candidate(_) => self.step_candidate(now),
            Role::Follower(_) => self.step_follower(now),
            Role::Leader(_) => self.step_leader(now),
            Role::Resigned(_) => self.step_resigned(now),
        }
    }

    fn step_unattached(&mut self, now: MonotonicNs) {
        let Role::Unattached(unattached) = &self.role else { return };
        if self.is_voter() && !self.is_stopping && unattached.election_deadline <= now {
            self.become_prospective(now);
            self.step(now);
        } else {
            self.fetch_from_anybody(now);
        }
    }

    fn step_prospective(&mut self, now: MonotonicNs) {
        let Role::Prospective(prospective) = &self.role else { return };
        if !self.is_voter() || self.is_stopping || prospective.election_deadline <= now {
            self.after_lost_prevote(now);
            self.step(now);
        } else {
            self.send_vote_requests(now);
        }
    }

    fn step_candidate(&mut self, now: MonotonicNs) {
        let Role::Candidate(candidate) = &self.role else { return };
        if !self.is_voter() {
            self.become_unattached(self.epoch, None, now);
            self.step(now);
        } else if candidate.election_deadline <= now && !self.is_stopping {
            self.become_prospective(now);
            self.send_vote_requests(now);
        } else {
            self.send_vote_requests(now);
        }
    }

    fn step_follower(&mut self, now: MonotonicNs) {
        let Role::Follower(follower) = &self.role else { return };
        let is_silent = follower.fetch_deadline <= now;
        let leader = Peer::Node(follower.leader.id);
        let update_due = follower.update_voter_deadline <= now;
        if self.is_voter() {
            if is_silent && !self.is_stopping {
                self.become_prospective(now);
                self.send_vote_requests(now);
                return;
            }
            if update_due && self.connections.is_ready(leader) {
                self.send_update_voter(now);
                let next = now.plus_ms(self.settings.fetch_timeout_ms);
                if let Role::Follower(follower) = &mut self.role {
                    follower.update_voter_deadline = next;
                }
            }
            self.fetch_from_leader(now);
        } else if is_silent || !self.connections.is_ready(leader) {
            // Somebody else may have heard of another leader.
            if is_silent {
                self.connections.reset_peer(leader);
                self.heard_nothing(now);
            }
            self.fetch_from_anybody(now);
        } else if !self.connections.is_any_waiting() {
            // One fetch at a time: the answer to an older one would not continue the log any more.
            self.fetch_from_leader(now);
        }
    }

    fn heard_nothing(&mut self, now: MonotonicNs) {
        let deadline = now.plus_ms(self.settings.fetch_timeout_ms);
        if let Role::Follower(follower) = &mut self.role {
            follower.fetch_deadline = deadline;
        }
    }

    fn step_leader(&mut self, now: MonotonicNs) {
        let Role::Leader(leader) = &self.role else { return };
        let has_lost_majority = leader.check_quorum_deadline().is_some_and(|deadline| deadline <= now);
        if self.is_stopping || leader.resigns || has_lost_majority {
            self.become_resigned(now);
            self.send_end_epoch_requests(now);
            return;
        }
        self.expire_parked(now);
        self.expire_voter_change(now);
        self.send_begin_epoch_requests(now);
    }

    fn step_resigned(&mut self, now: MonotonicNs) {
        let Role::Resigned(resigned) = &self.role else { return };
        if resigned.election_deadline <= now && !self.is_stopping {
            // A new epoch, so that nobody takes this node for the leader any longer.
            match self.epoch.0.checked_add(1) {
                Some(epoch) => self.become_unattached(epoch.into(), None, now),
                None => return,
            }
            self.step(now);
        } else {
            self.send_end_epoch_requests(now);
        }
    }
}
