//! The settings of a consumer.

use std::time::Duration;

use jackdaw_config::offset_reset::ShareOffsetReset;

use super::read::invalid;
use super::{ClientConfig, CommonConfig, ConfigError};

/// Where to start without a committed offset (`auto.offset.reset`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AutoOffsetReset {
    /// At the first record that is still there.
    Earliest,
    /// Behind the last one.
    Latest,
    /// Nowhere: the application is told.
    None,
    /// At the first record of the last so long (KIP-1106).
    ByDuration(Duration),
}

/// Which records of transactions are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IsolationLevel {
    /// All, those of open and aborted transactions among them.
    ReadUncommitted,
    /// Those of committed transactions only.
    ReadCommitted,
}

impl IsolationLevel {
    /// The number on the wire.
    pub const fn code(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// Who assigns the partitions of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupProtocol {
    /// One of the members (JoinGroup, SyncGroup).
    Classic,
    /// The coordinator (KIP-848).
    Consumer,
}

/// The settings of a consumer.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ConsumerConfig {
    /// What all clients have.
    pub common: CommonConfig,
    /// `allow.auto.create.topics`.
    pub allow_auto_create_topics: bool,
    /// `auto.commit.interval.ms`.
    pub auto_commit_interval: Duration,
    /// `auto.offset.reset`.
    pub auto_offset_reset: AutoOffsetReset,
    /// `check.crcs`.
    pub check_crcs: bool,
    /// `client.rack`.
    pub client_rack: Option<String>,
    /// `enable.auto.commit`.
    pub enable_auto_commit: bool,
    /// `exclude.internal.topics`.
    pub exclude_internal_topics: bool,
    /// `fetch.max.bytes`.
    pub fetch_max_bytes: i32,
    /// `fetch.max.wait.ms`.
    pub fetch_max_wait: Duration,
    /// `fetch.min.bytes`.
    pub fetch_min_bytes: i32,
    /// `group.id`.
    pub group_id: Option<String>,
    /// `group.instance.id`.
    pub group_instance_id: Option<String>,
    /// `group.protocol`.
    pub group_protocol: GroupProtocol,
    /// `group.remote.assignor`.
    pub group_remote_assignor: Option<String>,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval: Duration,
    /// `isolation.level`.
    pub isolation_level: IsolationLevel,
    /// `max.partition.fetch.bytes`.
    pub max_partition_fetch_bytes: i32,
    /// `max.poll.interval.ms`.
    pub max_poll_interval: Duration,
    /// `max.poll.records`.
    pub max_poll_records: usize,
    /// `partition.assignment.strategy`: range, roundrobin, sticky, cooperative-sticky; Kafka's class names are understood.
    pub assignors: Vec<String>,
    /// `queued.max.bytes` (ours): how much is fetched ahead of the application.
    pub queued_max_bytes: usize,
    /// `session.timeout.ms`.
    pub session_timeout: Duration,
}

impl ConsumerConfig {
    pub(super) fn from_client(config: &ClientConfig) -> Result<Self, ConfigError> {
        let isolation = [
            ("read_uncommitted", IsolationLevel::ReadUncommitted),
            ("read_committed", IsolationLevel::ReadCommitted),
        ];
        let protocols = [("classic", GroupProtocol::Classic), ("consumer", GroupProtocol::Consumer)];
        Ok(Self {
            common: config.common()?,
            allow_auto_create_topics: config.boolean("allow.auto.create.topics")?,
            auto_commit_interval: config.duration("auto.commit.interval.ms")?,
            auto_offset_reset: auto_offset_reset(config)?,
            check_crcs: config.boolean("check.crcs")?,
            client_rack: config.text("client.rack"),
            enable_auto_commit: config.boolean("enable.auto.commit")?,
            exclude_internal_topics: config.boolean("exclude.internal.topics")?,
            fetch_max_bytes: config.number("fetch.max.bytes")?,
            fetch_max_wait: config.duration("fetch.max.wait.ms")?,
            fetch_min_bytes: config.number("fetch.min.bytes")?,
            group_id: config.text("group.id"),
            group_instance_id: config.text("group.instance.id"),
            group_protocol: config.choice("group.protocol", &protocols)?,
            group_remote_assignor: config.text("group.remote.assignor"),
            heartbeat_interval: config.duration("heartbeat.interval.ms")?,
            isolation_level: config.choice("isolation.level", &isolation)?,
            max_partition_fetch_bytes: config.number("max.partition.fetch.bytes")?,
            max_poll_interval: config.duration("max.poll.interval.ms")?,
            max_poll_records: config.number("max.poll.records")?,
            assignors: assignors(config)?,
            queued_max_bytes: config.number("queued.max.bytes")?,
            session_timeout: config.duration("session.timeout.ms")?,
        })
    }
}

fn auto_offset_reset(config: &ClientConfig) -> Result<AutoOffsetReset, ConfigError> {
    let name = "auto.offset.reset";
    let value = config.get(name).unwrap_or_default();
    if value.eq_ignore_ascii_case("none") {
        return Ok(AutoOffsetReset::None);
    }
    match ShareOffsetReset::parse(value) {
        Some(ShareOffsetReset::Earliest) => Ok(AutoOffsetReset::Earliest),
        Some(ShareOffsetReset::Latest) => Ok(AutoOffsetReset::Latest),
        Some(ShareOffsetReset::ByDuration(ms)) => {
            Ok(AutoOffsetReset::ByDuration(Duration::from_millis(ms.unsigned_abs())))
        }
        None => Err(invalid(name, value, "earliest, latest, none or by_duration:<ISO 8601 duration>")),
    }
}

/// The four assignors by their short names; Kafka's class names mean the same.
fn assignors(config: &ClientConfig) -> Result<Vec<String>, ConfigError> {
    let name = "partition.assignment.strategy";
    let known = [
        ("range", "RangeAssignor"),
        ("roundrobin", "RoundRobinAssignor"),
        ("sticky", "StickyAssignor"),
        ("cooperative-sticky", "CooperativeStickyAssignor"),
    ];
    let short = |text: &String| {
        let class = text.rsplit('.').next().unwrap_or(text);
        let found = known.iter().find(|(short, long)| text == short || class == *long);
        found.map(|(short, _)| (*short).to_owned()).ok_or_else(|| {
            invalid(
                name,
                text,
                "range, roundrobin, sticky or cooperative-sticky, or Kafka's classes of these",
            )
        })
    };
    let list = config.list(name);
    if list.is_empty() { Err(ConfigError::Missing { name }) } else { list.iter().map(short).collect() }
}
