//! Limits that change while the broker runs (KIP-226), and who follows the metadata for their sake.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jackdaw_config::Config;
use jackdaw_config::definitions::{jackdaw, network};
use jackdaw_metadata::image::ResourceKind;
use jackdaw_metadata::{Delta, Image};
use tokio::sync::Notify;

use crate::quorum::Publisher;

/// The values of limits that can change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitValues {
    /// `max.connections`: at the limit nobody is accepted until a connection ends.
    pub connections_max: usize,
    /// `max.connections.per.ip`: one more from the same address is closed at once.
    pub connections_per_address_max: usize,
    /// `max.connections.per.ip.overrides`.
    pub connections_per_address_overrides: BTreeMap<IpAddr, usize>,
    /// `jackdaw.request.slow.ms`: slower requests get a (rate-limited) line in the log. Time parked on purpose does
    /// not count.
    pub slow_request_ms: u64,
}

impl Default for LimitValues {
    fn default() -> Self {
        Self {
            connections_max: usize::MAX,
            connections_per_address_max: usize::MAX,
            connections_per_address_overrides: BTreeMap::new(),
            slow_request_ms: 1_000,
        }
    }
}

impl LimitValues {
    /// The values of a configuration, within the connections that the process has descriptors for.
    pub fn of(config: &Config, descriptors_max: usize) -> Self {
        let size = |value: i32| usize::try_from(value).unwrap_or(0);
        let overrides = config.connection_overrides().into_iter();
        Self {
            connections_max: size(config.get(network::MAX_CONNECTIONS)).min(descriptors_max),
            connections_per_address_max: size(config.get(network::MAX_CONNECTIONS_PER_IP)),
            connections_per_address_overrides: overrides
                .filter_map(|(host, count)| Some((host.parse::<IpAddr>().ok()?, size(count))))
                .collect(),
            slow_request_ms: u64::try_from(config.get(jackdaw::JACKDAW_REQUEST_SLOW_MS)).unwrap_or(1_000),
        }
    }

    /// How many connections `address` may have.
    pub fn connections_of(&self, address: &IpAddr) -> usize {
        self.connections_per_address_overrides
            .get(&address.to_canonical())
            .copied()
            .unwrap_or(self.connections_per_address_max)
    }
}

/// The values that hold now, for all who look.
#[derive(Debug, Default)]
pub struct ChangingLimits {
    values: ArcSwap<LimitValues>,
    /// Told of every change: whoever waits below a limit looks again.
    pub(crate) changed: Notify,
}

impl ChangingLimits {
    /// These values, until they change.
    pub fn new(values: LimitValues) -> Arc<Self> {
        Arc::new(Self { values: ArcSwap::from_pointee(values), changed: Notify::new() })
    }

    /// The values now.
    pub fn now(&self) -> arc_swap::Guard<Arc<LimitValues>> {
        self.values.load()
    }

    /// Other values from now on. Connections that exist already stay.
    pub fn change(&self, values: LimitValues) {
        self.values.store(Arc::new(values));
        self.changed.notify_waiters();
    }
}

/// Follows the dynamic configuration of the brokers. Is told after whoever keeps `config` current.
pub struct LimitsPublisher {
    config: Arc<ArcSwap<Config>>,
    limits: Arc<ChangingLimits>,
    descriptors_max: usize,
}

impl LimitsPublisher {
    /// Keeps `limits` what `config` says, beginning with now.
    pub fn new(config: Arc<ArcSwap<Config>>, limits: Arc<ChangingLimits>, descriptors_max: usize) -> Self {
        let publisher = Self { config, limits, descriptors_max };
        publisher.follow();
        publisher
    }

    fn follow(&self) {
        self.limits.change(LimitValues::of(&self.config.load(), self.descriptors_max));
    }
}

impl Publisher for LimitsPublisher {
    fn publish(&mut self, delta: &Delta, _: &Arc<Image>) {
        if delta.configs.keys().any(|resource| resource.kind == ResourceKind::Broker) {
            self.follow();
        }
    }
}
