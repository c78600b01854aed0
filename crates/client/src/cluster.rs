//! A cluster as a client sees it: who its brokers are, which of them leads what, connections to them, and calls of any
//! API in the highest version that both sides speak.

mod call;
mod coordinator;
mod coordinators;
mod handle;
mod inner;
mod metadata;
pub(crate) mod node;
mod refresh;
mod wishes;

use std::sync::Arc;

pub use call::CallOptions;
pub use coordinators::CoordinatorKind;
pub use handle::Cluster;
pub use metadata::{Broker, Metadata, PartitionMetadata, TopicMetadata};
pub(crate) use metadata::{LeaderNews, NamedLeader};

pub use crate::call::Call;
pub use crate::connection::{ApiVersions, FinalizedFeatures, ResponseFrame};

use crate::config::{ClientConfig, CommonConfig};
use crate::connection::Security;
use crate::error::Result;
use inner::Inner;

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
}
