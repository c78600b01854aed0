//! The settings of clients under Kafka's names. [`ClientConfig`] holds what somebody has set; [`ProducerConfig`],
//! [`ConsumerConfig`] and [`AdminConfig`] are what comes out for one client, typed, with Kafka's defaults.

mod admin;
mod client;
mod common;
mod consumer;
mod definition;
mod definitions;
mod error;
mod producer;
mod read;
mod sasl;
mod security;
mod tls;

pub use admin::AdminConfig;
pub use client::ClientConfig;
pub use common::{CommonConfig, Endpoints, HostPort, RecoveryStrategy};
pub use consumer::{AutoOffsetReset, ConsumerConfig, GroupProtocol, IsolationLevel};
pub use definition::{Audience, Definition, ValueKind};
pub use definitions::all as definitions;
pub use error::ConfigError;
pub use producer::{Acks, PartitionerKind, ProducerConfig};
pub use security::{SecurityConfig, SecurityProtocol};

#[cfg(test)]
mod tests;
