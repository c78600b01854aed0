//! Series of each partition on this node, and how many of them are in trouble.

use std::fmt;

use jackdaw_partition::Partition;

use super::{count, gauge};
use crate::metrics::Scrape;
use crate::node::Node;

type Read = fn(&Partition) -> i64;

/// Names behind `kafka_log_log_`.
const OF_EACH: [(&str, &str, Read); 5] = [
    ("logstartoffset", "The first readable offset", |one| one.watermarks().log_start.0),
    ("logendoffset", "The offset of the next record", |one| one.watermarks().log_end.0),
    ("size", "Bytes of all batches", |one| i64::try_from(one.published_size().0).unwrap_or(i64::MAX)),
    ("numlogsegments", "Segments", |one| i64::try_from(one.published_size().1).unwrap_or(i64::MAX)),
    ("flushedoffset", "Everything below is on the disk", |one| one.watermarks().flushed_end.0),
];

pub(super) fn collect(node: &Node, out: &mut Scrape<'_>) -> fmt::Result {
    let mut all = node.partitions.all();
    all.sort_unstable_by(|a, b| a.id().cmp(b.id()));
    let numbers: Vec<String> = all.iter().map(|partition| partition.id().index.0.to_string()).collect();
    for (name, help, read) in OF_EACH {
        out.gauges(&format!("kafka_log_log_{name}"), help, |family| {
            all.iter().zip(&numbers).try_for_each(|(partition, number)| {
                let labels = [("topic", &*partition.id().topic), ("partition", number.as_str())];
                family.gauge(&labels, read(partition))
            })
        })?;
    }
    let prefix = "kafka_server_replicamanager";
    let offline = all.iter().filter(|partition| !partition.is_serving()).count();
    gauge(out, &format!("{prefix}_partitioncount"), "Partitions on this node", count(all.len()))?;
    gauge(out, &format!("{prefix}_offlinereplicacount"), "Partitions that cannot be served", count(offline))?;
    let waiting = all.iter().map(|partition| partition.waiter_count()).sum();
    gauge(out, "jackdaw_partition_waiters", "Requests that wait for a partition", count(waiting))?;
    let (leads, under_replicated) = led(node);
    gauge(out, &format!("{prefix}_leadercount"), "Partitions that this node leads", leads)?;
    let help = "Partitions that this node leads with replicas that are not in sync";
    gauge(out, &format!("{prefix}_underreplicatedpartitions"), help, under_replicated)
}

/// Of the metadata: how many partitions this node leads, and how many of those lack an in-sync replica.
fn led(node: &Node) -> (i64, i64) {
    let image = node.image();
    let partitions = image.topics.iter().flat_map(|topic| topic.partitions.values());
    partitions.filter(|partition| partition.leader == Some(node.id)).fold(
        (0, 0),
        |(leads, lack), partition| {
            (leads + 1, lack + i64::from(partition.isr.len() < partition.replicas.len()))
        },
    )
}
