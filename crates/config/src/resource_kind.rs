//! What configurations belong to.

/// Which kind of thing is configured; the codes are those of the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResourceKind {
    /// A topic.
    Topic,
    /// A broker, or, without a name, all of them.
    Broker,
    /// The loggers of one broker; they are set at run time and stored nowhere.
    BrokerLogger,
    /// A subscription to client metrics (KIP-714).
    ClientMetrics,
    /// A consumer, share or streams group (KIP-848, KIP-932, KIP-1071).
    Group,
}

impl ResourceKind {
    /// The code in requests and in `ConfigRecord`.
    pub const fn code(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// The kind that a code stands for.
    pub const fn from_code(code: i8) -> Option<Self> {
        match code {
            2 => Some(Self::Topic),
            4 => Some(Self::Broker),
            8 => Some(Self::BrokerLogger),
            16 => Some(Self::ClientMetrics),
            32 => Some(Self::Group),
            _ => None,
        }
    }

    /// The word for it, as in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::BrokerLogger => "broker logger",
            Self::ClientMetrics => "client metrics",
            Self::Group => "group",
        }
    }
}
