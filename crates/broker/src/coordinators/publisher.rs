//! Follows the metadata on behalf of the coordinators, behind whoever keeps partitions and configuration current. Runs on
//! the quorum's thread, so it only notes what others then do.

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_metadata::{Delta, Image};

use super::GroupCoordinators;
use crate::internal_topics::GROUP_METADATA;
use crate::quorum::Publisher;

/// Tells the coordinators what the metadata says.
pub struct CoordinatorPublisher(Arc<GroupCoordinators>);

impl CoordinatorPublisher {
    /// For these coordinators.
    pub fn new(coordinators: Arc<GroupCoordinators>) -> Self {
        Self(coordinators)
    }
}

impl Publisher for CoordinatorPublisher {
    fn publish(&mut self, delta: &Delta, image: &Arc<Image>) {
        let Self(coordinators) = self;
        let shared = &coordinators.shared;
        let topics_changed = shared.world.follow(delta, image);
        let offsets_topic = image.topics.id_of(GROUP_METADATA);
        let is_deleted = delta.topics_deleted.values().any(|topic| &*topic.name == GROUP_METADATA);
        let is_concerned = is_deleted || offsets_topic.is_some_and(|id| delta.partitions.contains_key(&id));
        coordinators.leaderships.follow(shared, image, is_concerned);
        if !delta.topics_deleted.is_empty() {
            let topics = delta.topics_deleted.values().map(|topic| (Arc::clone(&topic.name), topic.id));
            shared.timekeeper.tell_all(GroupRequest::TopicsDeleted { topics: topics.collect() });
        }
        if topics_changed {
            shared.timekeeper.tell_all(GroupRequest::TopicsChanged);
        }
    }
}
