//! What can be wrong with a configuration, as data; the texts say what is wrong and what is allowed.

use std::fmt;

use crate::resource_kind::ResourceKind;
use crate::value_type::ValueType;

/// Why one value is refused.
#[derive(Clone, PartialEq, Debug)]
pub enum Problem {
    /// Neither `true` nor `false`.
    NotABoolean,
    /// No number of this type.
    NotANumber(ValueType),
    /// Less than the least number that is allowed.
    Below(Number),
    /// More than the greatest number that is allowed.
    Above(Number),
    /// None of the words that are allowed.
    NotOneOf(&'static [&'static str]),
    /// Empty, where something is needed.
    Empty,
    /// A list with an empty entry.
    EmptyEntry,
    /// Neither -1 nor a gzip level.
    NotAGzipLevel,
    /// No list of `partition:broker` entries, nor `*`.
    NotReplicas,
    /// No strategy to find the first offset of a share partition.
    NotAnOffsetReset,
    /// No `id@host:port`.
    NotAVoter(String),
    /// No `host:port`.
    NotAnAddress(String),
    /// No `NAME://host:port`.
    NotAListener(String),
    /// No `key:value` entry.
    NotAPair(String),
    /// No security protocol.
    NotAProtocol(String),
    /// None of the client properties that a subscription may match, or no pattern.
    NotAMatch(String),
    /// No number of connections.
    NotACount(String),
    /// No number of a compression codec.
    NotACodec,
}

impl Problem {
    /// Whether a number lies outside its limits.
    pub fn is_range(&self) -> bool {
        matches!(self, Self::Below(_) | Self::Above(_))
    }
}

/// A limit, in the form in which people write it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A fraction.
    Fraction(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Fraction(number) => number.fmt(f),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotABoolean => f.write_str("Expected value to be either true or false"),
            Self::NotANumber(value_type) => write!(f, "Not a number of type {value_type}"),
            Self::Below(least) => write!(f, "Value must be at least {least}"),
            Self::Above(most) => write!(f, "Value must be no more than {most}"),
            Self::NotOneOf(allowed) => write!(f, "String must be one of: {}", allowed.join(", ")),
            Self::Empty => f.write_str("must not be empty"),
            Self::EmptyEntry => f.write_str("values must not be empty"),
            Self::NotAGzipLevel => f.write_str("Value must be between 1 and 9 or equal to -1"),
            Self::NotReplicas => {
                f.write_str("Value must be the literal '*' or a list of replicas, [partitionId]:[brokerId],...")
            }
            Self::NotAnOffsetReset => f.write_str(
                "Value must be latest, earliest or by_duration:PnDTnHnMn.nS with a duration that is not negative",
            ),
            Self::NotAVoter(entry) => {
                write!(f, "'{entry}' is no voter; each entry has the form {{id}}@{{host}}:{{port}}")
            }
            Self::NotAnAddress(entry) => {
                write!(f, "'{entry}' is no address; each entry has the form {{host}}:{{port}}")
            }
            Self::NotAListener(entry) => write!(
                f,
                "'{entry}' is no listener; each entry has the form NAME://host:port, with an IPv6 address in brackets"
            ),
            Self::NotAPair(entry) => write!(f, "'{entry}' is no entry of the form key:value"),
            Self::NotAProtocol(name) => write!(
                f,
                "'{name}' is no security protocol; there are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL"
            ),
            Self::NotAMatch(pattern) => write!(
                f,
                "Illegal client matching pattern: {pattern}; an entry is client_instance_id, client_id, \
                 client_software_name, client_software_version, client_source_address or client_source_port, \
                 '=' and a regular expression"
            ),
            Self::NotACount(text) => write!(f, "'{text}' is no number of connections"),
            Self::NotACodec => {
                f.write_str("the codecs are 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) and 4 (zstd)")
            }
        }
    }
}

/// A value that its configuration does not allow.
#[derive(Clone, PartialEq, Debug)]
pub struct InvalidValue {
    /// The configuration.
    pub name: String,
    /// The refused value; `None` if it is a secret or null.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("[hidden]");
        write!(f, "Invalid value {value} for configuration {}: {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidValue {}

/// How two numbers must stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
}

impl Relation {
    /// Whether two numbers stand so.
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::AtLeast => left >= right,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "less than",
            Self::AtMost => "less than or equal to",
            Self::AtLeast => "greater than or equal to",
        })
    }
}

/// A configuration that does not go together with another one.
#[derive(Clone, PartialEq, Debug)]
pub enum Conflict {
    /// Two numbers that stand wrongly to each other.
    Order {
        /// The first configuration.
        left: &'static str,
        /// Its value.
        left_value: i64,
        /// How they must stand.
        relation: Relation,
        /// The second configuration.
        right: &'static str,
        /// Its value.
        right_value: i64,
    },
    /// `node.id` and `broker.id` are both set and differ.
    NodeIds,
    /// A time that must be positive, or -1 for "for ever".
    RetentionTime(i64),
    /// A time for a new segment that is not positive.
    RollTime(i64),
    /// A negative variation of that time.
    RollJitter(i64),
    /// Too little memory per compaction thread.
    DedupeBuffer {
        /// All of it.
        bytes: i64,
        /// The threads that share it.
        threads: i32,
    },
    /// `max.connections.per.ip` is 0 and no host has a limit of its own.
    NoConnections,
    /// The protocol `classic` is missing among `group.coordinator.rebalance.protocols`.
    NoClassicProtocol,
    /// Not exactly one assignor for share groups.
    ShareAssignors(usize),
    /// A directory that is to be cordoned is none of the log directories.
    CordonedDirectory(String),
    /// Both `inter.broker.listener.name` and `security.inter.broker.protocol` are set.
    InterBrokerTwice,
    /// A problem between listeners.
    Listener(ListenerConflict),
    /// A problem between roles, listeners and quorum.
    Role(RoleConflict),
    /// Remote storage for a topic where the brokers have none.
    RemoteStorageDisabled,
    /// Remote storage for a topic that is not only deleted.
    RemoteStoragePolicy,
    /// Remote storage switched off without saying what happens to what is there.
    RemoteStorageLeftBehind,
    /// More kept locally than in all, or for ever while not in all.
    LocalRetention {
        /// The local configuration.
        local: &'static str,
        /// Its value.
        local_value: i64,
        /// The configuration for all.
        total: &'static str,
        /// Its value.
        total_value: i64,
    },
    /// Local retention that differs while nothing is copied any more.
    LocalRetentionWithoutCopy {
        /// The local configuration.
        local: &'static str,
        /// The configuration for all.
        total: &'static str,
    },
}

/// How listeners contradict each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListenerConflict {
    /// Two listeners of one name.
    DuplicateName(String),
    /// Two listeners on one port that are not one IPv4 and one IPv6 address.
    DuplicatePort(u16),
    /// A listener without a protocol.
    NoProtocol(String),
    /// An advertised address that nobody can reach.
    Unroutable(String),
    /// An advertised listener that is not opened.
    AdvertisedUnknown(String),
    /// `early.start.listeners` names a listener that is not there.
    EarlyUnknown(String),
    /// The mechanism among brokers is not enabled.
    InterBrokerMechanism(String),
}

/// How roles, listeners and quorum contradict each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RoleConflict {
    /// A broker without a listener that clients can use.
    NoBrokerListener,
    /// The brokers' own listener is not advertised.
    InterBrokerNotAdvertised(String),
    /// A controller without a listener.
    NoControllerListener,
    /// A name in `controller.listener.names` that `listeners` does not have.
    ControllerUnknown(String),
    /// A node that is only a broker opens a controller's listener.
    ControllerOnBroker(String),
    /// A node that is only a controller opens another listener.
    BrokerOnController(String),
    /// The brokers' own listener is a controller's.
    InterBrokerIsController(String),
    /// Neither voters nor bootstrap servers for a node that is only a broker.
    NoQuorum,
    /// A broker that is no controller is named as a voter.
    BrokerIsVoter(i32),
    /// A controller is not among the voters.
    ControllerIsNoVoter(i32),
    /// Two voters of one id.
    DuplicateVoter(i32),
    /// Joining by itself makes no sense for a node that is only a broker.
    AutoJoinOnBroker,
}

/// Anything that is wrong with configurations.
#[derive(Clone, PartialEq, Debug)]
pub enum ConfigError {
    /// One value.
    Value(InvalidValue),
    /// Values that do not go together.
    Conflict(Conflict),
    /// A name that this kind of resource does not have.
    UnknownName {
        /// What was to be configured.
        resource: ResourceKind,
        /// The name.
        name: String,
        /// A known name that looks like it.
        nearest: Option<&'static str>,
    },
    /// A setting that cannot be changed while brokers run.
    ReadOnly {
        /// Its name.
        name: String,
    },
    /// A setting of single brokers, set for all of them.
    NeedsBroker {
        /// Its name.
        name: String,
    },
    /// A setting that is changed for one listener at a time.
    NeedsListener {
        /// Its name.
        name: String,
    },
}

impl From<InvalidValue> for ConfigError {
    fn from(error: InvalidValue) -> Self {
        Self::Value(error)
    }
}

impl From<Conflict> for ConfigError {
    fn from(error: Conflict) -> Self {
        Self::Conflict(error)
    }
}

impl From<ListenerConflict> for Conflict {
    fn from(conflict: ListenerConflict) -> Self {
        Self::Listener(conflict)
    }
}

impl From<RoleConflict> for Conflict {
    fn from(conflict: RoleConflict) -> Self {
        Self::Role(conflict)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(error) => error.fmt(f),
            Self::Conflict(error) => error.fmt(f),
            Self::UnknownName { resource, name, nearest } => {
                write!(f, "Unknown {} config name: {name}", resource.name())?;
                match nearest {
                    Some(nearest) => write!(f, " (did you mean {nearest}?)"),
                    None => Ok(()),
                }
            }
            Self::ReadOnly { name } => write!(f, "Cannot update these configs dynamically: [{name}]"),
            Self::NeedsBroker { name } => write!(
                f,
                "Cannot update these configs at default cluster level, broker id must be specified: [{name}]"
            ),
            Self::NeedsListener { name } => write!(
                f,
                "These security configs can be dynamically updated only per-listener using the listener prefix \
                 (listener.name.<listener>.{name}): [{name}]"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

mod conflict_names;
mod conflict_text;
