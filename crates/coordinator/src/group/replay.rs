//! The fold of a record into the state: sends it to the module whose state it describes.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jackdaw_base::ProducerId;

use super::classic::{self, ClassicGroup};
use super::consumer;
use super::record::{GroupId, GroupRecord};
use super::state::{Group, GroupState};
use crate::shard::TransactionEnd;

impl GroupState {
    /// Folds a record: the only change of what the log describes (C1).
    pub fn replay(&mut self, record: &GroupRecord) {
        match record {
            GroupRecord::Offset { group, topic, partition, value } => {
                if value.is_some() {
                    self.ensure_group(group);
                }
                self.offsets.replay(group, topic, *partition, value.as_ref());
            }
            GroupRecord::Classic { group, value } => classic::replay(self, group, value.as_ref()),
            GroupRecord::Consumer { group, value } => consumer::replay_group(self, group, value.as_ref()),
            GroupRecord::ConsumerPartitionMetadata { .. } => {}
            GroupRecord::ConsumerMember { group, member, value } => {
                consumer::replay_member(self, group, member, value.as_ref());
            }
            GroupRecord::TargetMetadata { group, value } => {
                consumer::replay_target_metadata(self, group, value.as_ref());
            }
            GroupRecord::TargetMember { group, member, value } => {
                consumer::replay_target_member(self, group, member, value.as_ref());
            }
            GroupRecord::CurrentAssignment { group, member, value } => {
                consumer::replay_current_assignment(self, group, member, value.as_ref());
            }
            GroupRecord::RegularExpression { group, regex, value } => {
                consumer::replay_regular_expression(self, group, regex, value.as_ref());
            }
        }
    }

    /// Folds a record of an open transaction. Only offsets are committed in transactions; anything else counts at once.
    pub fn replay_transactional(&mut self, producer: ProducerId, record: &GroupRecord) {
        match record {
            GroupRecord::Offset { group, topic, partition, value: Some(value) } => {
                self.ensure_group(group);
                self.offsets.replay_pending(producer, group, topic, *partition, value);
            }
            other => self.replay(other),
        }
    }

    /// Folds the end of a producer's transaction.
    pub fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd) {
        self.offsets.replay_transaction_end(producer, end);
    }

    /// Offsets make a simple group of whatever is not a group yet.
    fn ensure_group(&mut self, group: &GroupId) {
        if self.groups.get(group).is_none() {
            let simple = Group::Classic(ClassicGroup::new(group));
            self.groups.insert(Arc::clone(group), Arc::new(simple));
        }
    }
}
