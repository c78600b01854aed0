//! FetchSnapshot (0–1, KIP-630), asked and answered, and what the caller tells of its own snapshots.

use jackdaw_base::{MonotonicNs, Offset};

use super::{Quorum, Violation};
use crate::message::{FetchSnapshotRequest, QuorumError, Request, SnapshotChunk, SnapshotReply};
use crate::output::{Answer, Output, Peer, Token};
use crate::role::{Role, SnapshotFetch};
use crate::snapshot_id::SnapshotId;
use crate::voter_set::{Endpoints, KRaftVersion, VoterSet};

impl Quorum {
    /// A replica asks for a piece of a snapshot. An `Ok` answer says from where to read; the caller fills in how much it read.
    pub fn on_fetch_snapshot_request(
        &mut self,
        token: Token,
        request: FetchSnapshotRequest,
        now: MonotonicNs,
    ) {
        let result = self.snapshot_chunk(&request);
        if let (Ok(_), Role::Leader(leader)) = (&result, &mut self.role) {
            leader.on_heard(&request.replica, now);
        }
        let reply = SnapshotReply { hint: self.leader_hint(), result };
        self.answer(token, Answer::FetchSnapshot(reply));
        self.step(now);
    }

    /// A snapshot of this node's own is whole and durable.
    pub fn on_snapshot_created(&mut self, id: SnapshotId, size_bytes: u64) {
        debug_assert!(self.high_watermark.is_some_and(|known| id.offset() <= known));
        self.log.add_snapshot(id, size_bytes);
    }

    /// Snapshots older than `oldest`, and the log before it, are gone.
    pub fn on_log_start_advanced(&mut self, oldest: SnapshotId) {
        self.log.remove_snapshots_before(oldest);
        self.log.advance_start(oldest.offset());
        self.voters.forget_before(oldest.offset());
    }

    /// The fetched snapshot is installed; these are the control records in it.
    pub fn on_snapshot_installed(
        &mut self,
        id: SnapshotId,
        kraft_version: KRaftVersion,
        voters: Option<VoterSet>,
        now: MonotonicNs,
    ) {
        let Role::Follower(follower) = &mut self.role else { return };
        let Some(SnapshotFetch::Installing { id: expected, size_bytes }) = follower.snapshot.take() else {
            return;
        };
        assert_eq!(id, expected, "the snapshot that was to be installed");
        self.log.reset_to(id, size_bytes);
        self.voters.replace(id.offset(), kraft_version, voters);
        self.raise_high_watermark(id.offset());
        self.step(now);
    }

    /// The fetched snapshot is damaged, or could not be written: begin again.
    pub fn on_snapshot_refused(&mut self, now: MonotonicNs) {
        if let Role::Follower(follower) = &mut self.role {
            follower.snapshot = None;
            let peer = Peer::Node(follower.leader.id);
            self.connections.back_off(peer, now);
        }
        self.step(now);
    }

    fn snapshot_chunk(&self, request: &FetchSnapshotRequest) -> Result<SnapshotChunk, QuorumError> {
        self.check_leader_request(request.epoch)?;
        // The bootstrap snapshot is each node's own; what is in it stands in the log, too, once there was a leader.
        let id = request.snapshot;
        let size_bytes = match id == SnapshotId::BOOTSTRAP {
            true => None,
            false => self.log.snapshot_size_bytes(id),
        };
        let size_bytes = size_bytes.ok_or(QuorumError::SnapshotNotFound)?;
        if request.position >= size_bytes {
            return Err(QuorumError::PositionOutOfRange);
        }
        let length_bytes = size_bytes - request.position;
        Ok(SnapshotChunk { snapshot: id, size_bytes, position: request.position, length_bytes })
    }

    pub(super) fn send_snapshot_request(
        &mut self,
        peer: Peer,
        endpoints: Endpoints,
        snapshot: SnapshotId,
        position: u64,
        now: MonotonicNs,
    ) {
        let request = FetchSnapshotRequest { replica: self.local.key, epoch: self.epoch, snapshot, position };
        self.send(peer, endpoints, Request::FetchSnapshot(request), now);
    }

    pub(super) fn on_snapshot_response(
        &mut self,
        peer: Peer,
        reply: SnapshotReply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        if self.on_common_response(peer, &reply.hint, reply.result.err(), now)? {
            return Ok(());
        }
        let Role::Follower(follower) = &mut self.role else { return Err(Violation::UnexpectedResponse) };
        let chunk = match reply.result {
            Ok(chunk) => chunk,
            Err(QuorumError::SnapshotNotFound | QuorumError::PositionOutOfRange) => {
                // A newer snapshot has replaced it meanwhile: ask anew.
                follower.snapshot = None;
                self.heard_from_leader(now);
                return Ok(());
            }
            Err(_) => {
                self.connections.back_off(peer, now);
                return Ok(());
            }
        };
        let Some(SnapshotFetch::Fetching { id, position }) = follower.snapshot else {
            return Err(Violation::UnexpectedResponse);
        };
        let next = position.checked_add(chunk.length_bytes).filter(|next| *next <= chunk.size_bytes);
        let fits = chunk.snapshot == id && chunk.position == position && chunk.length_bytes > 0;
        let Some(next) = next.filter(|_| fits) else {
            follower.snapshot = None;
            return Err(Violation::UnexpectedSnapshot { snapshot: chunk.snapshot, position: chunk.position });
        };
        self.outputs.push_back(Output::WriteSnapshot { snapshot: id, position });
        if next < chunk.size_bytes {
            follower.snapshot = Some(SnapshotFetch::Fetching { id, position: next });
        } else {
            let size_bytes = chunk.size_bytes;
            follower.snapshot = Some(SnapshotFetch::Installing { id, size_bytes });
            self.outputs.push_back(Output::InstallSnapshot { snapshot: id, size_bytes });
        }
        self.heard_from_leader(now);
        Ok(())
    }

    /// The newest snapshot's end, [`Offset::ZERO`] if there is none.
    pub fn latest_snapshot_end(&self) -> Offset {
        self.log.latest_snapshot().map_or(Offset::ZERO, |id| id.offset())
    }
}
