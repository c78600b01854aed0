//! Where a value comes from (KIP-226), in the order in which sources win over each other.

/// The source of a value; the codes are those of `DescribeConfigs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigSource {
    /// Set for one topic.
    Topic,
    /// Set for one broker while it ran.
    DynamicBroker,
    /// Set for all brokers while they ran.
    DynamicDefaultBroker,
    /// Set in the file, or on the command line, with which the broker started.
    StaticBroker,
    /// Nobody set it.
    Default,
    /// The level of a logger.
    DynamicBrokerLogger,
    /// Set for one subscription to client metrics.
    ClientMetrics,
    /// Set for one group.
    Group,
}

impl ConfigSource {
    /// The code on the wire.
    pub const fn code(self) -> i8 {
        match self {
            Self::Topic => 1,
            Self::DynamicBroker => 2,
            Self::DynamicDefaultBroker => 3,
            Self::StaticBroker => 4,
            Self::Default => 5,
            Self::DynamicBrokerLogger => 6,
            Self::ClientMetrics => 7,
            Self::Group => 8,
        }
    }

    /// Kafka's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "DYNAMIC_TOPIC_CONFIG",
            Self::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
            Self::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            Self::StaticBroker => "STATIC_BROKER_CONFIG",
            Self::Default => "DEFAULT_CONFIG",
            Self::DynamicBrokerLogger => "DYNAMIC_BROKER_LOGGER_CONFIG",
            Self::ClientMetrics => "CLIENT_METRICS_CONFIG",
            Self::Group => "GROUP_CONFIG",
        }
    }
}
