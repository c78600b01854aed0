//! Keeping metadata fresh: on demand, with callers at the same time sharing one request, and by age.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use jackdaw_protocol::messages::describe_cluster_request::DescribeClusterRequest;
use jackdaw_protocol::messages::describe_cluster_response::DescribeClusterResponse;
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::messages::metadata_response::MetadataResponse;
use tokio::sync::watch;
use tokio::time::Instant;

use super::handle::Cluster;
use super::inner::Inner;
use super::metadata::{LeaderNews, Metadata, Scope};
use super::wishes::Progress;
use crate::config::{Endpoints, RecoveryStrategy};
use crate::error::{Error, Result};

impl Cluster {
    /// Fetches metadata of these topics and of all others in use; without topics of the brokers at least. What a topic
    /// suffers from stands in [`super::Metadata::topic_errors`].
    ///
    /// # Errors
    /// No broker answers.
    pub async fn refresh(&self, topics: &[&str]) -> Result<()> {
        self.want(topics, false, false).await
    }

    /// [`Cluster::refresh`] that lets the broker create what does not exist, if it is so configured.
    ///
    /// # Errors
    /// As [`Cluster::refresh`].
    pub async fn refresh_or_create(&self, topics: &[&str]) -> Result<()> {
        self.want(topics, false, true).await
    }

    /// Fetches metadata of all topics there are.
    ///
    /// # Errors
    /// As [`Cluster::refresh`].
    pub async fn refresh_all(&self) -> Result<()> {
        self.want(&[], true, false).await
    }

    /// Topics that nobody uses any more: later refreshes leave them out.
    pub fn forget(&self, topics: &[&str]) {
        let mut wanted = self.inner.refresh.wanted.lock();
        for topic in topics {
            wanted.topics.remove(*topic);
        }
        drop(wanted);
        let _changing = self.inner.changing.lock();
        let mut metadata = self.metadata().as_ref().clone();
        for topic in topics {
            metadata.forget(topic);
        }
        self.inner.metadata.store(Arc::new(metadata));
    }

    /// Counts changes of the metadata, to wait for the next one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }

    /// The leader of a partition with its epoch; metadata are fetched if they are not there.
    ///
    /// # Errors
    /// As [`super::Metadata::leader`] and [`Cluster::refresh`].
    pub async fn leader(&self, topic: &str, partition: i32) -> Result<(i32, i32)> {
        if let Ok(leader) = self.metadata().leader(topic, partition) {
            return Ok(leader);
        }
        self.refresh(&[topic]).await?;
        self.metadata().leader(topic, partition)
    }

    /// Takes over newer leaders that a broker named beside its errors (KIP-951).
    pub(crate) fn learn(&self, news: &LeaderNews) {
        if news.leaders.is_empty() {
            return;
        }
        let _changing = self.inner.changing.lock();
        if let Some(metadata) = self.metadata().with_news(news) {
            self.inner.set_metadata(metadata);
        }
    }

    async fn want(&self, topics: &[&str], all: bool, may_create: bool) -> Result<()> {
        let ticket = {
            let mut wanted = self.inner.refresh.wanted.lock();
            for topic in topics {
                if !wanted.topics.contains(*topic) {
                    wanted.topics.insert(Arc::from(*topic));
                }
            }
            wanted.all |= all;
            wanted.may_create |= may_create;
            wanted.ticket += 1;
            wanted.ticket
        };
        let mut progress = self.inner.refresh.running.lock().await;
        if progress.served >= ticket {
            return Ok(());
        }
        let (upto, topics, may_create) = {
            let mut wanted = self.inner.refresh.wanted.lock();
            // Who took the wishes of others along and was dropped has not fulfilled them: everybody insists on their own.
            let all = std::mem::take(&mut wanted.all) || all;
            let may_create = std::mem::take(&mut wanted.may_create) || may_create;
            (wanted.ticket, (!all).then(|| wanted.topics.clone()), may_create)
        };
        match self.fetch(topics, may_create).await {
            Ok(()) => {
                progress.served = upto;
                progress.failing_since = None;
                Ok(())
            }
            Err(error) => {
                self.after_failure(&mut progress, &error);
                Err(error)
            }
        }
    }

    async fn fetch(&self, topics: Option<BTreeSet<Arc<str>>>, may_create: bool) -> Result<()> {
        match self.inner.config.endpoints {
            Endpoints::Brokers => {
                let scope = if topics.is_some() { Scope::Some } else { Scope::All };
                let response = self.ask_brokers(topics, may_create).await?;
                let _changing = self.inner.changing.lock();
                self.inner.set_metadata(self.metadata().merged(&response, scope));
            }
            Endpoints::Controllers => {
                let metadata = self.fetch_controllers().await?;
                let _changing = self.inner.changing.lock();
                self.inner.set_metadata(metadata);
            }
        }
        Ok(())
    }

    async fn ask_brokers(
        &self,
        topics: Option<BTreeSet<Arc<str>>>,
        may_create: bool,
    ) -> Result<MetadataResponse<'static>> {
        let topic = |name: &Arc<str>| MetadataRequestTopic {
            name: Some(name.to_string().into()),
            ..MetadataRequestTopic::default()
        };
        let request = MetadataRequest {
            topics: topics.as_ref().map(|names| names.iter().map(topic).collect()),
            allow_auto_topic_creation: may_create,
            ..MetadataRequest::default()
        };
        let response = self.call_any(&request).await?;
        Error::check(response.error_code, None)?;
        Ok(response)
    }

    /// Controllers know no topics in a form for clients: only who they are (KIP-919).
    async fn fetch_controllers(&self) -> Result<Metadata> {
        let request = DescribeClusterRequest {
            endpoint_type: Endpoints::Controllers.wire(),
            ..DescribeClusterRequest::default()
        };
        let response: DescribeClusterResponse<'_> = self.call_any(&request).await?;
        Error::check(response.error_code, response.error_message.as_deref())?;
        Ok(Metadata::of_controllers(&response))
    }

    /// Whether the known brokers still are the cluster's: the broker may say no, and long silence means no (KIP-1102).
    fn after_failure(&self, progress: &mut Progress, error: &Error) {
        use jackdaw_protocol::error_code::ErrorCode;
        let config = &self.inner.config;
        let now = Instant::now();
        let since = *progress.failing_since.get_or_insert(now);
        let is_lost = error.is(ErrorCode::RebootstrapRequired)
            || now.duration_since(since) >= config.rebootstrap_trigger;
        if is_lost && config.recovery_strategy == RecoveryStrategy::Rebootstrap && !self.inner.is_closed() {
            progress.failing_since = None;
            self.inner.rebootstrap();
        }
    }
}

/// Refreshes by age for as long as somebody holds the cluster.
pub(super) fn keep_fresh(inner: &Arc<Inner>) {
    let weak: Weak<Inner> = Arc::downgrade(inner);
    let age = inner.config.metadata_max_age;
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(age.max(std::time::Duration::from_millis(100))).await;
            let Some(inner) = weak.upgrade().filter(|inner| !inner.is_closed()) else {
                return;
            };
            if let Err(error) = (Cluster { inner }).refresh(&[]).await {
                tracing::debug!(%error, "metadata are older than metadata.max.age.ms");
            }
        }
    });
}
