//! The cluster: its brokers, its controller, and what each node speaks (KIP-700, 1073, 919).

use std::collections::BTreeMap;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;
use jackdaw_protocol::messages::describe_cluster_request::DescribeClusterRequest;
use jackdaw_protocol::messages::metadata_request::MetadataRequest;
use jackdaw_protocol::messages::unregister_broker_request::UnregisterBrokerRequest;

use super::acl_names::{AclOperation, operations_of};
use super::routing::{Subject, Target, is_unsupported, refusal};
use super::{Admin, Results};
use crate::error::Error;

/// A broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    /// Its id.
    pub id: i32,
    /// Where it listens.
    pub host: String,
    /// The port there.
    pub port: i32,
    /// Its rack, if it says so.
    pub rack: Option<String>,
    /// Whether it is registered but out of service (KIP-1073).
    pub is_fenced: bool,
}

/// Who belongs to a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterDescription {
    /// Its id.
    pub cluster_id: String,
    /// The controller, or the broker that forwards to it; `None` while there is none.
    pub controller: Option<i32>,
    /// The brokers, by id.
    pub brokers: Vec<Broker>,
    /// What the caller may do with it, where the broker says so.
    pub authorized_operations: Option<Vec<AclOperation>>,
}

/// Which versions of each API a node speaks. APIs that we do not know are listed by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeApis {
    /// By key: the lowest and the highest version.
    pub versions: BTreeMap<i16, (i16, i16)>,
}

impl NodeApis {
    /// The versions of an API that the node speaks.
    pub fn of(&self, api: ApiKey) -> Option<(i16, i16)> {
        self.versions.get(&api.key()).copied()
    }
}

impl Admin {
    /// The cluster's brokers and controller; of controllers (`bootstrap.controllers`) the controllers.
    ///
    /// # Errors
    /// No broker answers in time.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, Error> {
        self.retry(|_| self.describe_cluster_once(false)).await
    }

    /// As [`Admin::describe_cluster`], with the brokers that are out of service (Kafka 4.0 and newer, KIP-1073).
    ///
    /// # Errors
    /// No broker answers in time, or they are older.
    pub async fn describe_cluster_with_fenced(&self) -> Result<ClusterDescription, Error> {
        self.retry(|_| self.describe_cluster_once(true)).await
    }

    async fn describe_cluster_once(&self, include_fenced_brokers: bool) -> Result<ClusterDescription, Error> {
        let request = DescribeClusterRequest {
            endpoint_type: self.cluster.config().endpoints.wire(),
            include_fenced_brokers,
            ..Default::default()
        };
        let answer = match self.send(Target::Any, request).await {
            Err(error) if is_unsupported(&error) && !include_fenced_brokers => {
                return self.describe_cluster_by_metadata().await;
            }
            answer => answer?,
        };
        refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
        let brokers = answer.brokers.into_iter().map(|broker| Broker {
            id: broker.broker_id,
            host: broker.host.into_owned(),
            port: broker.port,
            rack: broker.rack.map(|rack| rack.into_owned()),
            is_fenced: broker.is_fenced,
        });
        Ok(ClusterDescription {
            cluster_id: answer.cluster_id.into_owned(),
            controller: (answer.controller_id >= 0).then_some(answer.controller_id),
            brokers: sorted(brokers.collect()),
            authorized_operations: operations_of(answer.cluster_authorized_operations),
        })
    }

    /// As brokers before 2.8 are asked.
    async fn describe_cluster_by_metadata(&self) -> Result<ClusterDescription, Error> {
        let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
        let answer = self.send(Target::Any, request).await?;
        let brokers = answer.brokers.into_iter().map(|broker| Broker {
            id: broker.node_id,
            host: broker.host.into_owned(),
            port: broker.port,
            rack: broker.rack.map(|rack| rack.into_owned()),
            is_fenced: false,
        });
        Ok(ClusterDescription {
            cluster_id: answer.cluster_id.unwrap_or_default().into_owned(),
            controller: (answer.controller_id >= 0).then_some(answer.controller_id),
            brokers: sorted(brokers.collect()),
            authorized_operations: operations_of(answer.cluster_authorized_operations),
        })
    }

    /// Runs `call` at every broker; each has its own result.
    pub(super) async fn each_broker<V, F>(&self, call: impl Fn(Target) -> F) -> Result<Results<i32, V>, Error>
    where
        F: Future<Output = Result<V, Error>>,
    {
        let brokers = self.retry(|_| self.broker_ids()).await?;
        Ok(self.each_of(brokers, call).await)
    }

    /// The ids of the brokers in service.
    async fn broker_ids(&self) -> Result<Vec<i32>, Error> {
        Ok(self.describe_cluster_once(false).await?.brokers.into_iter().map(|broker| broker.id).collect())
    }

    /// What every broker speaks.
    ///
    /// # Errors
    /// The brokers cannot be found.
    pub async fn describe_apis(&self) -> Result<Results<i32, NodeApis>, Error> {
        self.each_broker(move |target| async move {
            let answer = self.api_versions(target).await?;
            let versions =
                answer.api_keys.into_iter().map(|api| (api.api_key, (api.min_version, api.max_version)));
            Ok(NodeApis { versions: versions.collect() })
        })
        .await
    }

    pub(super) async fn api_versions(&self, target: Target) -> Result<ApiVersionsResponse<'static>, Error> {
        let request = ApiVersionsRequest {
            client_software_name: env!("CARGO_PKG_NAME").into(),
            client_software_version: env!("CARGO_PKG_VERSION").into(),
            ..Default::default()
        };
        let answer = self.send(target, request).await?;
        refusal(answer.error_code, &None, Subject::Nothing)?;
        Ok(answer)
    }

    /// Takes the registration of a broker away that will not come back.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses.
    pub async fn unregister_broker(&self, broker_id: i32) -> Result<(), Error> {
        self.retry(move |_| async move {
            let request = UnregisterBrokerRequest { broker_id, ..Default::default() };
            let answer = self.send(Target::Controller, request).await?;
            let name = broker_id.to_string();
            refusal(answer.error_code, &answer.error_message, Subject::Named("broker", &name))
        })
        .await
    }
}

fn sorted(mut brokers: Vec<Broker>) -> Vec<Broker> {
    brokers.sort_by_key(|broker| broker.id);
    brokers
}
