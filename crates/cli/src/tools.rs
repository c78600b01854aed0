//! Kafka's tools that speak to a broker, one file each: the names and flags of the distribution's scripts, their output and
//! their exit codes. A tool that is not finished is not in the list.

mod broker_api_versions;
mod client_metrics;
mod cluster;
mod configs;
mod console_consumer;
mod console_producer;
mod consumer_groups;
mod consumer_perf_test;
mod delete_records;
mod e2e_latency;
mod features;
mod get_offsets;
mod groups;
mod latencies;
mod leader_election;
mod log_dirs;
mod metadata_quorum;
mod producer_perf_test;
mod reassign_partitions;
mod topics;
mod transactions;
mod verifiable_consumer;
mod verifiable_producer;

use crate::outcome::Outcome;

/// One tool.
#[derive(Clone, Copy)]
pub struct Tool {
    /// The name of its script, without `.sh`.
    pub name: &'static str,
    /// The names of its class, for `kafka-run-class.sh`; older releases had others.
    pub classes: &'static [&'static str],
    /// What it does with its arguments.
    pub run: fn(Vec<String>) -> Outcome,
}

impl Tool {
    /// Runs it.
    pub fn run(&self, arguments: Vec<String>) -> Outcome {
        (self.run)(arguments)
    }
}

/// The tools of this crate.
pub const TOOLS: &[Tool] = &[
    broker_api_versions::TOOL,
    client_metrics::TOOL,
    cluster::TOOL,
    configs::TOOL,
    console_consumer::TOOL,
    console_producer::TOOL,
    consumer_groups::TOOL,
    consumer_perf_test::TOOL,
    delete_records::TOOL,
    e2e_latency::TOOL,
    features::TOOL,
    get_offsets::TOOL,
    groups::TOOL,
    leader_election::TOOL,
    log_dirs::TOOL,
    metadata_quorum::TOOL,
    producer_perf_test::TOOL,
    reassign_partitions::TOOL,
    topics::TOOL,
    transactions::TOOL,
    verifiable_consumer::TOOL,
    verifiable_producer::TOOL,
];
