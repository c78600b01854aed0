//! Other names for the same thing: topics and groups fall back on brokers' settings, and some brokers' settings
//! can be given in hours, minutes or milliseconds.
//!
//! ```text
//! topic retention.ms <- log.retention.ms <- log.retention.minutes * 60000 <- log.retention.hours * 3600000
//! ```

use crate::value::Value;

/// A broker's setting that another setting falls back on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Synonym {
    /// The broker's setting.
    pub name: &'static str,
    /// By what its number is multiplied.
    pub factor: i64,
}

impl Synonym {
    /// What the broker's value means for whoever falls back on it; `None` where it is null. In milliseconds, where it is
    /// a time in hours or minutes; a negative one becomes -1.
    pub(crate) fn applied(&self, to: &Value) -> Option<Value> {
        match (to, self.factor) {
            (Value::Null, _) => None,
            (value, 1) => Some(value.clone()),
            (Value::Int(..0), _) => Some(Value::Long(-1)),
            (Value::Int(number), factor) => Some(Value::Long(i64::from(*number).saturating_mul(factor))),
            (value, _) => Some(value.clone()),
        }
    }
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

macro_rules! chains {
    ($($name:literal <- $($synonym:literal $(* $factor:ident)?),+;)+) => {
        &[$(($name, &[$(Synonym { name: $synonym, factor: chains!(@factor $($factor)?) }),+])),+]
    };
    (@factor) => { 1 };
    (@factor $factor:ident) => { $factor };
}

/// Which brokers' settings each setting of a topic falls back on, the first that is not null.
pub fn topic_to_broker() -> &'static [(&'static str, &'static [Synonym])] {
    chains! {
        "cleanup.policy" <- "log.cleanup.policy";
        "compression.gzip.level" <- "compression.gzip.level";
        "compression.lz4.level" <- "compression.lz4.level";
        "compression.type" <- "compression.type";
        "compression.zstd.level" <- "compression.zstd.level";
        "delete.retention.ms" <- "log.cleaner.delete.retention.ms";
        "file.delete.delay.ms" <- "log.segment.delete.delay.ms";
        "flush.messages" <- "log.flush.interval.messages";
        "flush.ms" <- "log.flush.interval.ms", "log.flush.scheduler.interval.ms";
        "index.interval.bytes" <- "log.index.interval.bytes";
        "local.retention.bytes" <- "log.local.retention.bytes";
        "local.retention.ms" <- "log.local.retention.ms";
        "max.compaction.lag.ms" <- "log.cleaner.max.compaction.lag.ms";
        "max.message.bytes" <- "message.max.bytes";
        "message.timestamp.after.max.ms" <- "log.message.timestamp.after.max.ms";
        "message.timestamp.before.max.ms" <- "log.message.timestamp.before.max.ms";
        "message.timestamp.type" <- "log.message.timestamp.type";
        "min.cleanable.dirty.ratio" <- "log.cleaner.min.cleanable.ratio";
        "min.compaction.lag.ms" <- "log.cleaner.min.compaction.lag.ms";
        "min.insync.replicas" <- "min.insync.replicas";
        "preallocate" <- "log.preallocate";
        "retention.bytes" <- "log.retention.bytes";
        "retention.ms" <- "log.retention.ms", "log.retention.minutes" * MINUTE_MS, "log.retention.hours" * HOUR_MS;
        "segment.bytes" <- "log.segment.bytes";
        "segment.index.bytes" <- "log.index.size.max.bytes";
        "segment.jitter.ms" <- "log.roll.jitter.ms", "log.roll.jitter.hours" * HOUR_MS;
        "segment.ms" <- "log.roll.ms", "log.roll.hours" * HOUR_MS;
        "unclean.leader.election.enable" <- "unclean.leader.election.enable";
    }
}

/// Which broker's setting each setting of a group falls back on.
pub fn group_to_broker() -> &'static [(&'static str, &'static [Synonym])] {
    chains! {
        "consumer.assignment.interval.ms" <- "group.consumer.assignment.interval.ms";
        "consumer.heartbeat.interval.ms" <- "group.consumer.heartbeat.interval.ms";
        "consumer.session.timeout.ms" <- "group.consumer.session.timeout.ms";
        "share.assignment.interval.ms" <- "group.share.assignment.interval.ms";
        "share.delivery.count.limit" <- "group.share.delivery.count.limit";
        "share.heartbeat.interval.ms" <- "group.share.heartbeat.interval.ms";
        "share.partition.max.record.locks" <- "group.share.partition.max.record.locks";
        "share.record.lock.duration.ms" <- "group.share.record.lock.duration.ms";
        "share.session.timeout.ms" <- "group.share.session.timeout.ms";
        "streams.assignment.interval.ms" <- "group.streams.assignment.interval.ms";
        "streams.heartbeat.interval.ms" <- "group.streams.heartbeat.interval.ms";
        "streams.initial.rebalance.delay.ms" <- "group.streams.initial.rebalance.delay.ms";
        "streams.num.standby.replicas" <- "group.streams.num.standby.replicas";
        "streams.session.timeout.ms" <- "group.streams.session.timeout.ms";
    }
}

/// The first broker's setting that a setting of a topic falls back on.
pub fn broker_name_of_topic(name: &str) -> Option<&'static str> {
    first_of(topic_to_broker(), name)
}

/// The broker's setting that a setting of a group falls back on.
pub fn broker_name_of_group(name: &str) -> Option<&'static str> {
    first_of(group_to_broker(), name)
}

fn first_of(chains: &'static [(&'static str, &'static [Synonym])], name: &str) -> Option<&'static str> {
    let (_, synonyms) = chains.iter().find(|(own, _)| *own == name)?;
    synonyms.first().map(|synonym| synonym.name)
}

/// The settings that one login or callback of a SASL mechanism has; they carry the mechanism in front.
const MECHANISM_SETTINGS: [&str; 5] = [
    "connections.max.reauth.ms",
    "sasl.jaas.config",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.server.callback.handler.class",
];

/// The setting behind `listener.name.<listener>.`, without the mechanism that may stand in front of it.
pub fn without_listener(name: &str) -> Option<&str> {
    let (_, setting) = name.strip_prefix("listener.name.")?.split_once('.')?;
    let mechanism = MECHANISM_SETTINGS.into_iter().find(|base| setting.ends_with(base));
    Some(mechanism.unwrap_or(setting))
}

/// All names under which a broker's setting can be given, the strongest first.
pub fn broker_names(name: &str) -> Vec<&str> {
    const ROLL: [&str; 2] = ["log.roll.ms", "log.roll.hours"];
    const JITTER: [&str; 2] = ["log.roll.jitter.ms", "log.roll.jitter.hours"];
    const RETENTION: [&str; 3] = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];
    match name {
        _ if ROLL.contains(&name) => ROLL.to_vec(),
        _ if JITTER.contains(&name) => JITTER.to_vec(),
        _ if RETENTION.contains(&name) => RETENTION.to_vec(),
        "log.flush.interval.ms" => vec!["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
        _ => match without_listener(name) {
            Some(base) => vec![name, base],
            None => vec![name],
        },
    }
}

#[cfg(test)]
mod tests;
