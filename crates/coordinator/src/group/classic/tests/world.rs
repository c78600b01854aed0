//! What surrounds the tested groups: settings, and no topics.

use std::sync::Arc;

use jackdaw_base::Uuid;

use crate::group::world::{GroupSettings, MigrationPolicy, TopicInfo, Topics, World};

/// Settings that a test may change.
pub struct TestWorld {
    pub settings: GroupSettings,
    /// Otherwise answers come when Kafka gives them.
    pub parks_answers: bool,
}

impl Default for TestWorld {
    fn default() -> Self {
        let settings = GroupSettings {
            classic_session_timeout_ms_min: 6_000,
            classic_session_timeout_ms_max: 1_800_000,
            classic_size_max: usize::MAX,
            initial_rebalance_delay_ms: 3_000,
            new_member_join_timeout_ms: 300_000,
            consumer_session_timeout_ms: 45_000,
            consumer_heartbeat_interval_ms: 5_000,
            consumer_size_max: usize::MAX,
            consumer_assignors: vec!["uniform".into(), "range".into()],
            migration_policy: MigrationPolicy::Bidirectional,
            assignment_interval_ms: 0,
            regex_refresh_interval_ms: 600_000,
            offset_metadata_bytes_max: 4_096,
            offsets_retention_ms: 604_800_000,
            offsets_retention_check_interval_ms: 600_000,
        };
        Self { settings, parks_answers: false }
    }
}

impl World for TestWorld {
    fn topics(&self) -> &dyn Topics {
        &NoTopics
    }

    fn settings(&self, _group: &str) -> Arc<GroupSettings> {
        Arc::new(self.settings.clone())
    }

    fn has_consumer_protocol(&self) -> bool {
        true
    }

    fn parks_answers(&self) -> bool {
        self.parks_answers
    }
}

struct NoTopics;

impl Topics for NoTopics {
    fn version(&self) -> i64 {
        1
    }

    fn by_name(&self, _name: &str) -> Option<Arc<TopicInfo>> {
        None
    }

    fn by_id(&self, _id: Uuid) -> Option<Arc<TopicInfo>> {
        None
    }

    fn names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
}
