//! Fetch, asked: a replica copies the leader's log, cuts its own where they part, and learns what is committed.

use jackdaw_base::{LeaderEpoch, MonotonicNs, Offset};

use super::{Quorum, Violation};
use crate::fault::Fault;
use crate::message::{FetchRequest, Fetched, FetchedBatch, FetchedReply, QuorumError, Request};
use crate::offset_and_epoch::OffsetAndEpoch;
use crate::output::{Output, Peer};
use crate::role::{Role, SnapshotFetch};
use crate::snapshot_id::SnapshotId;
use crate::voter_set::Endpoints;

impl Quorum {
    pub(super) fn on_fetch_response(
        &mut self,
        peer: Peer,
        reply: FetchedReply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        if self.on_common_response(peer, &reply.hint, reply.result.as_ref().err().copied(), now)? {
            return Ok(());
        }
        if !matches!(self.role, Role::Follower(_)) {
            return Err(Violation::UnexpectedResponse);
        }
        match reply.result {
            Ok(Fetched::Records { batches, high_watermark }) => {
                self.append_fetched(batches, high_watermark)?
            }
            Ok(Fetched::Diverging(position)) => self.truncate_to(position)?,
            Ok(Fetched::Snapshot(id)) => self.begin_snapshot(peer, id, now)?,
            Err(QuorumError::NotAvailable | QuorumError::UnknownLeaderEpoch) | Err(_) => {
                self.connections.back_off(peer, now);
                return Ok(());
            }
        }
        self.heard_from_leader(now);
        Ok(())
    }

    pub(super) fn heard_from_leader(&mut self, now: MonotonicNs) {
        let fetch_deadline = now.plus_ms(self.settings.fetch_timeout_ms);
        if let Role::Follower(follower) = &mut self.role {
            follower.fetch_deadline = fetch_deadline;
            follower.has_fetched = true;
        }
    }

    fn append_fetched(
        &mut self,
        batches: Vec<FetchedBatch>,
        high_watermark: Option<Offset>,
    ) -> Result<(), Violation> {
        self.check_batches(&batches)?;
        // The set of voters is checked before the first byte is written: a log that no majority could agree on is not taken over.
        let mut voters = self.voters.clone();
        for (offset, record) in batches.iter().flat_map(|batch| batch.voters.iter().cloned()) {
            voters.add(offset, record)?;
        }
        self.voters = voters;
        for batch in &batches {
            self.log.append(batch.end, batch.epoch);
        }
        if let Some(batch) = batches.last() {
            self.outputs.push_back(Output::AppendFetched { end: batch.end });
        }
        if let Some(high_watermark) = high_watermark {
            self.raise_high_watermark(high_watermark.min(self.log.end()));
        }
        Ok(())
    }

    fn check_batches(&self, batches: &[FetchedBatch]) -> Result<(), Violation> {
        let OffsetAndEpoch { offset: mut end, epoch: mut last } = self.position();
        for batch in batches {
            if batch.base != end || batch.end <= batch.base {
                return Err(Violation::NotContiguous { base: batch.base, end });
            }
            if batch.epoch < last || batch.epoch > self.epoch {
                return Err(Violation::BatchEpoch { epoch: batch.epoch, last, current: self.epoch });
            }
            (end, last) = (batch.end, batch.epoch);
        }
        Ok(())
    }

    fn truncate_to(&mut self, position: OffsetAndEpoch) -> Result<(), Violation> {
        if position.offset < Offset::ZERO || position.epoch < LeaderEpoch(0) {
            return Err(Violation::UnexpectedResponse);
        }
        let end = self.log.truncation_offset(position);
        if let Some(high_watermark) = self.high_watermark
            && end < high_watermark
        {
            return Err(Violation::TruncatesCommitted { end, high_watermark });
        }
        self.log.truncate(end);
        self.voters.truncate_to(end);
        self.outputs.push_back(Output::Truncate { end });
        Ok(())
    }

    fn begin_snapshot(&mut self, peer: Peer, id: SnapshotId, now: MonotonicNs) -> Result<(), Violation> {
        let is_known = self.log.snapshot_size_bytes(id).is_some();
        let is_behind = self.high_watermark.is_some_and(|known| id.offset() < known);
        if is_known || is_behind || id.offset() <= Offset::ZERO || id.epoch() < LeaderEpoch(0) {
            self.connections.back_off(peer, now);
            return Err(Violation::UnexpectedSnapshot { snapshot: id, position: 0 });
        }
        if let Role::Follower(follower) = &mut self.role {
            follower.snapshot = Some(SnapshotFetch::Fetching { id, position: 0 });
        }
        Ok(())
    }

    /// Asks the leader for what comes next. Not before everything that the position acknowledges is durable.
    pub(super) fn fetch_from_leader(&mut self, now: MonotonicNs) {
        let Role::Follower(follower) = &self.role else { return };
        let (peer, endpoints) = (Peer::Node(follower.leader.id), follower.leader.endpoints.clone());
        let snapshot = follower.snapshot;
        if !self.connections.is_ready(peer) {
            return;
        }
        match snapshot {
            Some(SnapshotFetch::Fetching { id, position }) => {
                self.send_snapshot_request(peer, endpoints, id, position, now);
            }
            Some(SnapshotFetch::Installing { .. }) => {}
            None => self.send_fetch(peer, endpoints, now),
        }
    }

    /// Asks somebody, by chance, who may know the leader: a bootstrap server, or a voter where none is configured.
    pub(super) fn fetch_from_anybody(&mut self, now: MonotonicNs) {
        if self.connections.is_any_waiting() {
            return;
        }
        let own = self.local.key.id;
        let peers: Vec<Peer> = match self.settings.bootstrap_servers {
            0 => self.voters.last().ids().filter(|id| *id != own).map(Peer::Node).collect(),
            count => (0..count).map(Peer::Bootstrap).collect(),
        };
        let ready: Vec<Peer> = peers.into_iter().filter(|peer| self.connections.is_ready(*peer)).collect();
        let index = self.chance.below(ready.len() as u64) as usize;
        if let Some(peer) = ready.get(index).copied() {
            let endpoints = match peer {
                Peer::Node(id) => self.voters.last().endpoints(id),
                Peer::Bootstrap(_) => Endpoints::default(),
            };
            self.send_fetch(peer, endpoints, now);
        }
    }

    fn send_fetch(&mut self, peer: Peer, endpoints: Endpoints, now: MonotonicNs) {
        if self.log.synced_end() < self.log.end() && !self.faults.has(Fault::FetchBeforeSync) {
            return;
        }
        let request = FetchRequest {
            replica: Some(self.local.key),
            epoch: self.epoch,
            position: self.position(),
            wait_ms_max: self.settings.fetch_wait_ms_max,
            high_watermark: Some(self.high_watermark.unwrap_or(Offset::NONE)),
        };
        self.send(peer, endpoints, Request::Fetch(request), now);
    }
}
