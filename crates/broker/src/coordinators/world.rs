//! What group coordinators see of the cluster: topics out of the committed metadata, and configurations. A turn takes
//! one snapshot of both, which costs two reference counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jackdaw_base::Uuid;
use jackdaw_config::definitions::jackdaw::JACKDAW_GROUP_HEARTBEAT_PARKING_ENABLE;
use jackdaw_config::definitions::{group, groups};
use jackdaw_config::{Config, GroupConfig};
use jackdaw_coordinator::group::world::MigrationPolicy;
use jackdaw_coordinator::group::{GroupSettings, TopicInfo, Topics, World};
use jackdaw_metadata::feature::GROUP_VERSION;
use jackdaw_metadata::image::{ConfigResource, ResourceKind, Topic};
use jackdaw_metadata::{Delta, Image, rules};
use parking_lot::Mutex;

/// How long a classic member that was given an id has to come again, as in Kafka.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i32 = 5 * 60 * 1000;

/// The topics of one state of the metadata. What a topic looks like to a group is worked out when it is first asked
/// for, and kept as long as the topic does not change.
pub struct ImageTopics {
    image: Arc<Image>,
    version: i64,
    known: Mutex<HashMap<Uuid, Arc<TopicInfo>>>,
}

impl ImageTopics {
    fn new(image: Arc<Image>, version: i64, known: HashMap<Uuid, Arc<TopicInfo>>) -> Self {
        Self { image, version, known: Mutex::new(known) }
    }

    /// The topics after a change; `None` if nothing about topics has changed.
    fn after(&self, delta: &Delta, image: &Arc<Image>) -> Option<Self> {
        let has_topics = !delta.topics_created.is_empty() || !delta.topics_deleted.is_empty();
        let has_brokers = !delta.brokers.is_empty();
        if !has_topics && !has_brokers && delta.partitions.is_empty() {
            return None;
        }
        let mut known = match has_brokers {
            // Racks may have changed.
            true => HashMap::new(),
            false => self.known.lock().clone(),
        };
        known.retain(|id, _| !delta.topics_deleted.contains_key(id) && !delta.partitions.contains_key(id));
        Some(Self::new(Arc::clone(image), image.offset().0, known))
    }

    fn info(&self, topic: &Topic) -> Arc<TopicInfo> {
        if let Some(known) = self.known.lock().get(&topic.id) {
            return Arc::clone(known);
        }
        let info = Arc::new(TopicInfo {
            id: topic.id,
            name: Arc::clone(&topic.name),
            partition_racks: topic
                .partitions
                .values()
                .map(|partition| self.racks(&partition.replicas))
                .collect(),
        });
        self.known.lock().insert(topic.id, Arc::clone(&info));
        info
    }

    fn racks(&self, replicas: &[jackdaw_base::NodeId]) -> Vec<Arc<str>> {
        let brokers = replicas.iter().filter_map(|id| self.image.cluster.broker(*id));
        let mut racks: Vec<Arc<str>> =
            brokers.filter_map(|broker| broker.rack.as_deref().map(Arc::from)).collect();
        racks.sort_unstable();
        racks.dedup();
        racks
    }
}

impl Topics for ImageTopics {
    fn version(&self) -> i64 {
        self.version
    }

    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>> {
        self.image.topics.by_name(name).map(|topic| self.info(topic))
    }

    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>> {
        self.image.topics.get(id).map(|topic| self.info(topic))
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.image.topics.iter().map(|topic| Arc::clone(&topic.name)).collect()
    }
}

/// The configurations of groups: what holds for all, and for those that have their own.
struct Settings {
    has_consumer_protocol: bool,
    parks_answers: bool,
    common: Arc<GroupSettings>,
    own: BTreeMap<Arc<str>, Arc<GroupSettings>>,
    /// Whether somebody has said how often members report, and for which groups in particular.
    has_interval: bool,
    own_interval: BTreeSet<Arc<str>>,
}

impl Settings {
    fn of(config: &Config, image: &Image) -> Self {
        let mut own = BTreeMap::new();
        let mut own_interval = BTreeSet::new();
        for (resource, entries) in image.configs.of_kind(ResourceKind::Group) {
            let overrides = rules::settings(Some(entries));
            if overrides.contains_key(group::CONSUMER_HEARTBEAT_INTERVAL_MS.name()) {
                own_interval.insert(Arc::clone(&resource.name));
            }
            let settings = settings(config, &GroupConfig::new(config, &overrides));
            own.insert(Arc::clone(&resource.name), Arc::new(settings));
        }
        let common = settings(config, &GroupConfig::new(config, &BTreeMap::new()));
        let protocols = config.get(groups::GROUP_COORDINATOR_REBALANCE_PROTOCOLS);
        Self {
            has_consumer_protocol: image.features.level(GROUP_VERSION) >= 1
                && protocols.iter().any(|protocol| protocol == "consumer"),
            parks_answers: config.get(JACKDAW_GROUP_HEARTBEAT_PARKING_ENABLE),
            common: Arc::new(common),
            own,
            has_interval: config.statics().is_given(groups::GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS.name()),
            own_interval,
        }
    }
}

/// Kafka's configurations as the plain values that coordinators use.
fn settings(config: &Config, group: &GroupConfig) -> GroupSettings {
    let count = |value: i32| usize::try_from(value).unwrap_or(0);
    GroupSettings {
        classic_session_timeout_ms_min: config.get(groups::GROUP_MIN_SESSION_TIMEOUT_MS),
        classic_session_timeout_ms_max: config.get(groups::GROUP_MAX_SESSION_TIMEOUT_MS),
        classic_size_max: count(config.get(groups::GROUP_MAX_SIZE)),
        initial_rebalance_delay_ms: config.get(groups::GROUP_INITIAL_REBALANCE_DELAY_MS),
        new_member_join_timeout_ms: NEW_MEMBER_JOIN_TIMEOUT_MS,
        consumer_session_timeout_ms: group.consumer_session_timeout_ms,
        consumer_heartbeat_interval_ms: group.consumer_heartbeat_interval_ms,
        consumer_size_max: count(config.get(groups::GROUP_CONSUMER_MAX_SIZE)),
        consumer_assignors: config
            .get(groups::GROUP_CONSUMER_ASSIGNORS)
            .iter()
            .map(|name| assignor(name))
            .collect(),
        migration_policy: migration_policy(&config.get(groups::GROUP_CONSUMER_MIGRATION_POLICY)),
        assignment_interval_ms: group.consumer_assignment_interval_ms,
        regex_refresh_interval_ms: i64::from(config.get(groups::GROUP_CONSUMER_REGEX_REFRESH_INTERVAL_MS)),
        offset_metadata_bytes_max: count(config.get(groups::OFFSET_METADATA_MAX_BYTES)),
        offsets_retention_ms: i64::from(config.get(groups::OFFSETS_RETENTION_MINUTES)) * 60_000,
        offsets_retention_check_interval_ms: config.get(groups::OFFSETS_RETENTION_CHECK_INTERVAL_MS),
    }
}

/// The short name of one of Kafka's assignors; the configuration lets no other in.
fn assignor(name: &str) -> Arc<str> {
    match name {
        "org.apache.kafka.coordinator.group.assignor.RangeAssignor" => Arc::from("range"),
        "org.apache.kafka.coordinator.group.assignor.UniformAssignor" => Arc::from("uniform"),
        short => Arc::from(short),
    }
}

fn migration_policy(name: &str) -> MigrationPolicy {
    match name.to_ascii_uppercase().as_str() {
        "DISABLED" => MigrationPolicy::Disabled,
        "UPGRADE" => MigrationPolicy::Upgrade,
        "DOWNGRADE" => MigrationPolicy::Downgrade,
        _ => MigrationPolicy::Bidirectional,
    }
}

/// What holds now, for all turns that begin now.
pub struct LiveWorld {
    topics: ArcSwap<ImageTopics>,
    settings: ArcSwap<Settings>,
    config: Arc<ArcSwap<Config>>,
}

impl LiveWorld {
    /// The world of `image` and `config`.
    pub fn new(image: Arc<Image>, config: Arc<ArcSwap<Config>>) -> Self {
        let settings = Settings::of(&config.load(), &image);
        let version = image.offset().0;
        Self {
            topics: ArcSwap::from_pointee(ImageTopics::new(image, version, HashMap::new())),
            settings: ArcSwap::from_pointee(settings),
            config,
        }
    }

    /// Follows a change; true if topics or their partitions have changed. Is told after whoever keeps the configuration
    /// current.
    pub fn follow(&self, delta: &Delta, image: &Arc<Image>) -> bool {
        let is_ours =
            |resource: &ConfigResource| matches!(resource.kind, ResourceKind::Group | ResourceKind::Broker);
        if delta.configs.keys().any(is_ours) || !delta.features.is_empty() {
            self.settings.store(Arc::new(Settings::of(&self.config.load(), image)));
        }
        let topics = self.topics.load().after(delta, image);
        let has_changed = topics.is_some();
        if let Some(topics) = topics {
            self.topics.store(Arc::new(topics));
        }
        has_changed
    }

    /// The world as one turn sees it.
    pub fn snapshot(&self) -> WorldSnapshot {
        WorldSnapshot { topics: self.topics.load_full(), settings: self.settings.load_full() }
    }
}

/// The world at one moment.
pub struct WorldSnapshot {
    topics: Arc<ImageTopics>,
    settings: Arc<Settings>,
}

/// How often members of a group with the consumer protocol report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeartbeatInterval {
    /// In milliseconds.
    pub ms: i32,
    /// Whether somebody has set it, for this group or for all.
    pub is_given: bool,
}

impl WorldSnapshot {
    /// How often the members of `group` report.
    pub fn heartbeat_interval(&self, group: &str) -> HeartbeatInterval {
        HeartbeatInterval {
            ms: self.settings(group).consumer_heartbeat_interval_ms,
            is_given: self.settings.has_interval || self.settings.own_interval.contains(group),
        }
    }
}

impl World for WorldSnapshot {
    fn topics(&self) -> &dyn Topics {
        &*self.topics
    }

    fn settings(&self, group: &str) -> Arc<GroupSettings> {
        Arc::clone(self.settings.own.get(group).unwrap_or(&self.settings.common))
    }

    fn has_consumer_protocol(&self) -> bool {
        self.settings.has_consumer_protocol
    }

    fn parks_answers(&self) -> bool {
        self.settings.parks_answers
    }
}
