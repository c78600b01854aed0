//! What happens by time: lingering ends, back-off ends, batches expire.

use tokio::time::Instant;

use super::{Dispatch, Step};

impl<P> Dispatch<P> {
    /// Lingering and back-off that have ended.
    pub(super) fn on_time(&mut self, now: Instant) {
        while let Some((_, id, number)) = self.lingering.pop_front_if(|(at, ..)| *at <= now) {
            let partition = &mut self.partitions[id.0];
            if partition.open == Some(number) {
                partition.is_open_due = true;
                self.list(id);
            }
        }
        while let Some((at, id)) = self.backing_off.first().copied().filter(|(at, _)| *at <= now) {
            self.backing_off.remove(&(at, id));
            self.partitions[id.0].backs_off_until = None;
            self.list(id);
        }
    }

    /// Batches whose time is over: open ones are closed first, those on the wire are judged when they come back.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Step<P>> {
        let mut expired = Vec::new();
        let late = self.pending.iter().take_while(|(_, pending)| pending.expires_at <= now);
        let late: Vec<_> = late.map(|(number, pending)| (*number, pending.partition)).collect();
        for (number, id) in late {
            let partition = &mut self.partitions[id.0];
            if partition.open == Some(number) {
                return Some(Step::Close(vec![id]));
            }
            let mut index = 0;
            while index < partition.queue.len() {
                if partition.queue[index].order.number != number {
                    index += 1;
                    continue;
                }
                let Some(batch) = partition.queue.remove(index) else { break };
                if batch.stamp.is_some() {
                    // It was sent, and nobody knows whether it was written: no sequence may follow it.
                    partition.forget_sequence(&batch);
                    partition.needs_epoch = true;
                }
                expired.push((id, batch));
            }
        }
        for (id, batch) in &expired {
            self.settle(batch.order);
            self.list(*id);
        }
        (!expired.is_empty()).then_some(Step::Expired(expired))
    }

    /// When [`Dispatch::poll`] has to be called although nothing happens.
    pub(in crate::producer) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let lingering = self.lingering.front().map(|(at, ..)| *at);
        let backing_off = self.backing_off.first().map(|(at, _)| *at);
        // Late ones are on the wire.
        let expiry = self.pending.values().map(|pending| pending.expires_at).find(|at| *at > now);
        [lingering, backing_off, expiry].into_iter().flatten().min()
    }
}
