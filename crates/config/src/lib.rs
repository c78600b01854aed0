//! Every Kafka configuration: what there is (`definitions`), what a node was started with (`broker_config`), what
//! holds now (`config`), and what one topic, group or subscription gets of it. Pure: files are read elsewhere.

pub mod alter;
pub mod broker_config;
mod checks;
pub mod client_match;
pub mod client_metrics_config;
pub mod config;
mod declare;
pub mod definition;
pub mod definitions;
pub mod describe;
pub mod differences;
mod document;
pub mod dynamic_config;
pub mod error;
pub mod group_config;
pub mod implied;
pub mod key;
pub mod listener;
pub mod listeners;
pub mod keys {
    //! The keys of all settings of brokers, for `use jackdaw_config::keys`.

    pub use crate::definitions::cleaner::*;
    pub use crate::definitions::groups::*;
    pub use crate::definitions::jackdaw::*;
    pub use crate::definitions::log::*;
    pub use crate::definitions::network::*;
    pub use crate::definitions::quorum::*;
    pub use crate::definitions::quotas::*;
    pub use crate::definitions::replication::*;
    pub use crate::definitions::sasl::*;
    pub use crate::definitions::server::*;
    pub use crate::definitions::share::*;
    pub use crate::definitions::tiered::*;
    pub use crate::definitions::tls::*;
    pub use crate::definitions::transactions::*;
}
pub mod nearest;
pub mod offset_reset;
pub mod properties;
pub mod protection;
pub mod quorum_config;
pub mod quorum_voters;
pub mod references;
pub mod resource_kind;
pub mod roles;
pub mod setting;
pub mod source;
pub mod synonyms;
pub mod throttled_replicas;
pub mod topic_config;
pub mod validator;
pub mod value;
pub mod value_type;
mod values;

pub use broker_config::{BrokerConfig, Loaded};
pub use config::Config;
pub use definition::{Definition, Effect};
pub use describe::{Described, DescribedSynonym};
pub use document::document;
pub use dynamic_config::DynamicConfig;
pub use error::ConfigError;
pub use group_config::GroupConfig;
pub use key::Key;
pub use resource_kind::ResourceKind;
pub use setting::{Origin, Setting, SettingError, Warning};
pub use source::ConfigSource;
pub use topic_config::TopicConfig;
