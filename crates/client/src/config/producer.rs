//! The settings of a producer, and how they constrain each other.

use std::time::Duration;

use jackdaw_protocol::compression::{Compression, CompressionLevel};

use super::{ClientConfig, CommonConfig, ConfigError};

/// Idempotence holds for so many requests in flight: a broker remembers the last five batches of a producer.
const IN_FLIGHT_OF_IDEMPOTENT_MAX: usize = 5;

/// Which acknowledgement a record needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acks {
    /// None: sent is delivered.
    None,
    /// The leader's.
    Leader,
    /// That of all in-sync replicas.
    All,
}

impl Acks {
    /// The number on the wire.
    pub const fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// How a record that names no partition gets one. The names of librdkafka's mean what they mean there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartitionerKind {
    /// Java's: murmur2 of the key; without a key batches stick to a partition for a while (KIP-480, KIP-794).
    Default,
    /// One partition after the other, keys or not.
    RoundRobin,
    /// Any.
    Random,
    /// CRC-32 of the key; without a key always the same partition.
    Consistent,
    /// CRC-32 of the key; without a key, or with an empty one, any.
    ConsistentRandom,
    /// Murmur2 of the key; without a key always the same partition.
    Murmur2,
    /// Murmur2 of the key; without a key any.
    Murmur2Random,
    /// FNV-1a of the key; without a key always the same partition.
    Fnv1a,
    /// FNV-1a of the key; without a key any.
    Fnv1aRandom,
}

/// The settings of a producer.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ProducerConfig {
    /// What all clients have.
    pub common: CommonConfig,
    /// `acks`.
    pub acks: Acks,
    /// `batch.size`.
    pub batch_bytes: usize,
    /// `buffer.memory`.
    pub buffer_bytes: usize,
    /// `compression.type`.
    pub compression: Compression,
    /// `compression.<codec>.level`.
    pub compression_level: CompressionLevel,
    /// `delivery.timeout.ms`.
    pub delivery_timeout: Duration,
    /// `enable.idempotence`; on unless other settings contradict it.
    pub is_idempotent: bool,
    /// `linger.ms`.
    pub linger: Duration,
    /// `max.block.ms`.
    pub max_block: Duration,
    /// `max.in.flight.requests.per.connection`.
    pub in_flight_max: usize,
    /// `max.request.size`.
    pub request_bytes_max: usize,
    /// `partitioner`, or `partitioner.class` for Java's round-robin.
    pub partitioner: PartitionerKind,
    /// `partitioner.adaptive.partitioning.enable`.
    pub is_adaptive: bool,
    /// `partitioner.ignore.keys`.
    pub ignores_keys: bool,
    /// `retries`.
    pub retries: u32,
    /// `transaction.timeout.ms`.
    pub transaction_timeout: Duration,
    /// `transactional.id`.
    pub transactional_id: Option<String>,
}

impl ProducerConfig {
    pub(super) fn from_client(config: &ClientConfig) -> Result<Self, ConfigError> {
        let common = config.common()?;
        let acks = config.choice(
            "acks",
            &[("all", Acks::All), ("-1", Acks::All), ("1", Acks::Leader), ("0", Acks::None)],
        )?;
        let (compression, compression_level) = compression(config)?;
        let producer = Self {
            acks,
            batch_bytes: config.number("batch.size")?,
            buffer_bytes: config.number("buffer.memory")?,
            compression,
            compression_level,
            delivery_timeout: delivery_timeout(config, &common)?,
            is_idempotent: false,
            linger: config.duration("linger.ms")?,
            max_block: config.duration("max.block.ms")?,
            in_flight_max: config.number("max.in.flight.requests.per.connection")?,
            request_bytes_max: config.number("max.request.size")?,
            partitioner: partitioner(config)?,
            is_adaptive: config.boolean("partitioner.adaptive.partitioning.enable")?,
            ignores_keys: config.boolean("partitioner.ignore.keys")?,
            retries: config.number("retries")?,
            transaction_timeout: config.duration("transaction.timeout.ms")?,
            transactional_id: config.text("transactional.id"),
            common,
        };
        if config.boolean("transaction.two.phase.commit.enable")? {
            return Err(ConfigError::Unsupported {
                name: "transaction.two.phase.commit.enable",
                value: "true".to_owned(),
                instead: "",
            });
        }
        producer.with_idempotence(config)
    }

    /// Idempotence is on unless something that was set contradicts it; asked for in so many words, contradictions are errors.
    fn with_idempotence(mut self, config: &ClientConfig) -> Result<Self, ConfigError> {
        let name = "enable.idempotence";
        let contradiction = if self.acks != Acks::All {
            Some(("acks", "idempotence needs acks=all"))
        } else if self.retries == 0 {
            Some(("retries", "idempotence needs retries above 0"))
        } else if self.in_flight_max > IN_FLIGHT_OF_IDEMPOTENT_MAX {
            Some(("max.in.flight.requests.per.connection", "idempotence allows 5 requests in flight"))
        } else {
            None
        };
        let is_wanted = config.boolean(name)?;
        self.is_idempotent = is_wanted && contradiction.is_none();
        match contradiction {
            Some((with, rule)) if is_wanted && config.is_set(name) => {
                return Err(ConfigError::Conflict { name, with, rule });
            }
            _ => {}
        }
        if self.transactional_id.is_some() && !self.is_idempotent {
            let with = contradiction.map_or(name, |(with, _)| with);
            return Err(ConfigError::Conflict {
                name: "transactional.id",
                with,
                rule: "transactions need an idempotent producer",
            });
        }
        Ok(self)
    }
}

fn compression(config: &ClientConfig) -> Result<(Compression, CompressionLevel), ConfigError> {
    let words = Compression::ALL.map(|codec| (codec.name(), codec));
    let codec = config.choice("compression.type", &words)?;
    let level = match codec {
        Compression::None | Compression::Snappy => None,
        Compression::Gzip => Some("compression.gzip.level"),
        Compression::Lz4 => Some("compression.lz4.level"),
        Compression::Zstd => Some("compression.zstd.level"),
    };
    match level.filter(|name| config.is_set(name)) {
        Some(name) => Ok((codec, CompressionLevel::Level(config.number(name)?))),
        None => Ok((codec, CompressionLevel::Default)),
    }
}

/// It has to cover at least one attempt: lingering, and waiting for the answer.
fn delivery_timeout(config: &ClientConfig, common: &CommonConfig) -> Result<Duration, ConfigError> {
    let name = "delivery.timeout.ms";
    let timeout = config.duration(name)?;
    let attempt = config.duration("linger.ms")?.saturating_add(common.request_timeout);
    if timeout >= attempt {
        return Ok(timeout);
    }
    if config.is_set(name) {
        let rule = "delivery.timeout.ms is at least linger.ms + request.timeout.ms";
        return Err(ConfigError::Conflict { name, with: "request.timeout.ms", rule });
    }
    Ok(attempt)
}

fn partitioner(config: &ClientConfig) -> Result<PartitionerKind, ConfigError> {
    if let Some(class) = config.text("partitioner.class") {
        return match class.rsplit('.').next() {
            Some("RoundRobinPartitioner") => Ok(PartitionerKind::RoundRobin),
            _ => Err(ConfigError::Unsupported { name: "partitioner.class", value: class, instead: "" }),
        };
    }
    config.choice(
        "partitioner",
        &[
            ("default", PartitionerKind::Default),
            ("round_robin", PartitionerKind::RoundRobin),
            ("random", PartitionerKind::Random),
            ("consistent", PartitionerKind::Consistent),
            ("consistent_random", PartitionerKind::ConsistentRandom),
            ("murmur2", PartitionerKind::Murmur2),
            ("murmur2_random", PartitionerKind::Murmur2Random),
            ("fnv1a", PartitionerKind::Fnv1a),
            ("fnv1a_random", PartitionerKind::Fnv1aRandom),
        ],
    )
}
