//! The handle to a cluster. What it does stands in the files beside this one.

use std::sync::Arc;

use super::inner::Inner;
use super::metadata::Metadata;
use crate::config::CommonConfig;
use crate::connection::Security;

/// A handle to a cluster. Clones share connections and metadata; the last one that is dropped closes them.
///
/// ```no_run
/// # async fn example() -> Result<(), jackdaw_client::Error> {
/// use jackdaw_client::{ClientConfig, Cluster};
/// use jackdaw_protocol::messages::describe_cluster_request::DescribeClusterRequest;
///
/// let cluster = Cluster::connect(&ClientConfig::new("localhost:9092")).await?;
/// let answer = cluster.call_any(&DescribeClusterRequest::default()).await?;
/// println!("cluster {} has {} brokers", answer.cluster_id, answer.brokers.len());
/// # Ok(()) }
/// ```
///
/// All futures of its calls may be dropped at any time: a request that was sent is then done by the broker, or not, and
/// its answer is thrown away.
#[derive(Clone)]
pub struct Cluster {
    pub(super) inner: Arc<Inner>,
}

impl Cluster {
    /// The settings it was made with.
    pub fn config(&self) -> &CommonConfig {
        &self.inner.config
    }

    /// What its connections are secured with.
    pub(crate) fn security(&self) -> &Security {
        &self.inner.security
    }

    /// What is known now: a snapshot that never changes.
    pub fn metadata(&self) -> Arc<Metadata> {
        self.inner.metadata.load_full()
    }

    /// Closes all connections; calls fail from then on.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("brokers", &self.metadata().brokers.len()).finish_non_exhaustive()
    }
}
