//! The quorum, the committed metadata, and the fetch sessions.

use std::fmt;
use std::sync::atomic::Ordering;

use super::{count, gauge};
use crate::metrics::Scrape;
use crate::node::Node;

/// Kafka's numbers for the state of a broker.
const BROKER_RUNNING: i64 = 3;
const BROKER_STOPPING: i64 = 6;

pub(super) fn collect(node: &Node, out: &mut Scrape<'_>) -> fmt::Result {
    let view = node.quorum.view();
    let leader = view.leader.map_or(-1, |id| i64::from(id.0));
    let raft = "kafka_server_raft_metrics";
    gauge(out, &format!("{raft}_current_leader"), "The active controller, -1 if none is known", leader)?;
    gauge(out, &format!("{raft}_current_epoch"), "Its epoch", i64::from(view.epoch.0))?;
    gauge(out, &format!("{raft}_high_watermark"), "Metadata below is committed", view.high_watermark.0)?;
    gauge(out, &format!("{raft}_log_end_offset"), "The end of the metadata log", view.log_end.0)?;
    gauge(out, &format!("{raft}_number_of_voters"), "Voters of the quorum", count(view.voters.len()))?;
    let image = node.image();
    let controller = "kafka_controller_kafkacontroller";
    let is_active = i64::from(view.leader == Some(node.id));
    gauge(out, &format!("{controller}_activecontrollercount"), "1 on the active controller", is_active)?;
    let (mut partitions, mut offline) = (0, 0);
    for partition in image.topics.iter().flat_map(|topic| topic.partitions.values()) {
        partitions += 1;
        offline += i64::from(partition.leader.is_none());
    }
    gauge(out, &format!("{controller}_globaltopiccount"), "Topics", count(image.topics.len()))?;
    gauge(out, &format!("{controller}_globalpartitioncount"), "Partitions of all topics", partitions)?;
    gauge(out, &format!("{controller}_offlinepartitionscount"), "Partitions without a leader", offline)?;
    let fenced = image.cluster.brokers.values().filter(|broker| broker.fenced).count();
    let active = image.cluster.brokers.values().count() - fenced;
    gauge(out, &format!("{controller}_activebrokercount"), "Brokers that serve", count(active))?;
    gauge(out, &format!("{controller}_fencedbrokercount"), "Brokers that are fenced", count(fenced))?;
    let state = match node.is_stopping.load(Ordering::Acquire) {
        true => BROKER_STOPPING,
        false => BROKER_RUNNING,
    };
    gauge(out, "kafka_server_kafkaserver_brokerstate", "3 running, 6 stopping", state)?;
    let sessions = "kafka_server_fetchsessioncache";
    let held = count(node.fetch_sessions.len());
    gauge(out, &format!("{sessions}_numincrementalfetchsessions"), "Incremental fetch sessions", held)?;
    let held = count(node.fetch_sessions.partition_count());
    let name = format!("{sessions}_numincrementalfetchpartitionscached");
    gauge(out, &name, "Partitions in incremental fetch sessions", held)
}
