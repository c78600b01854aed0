//! The ground floor: ids, offsets, time values, and the ports (disk, clock, entropy) that carry
//! bytes, files and time, never Kafka's semantics (rule A9). No logic of the log lives here.

pub mod base64;
pub mod clock;
pub mod disk;
pub mod entropy;
pub mod histogram;
pub mod id;
pub mod offset;
pub mod signal;
pub mod topic_name;

pub use clock::{Clock, MonotonicNs, TimestampMs};
pub use entropy::Entropy;
pub use histogram::Histogram;
pub use id::{DirectoryId, LeaderEpoch, NodeId, PartitionIndex, ProducerEpoch, ProducerId, TopicId, Uuid};
pub use offset::{FilePosition, Offset};
pub use signal::Signal;
