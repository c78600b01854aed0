//! What a whole node tells when it is scraped, beside what the edge counts: partitions, groups, data directories,
//! the metadata and its quorum, the process. Names as the JMX exporter makes them of Kafka's, our own where Kafka has none. Nothing is
//! kept between two scrapes, so an idle partition costs no memory here, and no partition's lock is taken.

mod groups;
mod metadata;
mod partitions;
mod process;
mod storage;

use std::fmt;
use std::sync::{Arc, Weak};

use jackdaw_store::FileCache;

use crate::metrics::{Collector, Scrape};
use crate::node::Node;

/// Has `node` told of at each scrape of its metrics. `files` are the open files of its partitions.
pub fn register(node: &Arc<Node>, files: &Arc<FileCache>) {
    let collector = NodeCollector { node: Arc::downgrade(node), files: Arc::clone(files) };
    node.metrics.register(Arc::new(collector));
}

/// The node holds its metrics, so the way back is weak.
struct NodeCollector {
    node: Weak<Node>,
    files: Arc<FileCache>,
}

impl Collector for NodeCollector {
    fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        let Some(node) = self.node.upgrade() else { return Ok(()) };
        partitions::collect(&node, out)?;
        storage::collect(&node, &self.files, out)?;
        metadata::collect(&node, out)?;
        groups::collect(&node, out)?;
        process::collect(out)
    }
}

/// A gauge without labels.
fn gauge(out: &mut Scrape<'_>, name: &str, help: &str, value: i64) -> fmt::Result {
    out.gauges(name, help, |family| family.gauge(&[], value))
}

/// How many there are, as a gauge takes it.
fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
