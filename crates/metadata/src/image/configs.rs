//! Dynamic configurations as they were written, by resource. What they mean is the business of `config`.

use std::fmt;
use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_protocol::messages::config_record::ConfigRecord;
use rpds::RedBlackTreeMapSync;

use crate::delta::Delta;

/// What a configuration belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResourceKind {
    /// A topic, by its name.
    Topic,
    /// A broker by its id, or all brokers by the empty name.
    Broker,
    /// Log levels of a broker. They live in its memory, never in records.
    BrokerLogger,
    /// A subscription to clients' metrics (KIP-714).
    ClientMetrics,
    /// A group (KIP-848).
    Group,
    /// A kind that we do not know; its records are kept.
    Other(i8),
}

impl ResourceKind {
    /// The value in records and on the wire.
    pub fn code(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
            Self::Other(code) => code,
        }
    }

    /// The kind as `config` knows it.
    pub fn known(self) -> Option<jackdaw_config::ResourceKind> {
        jackdaw_config::ResourceKind::from_code(self.code())
    }

    /// The kind of a code.
    pub fn from_code(code: i8) -> Self {
        match code {
            2 => Self::Topic,
            4 => Self::Broker,
            8 => Self::BrokerLogger,
            16 => Self::ClientMetrics,
            32 => Self::Group,
            code => Self::Other(code),
        }
    }
}

/// The owner of a configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name.
    pub name: Arc<str>,
}

impl ConfigResource {
    /// A resource of any kind.
    pub fn new(kind: ResourceKind, name: &str) -> Self {
        Self { kind, name: Arc::from(name) }
    }

    /// A topic.
    pub fn topic(name: &str) -> Self {
        Self::new(ResourceKind::Topic, name)
    }

    /// One broker.
    pub fn broker(id: NodeId) -> Self {
        Self::new(ResourceKind::Broker, &id.to_string())
    }

    /// What holds for every broker that has no value of its own.
    pub fn default_broker() -> Self {
        Self::new(ResourceKind::Broker, "")
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kind, self.name)
    }
}

/// Values by name.
pub type ConfigEntries = RedBlackTreeMapSync<Arc<str>, Arc<str>>;

/// All dynamic configurations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Configs {
    resources: RedBlackTreeMapSync<ConfigResource, ConfigEntries>,
}

impl Configs {
    /// All values of a resource; `None` if it has none.
    pub fn get(&self, resource: &ConfigResource) -> Option<&ConfigEntries> {
        self.resources.get(resource)
    }

    /// One value of a resource.
    pub fn value(&self, resource: &ConfigResource, name: &str) -> Option<&str> {
        self.get(resource)?.get(name).map(AsRef::as_ref)
    }

    /// Every resource that has values.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &ConfigEntries)> {
        self.resources.iter()
    }

    /// The resources of one kind that have values, by name.
    pub fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = (&ConfigResource, &ConfigEntries)> {
        let start = ConfigResource::new(kind, "");
        self.resources.range(start..).take_while(move |(resource, _)| resource.kind == kind)
    }

    pub(super) fn replay(&mut self, record: &ConfigRecord<'_>, delta: &mut Delta) {
        let resource =
            ConfigResource::new(ResourceKind::from_code(record.resource_type), &record.resource_name);
        delta.config_changed(&resource, &record.name);
        let mut entries = self.resources.get(&resource).cloned().unwrap_or_default();
        match record.value.as_deref() {
            Some(value) => entries.insert_mut(Arc::from(record.name.as_ref()), Arc::from(value)),
            None => {
                entries.remove_mut(record.name.as_ref());
            }
        }
        match entries.is_empty() {
            true => {
                self.resources.remove_mut(&resource);
            }
            false => self.resources.insert_mut(resource, entries),
        }
    }

    /// A topic is gone, and its values with it.
    pub(super) fn topic_removed(&mut self, name: &str, delta: &mut Delta) {
        let resource = ConfigResource::topic(name);
        if let Some(entries) = self.resources.get(&resource) {
            entries.keys().for_each(|entry| delta.config_changed(&resource, entry));
            self.resources.remove_mut(&resource);
        }
    }
}
