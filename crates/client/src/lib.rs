//! A native async client for Apache Kafka (2.6 and newer) and Jackdaw: producer, consumer, administration, over one
//! shared [`Cluster`]. It knows the protocol and nothing of a broker's inside.

pub mod admin;
mod call;
mod clock;
pub mod cluster;
pub mod config;
mod connection;
pub mod consumer;
pub mod error;
pub mod producer;
pub mod retry;
pub mod security;
mod topic_partition;

pub use cluster::Cluster;
pub use config::{AdminConfig, ClientConfig, ConsumerConfig, ProducerConfig};
pub use error::Error;
pub use topic_partition::TopicPartition;
