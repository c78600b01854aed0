//! Which heartbeats may be kept back, and for how long. A client that hears at once of a rebalance joins it at once; but
//! not every client bears a heartbeat without an answer, so only those are kept back that are known to.

use jackdaw_base::MonotonicNs;
use jackdaw_config::Config;
use jackdaw_config::definitions::jackdaw::JACKDAW_GROUP_HEARTBEAT_PARKING_ENABLE;

use super::world::HeartbeatInterval;
use crate::request::RequestContext;

/// How often a member with the consumer protocol is told to come whose heartbeats wait, unless somebody has set an
/// interval. While one waits, librdkafka keeps a changed subscription to itself: it must not do so for long. And a
/// commit ends the waiting until the next one.
const INTERVAL_MS: i32 = 1_000;
/// The cadence of classic members before it is known: the default of all clients.
const CADENCE_MS: u64 = 3_000;
/// A heartbeat is never kept back longer: requests time out, and sessions end.
const HOLD_MS_MAX: u64 = 10_000;
/// The answer to a classic member leaves so long before its next heartbeat is due, at least …
const MARGIN_MS_MIN: u64 = 100;
/// … and at least this part of its cadence.
const MARGIN_PART: u64 = 20;

/// What a client does while a heartbeat has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Temper {
    /// Goes on with everything else, and sends its next heartbeat as soon as the answer is there and it is due.
    Patient,
    /// Goes on with everything else. With the consumer protocol it takes its connection for dead when a heartbeat has
    /// no answer within the interval.
    PatientWithinInterval,
    /// Waits for it, or nobody knows.
    Unknown,
}

impl Temper {
    /// How long before its interval is over a member with the consumer protocol is answered: the way there takes time,
    /// and until its next heartbeat it hears of nothing. More for one that has given up waiting so many times.
    fn margin_ms(self, times_given_up: u32) -> u64 {
        let first_ms: u64 = match self {
            Self::Patient => 50,
            Self::PatientWithinInterval | Self::Unknown => 80,
        };
        first_ms.saturating_mul(4_u64.saturating_pow(times_given_up))
    }
}

/// The Java client goes on, and sends its next heartbeat when that is due. librdkafka goes on, and skips heartbeats. Both
/// were read and measured; the others in this list are librdkafka under their own names.
fn temper(software: &str) -> Temper {
    match software {
        "apache-kafka-java" => Temper::Patient,
        "librdkafka" | "kcat" | "rust-rdkafka" | "php-rdkafka" | "node-rdkafka" => {
            Temper::PatientWithinInterval
        }
        _ if software.starts_with("confluent-kafka-") => Temper::PatientWithinInterval,
        _ => Temper::Unknown,
    }
}

/// Whether the client is known to bear answers that wait.
pub fn bears_waiting(context: &RequestContext) -> bool {
    context.software.as_ref().is_some_and(|software| temper(&software.name) != Temper::Unknown)
}

/// What the client does, if its heartbeats may be kept back.
fn patience(context: &RequestContext, config: &Config) -> Option<Temper> {
    let temper = temper(&context.software.as_ref()?.name);
    (temper != Temper::Unknown && config.get(JACKDAW_GROUP_HEARTBEAT_PARKING_ENABLE)).then_some(temper)
}

/// Until when the heartbeat of a classic member may be kept back: until shortly before its next one, judged by the one
/// before it.
pub fn classic(context: &RequestContext, config: &Config) -> Option<MonotonicNs> {
    let pace = context.pace.get_or_init(Default::default);
    let cadence_ms = pace.note(context.arrived).map_or(CADENCE_MS, |ns| ns / 1_000_000);
    patience(context, config)?;
    let margin_ms = (cadence_ms / MARGIN_PART).max(MARGIN_MS_MIN);
    hold_ms(cadence_ms, margin_ms).map(|ms| context.arrived.plus_ms(ms))
}

/// How a member with the consumer protocol reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsumerPace {
    /// What it is told: how long after the sending of this heartbeat it sends the next one.
    pub interval_ms: i32,
    /// Until when the answer may be kept back: until shortly before that.
    pub park_until: Option<MonotonicNs>,
}

/// How a member with the consumer protocol reports, where its group's interval is `interval` and it has given up waiting
/// so many times.
pub fn consumer(
    context: &RequestContext,
    config: &Config,
    interval: HeartbeatInterval,
    times_given_up: u32,
) -> ConsumerPace {
    let told_ms = told_interval_ms(interval);
    let hold_ms = patience(context, config)
        .and_then(|temper| hold_ms(u64::try_from(told_ms).unwrap_or(0), temper.margin_ms(times_given_up)));
    match hold_ms {
        Some(ms) => ConsumerPace { interval_ms: told_ms, park_until: Some(context.arrived.plus_ms(ms)) },
        None => ConsumerPace { interval_ms: interval.ms, park_until: None },
    }
}

fn told_interval_ms(interval: HeartbeatInterval) -> i32 {
    match interval.is_given {
        true => interval.ms,
        false => interval.ms.min(INTERVAL_MS),
    }
}

/// How long an answer may take that is to leave `margin_ms` before `cadence_ms` are over; `None`: that would not be worth it.
fn hold_ms(cadence_ms: u64, margin_ms: u64) -> Option<u64> {
    cadence_ms.checked_sub(margin_ms).filter(|ms| *ms >= margin_ms).map(|ms| ms.min(HOLD_MS_MAX))
}

#[cfg(test)]
mod tests;
