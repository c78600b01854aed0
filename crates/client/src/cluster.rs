//! A cluster as a client sees it: who its brokers are, which of them leads what, connections to them, and calls of any
//! API in the highest version that both sides speak.

mod call;
mod coordinator;
mod inner;
mod metadata;
pub(crate) mod node;
mod refresh;

use std::sync::Arc;

pub use call::CallOptions;
pub use coordinator::CoordinatorKind;
pub use metadata::{Broker, Metadata, PartitionMetadata, TopicMetadata};
pub(crate) use metadata::{LeaderNews, NamedLeader};

pub use crate::call::Call;
pub use crate::connection::{ApiVersions, FinalizedFeatures, ResponseFrame};

use crate::config::{ClientConfig, CommonConfig};
use crate::connection::Security;
use crate::error::Result;
use inner::Inner;

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
    inner: Arc<Inner>,
}

impl Cluster {
    /// Finds the cluster behind `bootstrap.servers` and reads who its brokers are.
    ///
    /// # Errors
    /// A setting is wrong, or no broker answers.
    pub async fn connect(config: &ClientConfig) -> Result<Self> {
        Self::connect_with(config.common()?).await
    }

    /// [`Cluster::connect`] with settings that were read already.
    ///
    /// # Errors
    /// A file of certificates or keys cannot be used, or no broker answers.
    pub async fn connect_with(config: CommonConfig) -> Result<Self> {
        let security = Security::load(&config.security).await?;
        let cluster = Self { inner: Arc::new(Inner::new(config, security)) };
        cluster.refresh(&[]).await?;
        refresh::keep_fresh(&cluster.inner);
        Ok(cluster)
    }

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
