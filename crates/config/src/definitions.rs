//! The tables of all configurations, by area, and how a name is found in them. One row of a table is all that
//! a new configuration needs.

use std::sync::LazyLock;

use crate::definition::Definition;
use crate::resource_kind::ResourceKind;

pub mod cleaner;
pub mod client_metrics;
pub mod group;
pub mod groups;
pub mod jackdaw;
pub mod log;
pub mod network;
pub mod quorum;
pub mod quotas;
pub mod replication;
pub mod sasl;
pub mod server;
pub mod share;
pub mod tiered;
pub mod tls;
pub mod topic;
pub mod transactions;

/// A table with the heading under which people look for it.
pub struct Area {
    /// The heading.
    pub title: &'static str,
    /// The rows, in reading order.
    pub definitions: &'static [Definition],
}

/// All tables of brokers, in reading order.
pub const BROKER_AREAS: &[Area] = &[
    Area { title: "The node", definitions: server::TABLE },
    Area { title: "Listeners and connections", definitions: network::TABLE },
    Area { title: "Logs", definitions: log::TABLE },
    Area { title: "Compaction", definitions: cleaner::TABLE },
    Area { title: "Replication", definitions: replication::TABLE },
    Area { title: "Metadata quorum", definitions: quorum::TABLE },
    Area { title: "Groups and offsets", definitions: groups::TABLE },
    Area { title: "Share groups", definitions: share::TABLE },
    Area { title: "Transactions", definitions: transactions::TABLE },
    Area { title: "Quotas and delegation tokens", definitions: quotas::TABLE },
    Area { title: "TLS", definitions: tls::TABLE },
    Area { title: "SASL", definitions: sasl::TABLE },
    Area { title: "Tiered storage", definitions: tiered::TABLE },
    Area { title: "Jackdaw's own", definitions: jackdaw::TABLE },
];

/// The tables of the other resources.
pub const RESOURCE_AREAS: &[Area] = &[
    Area { title: "Topics", definitions: topic::TABLE },
    Area { title: "Groups", definitions: group::TABLE },
    Area { title: "Subscriptions to client metrics", definitions: client_metrics::TABLE },
];

/// All rows of one kind of resource, by name.
pub fn definitions(resource: ResourceKind) -> &'static [&'static Definition] {
    static BROKER: LazyLock<Vec<&'static Definition>> =
        LazyLock::new(|| by_name(BROKER_AREAS, ResourceKind::Broker));
    static TOPIC: LazyLock<Vec<&'static Definition>> =
        LazyLock::new(|| by_name(RESOURCE_AREAS, ResourceKind::Topic));
    static GROUP: LazyLock<Vec<&'static Definition>> =
        LazyLock::new(|| by_name(RESOURCE_AREAS, ResourceKind::Group));
    static CLIENT_METRICS: LazyLock<Vec<&'static Definition>> =
        LazyLock::new(|| by_name(RESOURCE_AREAS, ResourceKind::ClientMetrics));
    match resource {
        ResourceKind::Broker => &BROKER,
        ResourceKind::Topic => &TOPIC,
        ResourceKind::Group => &GROUP,
        ResourceKind::ClientMetrics => &CLIENT_METRICS,
        ResourceKind::BrokerLogger => &[],
    }
}

/// The row of a name.
pub fn find(resource: ResourceKind, name: &str) -> Option<&'static Definition> {
    position(resource, name).map(|position| definitions(resource)[position])
}

/// Where a name is within [`definitions`].
pub(crate) fn position(resource: ResourceKind, name: &str) -> Option<usize> {
    definitions(resource).binary_search_by(|definition| definition.name.cmp(name)).ok()
}

fn by_name(areas: &'static [Area], resource: ResourceKind) -> Vec<&'static Definition> {
    let rows = areas.iter().flat_map(|area| area.definitions);
    let mut rows: Vec<_> = rows.filter(|definition| definition.resource == resource).collect();
    rows.sort_by_key(|definition| definition.name);
    rows
}

#[cfg(test)]
mod tests;
