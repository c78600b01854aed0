//! The fold of a record into the state: sends it to the module whose state it describes.

use std::sync::Arc;

use super::classic::{self, ClassicGroup};
use super::consumer;
use super::record::GroupRecord;
use super::state::{Group, GroupState};

impl GroupState {
    /// Folds a record: the only change of what the log describes (C1).
    pub fn replay(&mut self, record: &GroupRecord) {
        match record {
            GroupRecord::Offset { group, topic, partition, value } => {
                if value.is_some() && self.groups.get(group).is_none() {
                    let simple = Group::Classic(ClassicGroup::new(group));
                    self.groups.insert(Arc::clone(group), Arc::new(simple));
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
}
