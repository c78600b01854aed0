//! What goes into the next request.

use tokio::time::Instant;

use super::{Batch, Dispatch, Enlisting, Node, PartitionId, Step};

/// What can be done with a listed partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Readiness {
    /// Its first batch can be sent.
    Ready,
    /// Its open batch has to be closed first.
    Open,
    /// Not now: an answer, an identity or a transaction has to come first; it is listed again then.
    Waits,
    /// It has to be added to the transaction first.
    Enlist,
    /// Another node leads it.
    Elsewhere,
}

impl<P> Dispatch<P> {
    /// What has to be done now; to be called until there is nothing. `is_connected` says which nodes can be sent to.
    pub(in crate::producer) fn poll(
        &mut self,
        now: Instant,
        is_connected: impl Fn(i32) -> bool,
    ) -> Option<Step<P>> {
        self.on_time(now);
        if let Some(step) = self.expire(now) {
            return Some(step);
        }
        if self.limits.is_idempotent
            && !self.limits.is_transactional
            && self.identity.is_none()
            && !self.is_identifying
            && !self.pending.is_empty()
        {
            self.is_identifying = true;
            return Some(Step::Identify);
        }
        loop {
            let in_flight_max = self.limits.in_flight_max;
            let can_send = |node: &Node| {
                !node.is_sending
                    && !node.ready.is_empty()
                    && node.in_flight < in_flight_max
                    && !node.is_connecting
            };
            let nodes: Vec<i32> =
                self.nodes.iter().filter(|(_, node)| can_send(node)).map(|(id, _)| *id).collect();
            self.has_moved = false;
            let step = nodes.into_iter().find_map(|node| self.poll_node(node, &is_connected));
            // A partition that went over to another leader may be listed at one that was asked before.
            if step.is_some() || !self.has_moved {
                return step;
            }
        }
    }

    fn poll_node(&mut self, id: i32, is_connected: &impl Fn(i32) -> bool) -> Option<Step<P>> {
        let listed = self.nodes.get(&id)?.ready.len();
        let mut to_close = Vec::new();
        let mut to_enlist = Vec::new();
        let mut chosen = Vec::new();
        for _ in 0..listed {
            let Some(partition) = self.nodes.get_mut(&id).and_then(|node| node.ready.pop_front()) else {
                break;
            };
            self.partitions[partition.0].is_listed = false;
            match self.readiness(partition, id) {
                Readiness::Waits => {}
                Readiness::Elsewhere => {
                    self.has_moved = true;
                    self.list(partition);
                }
                Readiness::Enlist => {
                    self.partitions[partition.0].enlisting = Enlisting::Asked;
                    to_enlist.push(partition);
                }
                Readiness::Open => {
                    to_close.push(partition);
                    self.list(partition);
                }
                Readiness::Ready => {
                    chosen.push(partition);
                    self.list(partition);
                }
            }
        }
        if !to_enlist.is_empty() {
            return Some(Step::Enlist(to_enlist));
        }
        if chosen.is_empty() && to_close.is_empty() {
            return None;
        }
        if !is_connected(id) {
            self.nodes.get_mut(&id)?.is_connecting = true;
            return Some(Step::Connect(id));
        }
        if !to_close.is_empty() {
            return Some(Step::Close(to_close));
        }
        self.assemble(id, &chosen)
    }

    fn readiness(&mut self, id: PartitionId, node: i32) -> Readiness {
        let partition = &self.partitions[id.0];
        if !partition.has_work() || partition.backs_off_until.is_some() {
            return Readiness::Waits;
        }
        if partition.leader != Some(node) {
            return Readiness::Elsewhere;
        }
        if self.must_enlist && partition.enlisting != Enlisting::Done {
            let is_asked = partition.enlisting == Enlisting::Asked;
            return if is_asked { Readiness::Waits } else { Readiness::Enlist };
        }
        if self.limits.is_idempotent && !self.identify(id) {
            return Readiness::Waits;
        }
        let partition = &self.partitions[id.0];
        let may_send = match partition.queue.front() {
            // Sent before: only in its turn, so that the broker sees the sequences in order.
            Some(Batch { stamp: Some(stamp), .. }) => partition.is_first_outstanding(*stamp),
            _ if self.limits.is_idempotent => {
                partition.outstanding_count() < partition.outstanding_max().min(self.limits.in_flight_max)
            }
            // One request at a time means order, also when the leader moves.
            _ => self.limits.in_flight_max > 1 || partition.in_flight == 0,
        };
        match (may_send, partition.queue.is_empty()) {
            (false, _) => Readiness::Waits,
            (true, true) => Readiness::Open,
            (true, false) => Readiness::Ready,
        }
    }

    /// One batch of each partition, as far as they fit; a batch that is too large for all limits goes alone.
    fn assemble(&mut self, node: i32, chosen: &[PartitionId]) -> Option<Step<P>> {
        let mut batches = Vec::with_capacity(chosen.len());
        let mut total_bytes = 0;
        for id in chosen {
            let identity = self.identity;
            let is_idempotent = self.limits.is_idempotent;
            let partition = &mut self.partitions[id.0];
            let Some(front) = partition.queue.front() else { continue };
            if total_bytes > 0 && total_bytes + front.size_bytes > self.limits.request_bytes_max {
                continue;
            }
            let Some(mut batch) = partition.queue.pop_front() else { continue };
            if let (true, None, Some(identity)) = (is_idempotent, batch.stamp, identity) {
                partition.stamp(&mut batch, identity);
            }
            total_bytes += batch.size_bytes;
            batch.attempts += 1;
            partition.in_flight += 1;
            batches.push((*id, batch));
        }
        let state = self.nodes.get_mut(&node)?;
        state.in_flight += 1;
        state.is_sending = true;
        Some(Step::Send { node, batches })
    }
}
