//! Producer id and epoch, and what changes when they change (KIP-98, KIP-360).

use super::{Dispatch, Enlisting, PartitionId};

/// Who the producer is to brokers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::producer) struct Identity {
    pub(in crate::producer) id: i64,
    pub(in crate::producer) epoch: i16,
}

impl<P> Dispatch<P> {
    /// Who the producer is.
    pub(in crate::producer) fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// The coordinator has given an identity. Partitions change over to it one by one, when nothing of theirs is outstanding.
    pub(in crate::producer) fn on_identity(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.is_identifying = false;
        if self.limits.is_transactional {
            // The transaction that had failed is over: nothing of it is outstanding.
            for partition in
                self.partitions.iter_mut().filter(|partition| partition.identity != Some(identity))
            {
                partition.needs_epoch = false;
            }
        }
        self.list_all();
    }

    /// The attempt that [`super::Step::Identify`] asked for has failed: it will be asked for again.
    pub(in crate::producer) fn on_identity_failed(&mut self) {
        self.is_identifying = false;
    }

    /// A transaction begins; partitions have to be added to it first if `must_enlist`.
    pub(in crate::producer) fn begin_transaction(&mut self, must_enlist: bool) {
        self.must_enlist = must_enlist;
        for partition in &mut self.partitions {
            partition.enlisting = Enlisting::No;
        }
    }

    /// These partitions belong to the transaction now.
    pub(in crate::producer) fn on_enlisted(&mut self, ids: &[PartitionId]) {
        for id in ids {
            self.partitions[id.0].enlisting = Enlisting::Done;
            self.list(*id);
        }
    }

    /// Adding them failed, and may be tried again.
    pub(in crate::producer) fn on_enlisting_failed(&mut self, ids: &[PartitionId]) {
        for id in ids {
            self.partitions[id.0].enlisting = Enlisting::No;
            self.list(*id);
        }
    }

    /// Brings a partition to the current identity, if it may and has to. Returns whether its sequences can be used.
    pub(super) fn identify(&mut self, id: PartitionId) -> bool {
        let Some(current) = self.identity else { return false };
        let partition = &mut self.partitions[id.0];
        if partition.needs_epoch {
            if partition.in_flight > 0 || self.limits.is_transactional {
                return false;
            }
            return self.raise_epoch(id, current);
        }
        if partition.identity != Some(current)
            && partition.outstanding_count() == 0
            && partition.in_flight == 0
        {
            partition.start_sequences(current);
        }
        // What is outstanding under an older epoch is settled under it: the broker knows it by that.
        let is_current = partition.identity == Some(current);
        is_current || partition.queue.front().is_some_and(|batch| batch.stamp.is_some())
    }

    /// An idempotent producer raises its epoch by itself, and starts the sequences of this partition anew.
    fn raise_epoch(&mut self, id: PartitionId, current: Identity) -> bool {
        let partition = &mut self.partitions[id.0];
        // Somebody else may have raised it since this partition last used it.
        if partition.identity == Some(current) {
            let Some(epoch) = current.epoch.checked_add(1).filter(|epoch| *epoch < i16::MAX) else {
                self.identity = None;
                return false;
            };
            self.identity = Some(Identity { epoch, ..current });
        }
        let identity = self.identity.unwrap_or(current);
        self.partitions[id.0].start_sequences(identity);
        true
    }
}
