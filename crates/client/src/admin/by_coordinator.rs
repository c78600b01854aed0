//! Requests that only a coordinator can answer, of groups or of transactions: it is looked up anew for each attempt
//! (KIP-699).

use std::collections::BTreeMap;
use std::future::Future;

use jackdaw_protocol::messages::find_coordinator_request::FindCoordinatorRequest;

use super::routing::{Routes, Subject, Target, is_unsupported, refusal};
use super::{Admin, Results};
use crate::cluster::CoordinatorKind;
use crate::error::Error;

impl Admin {
    /// Names to the nodes that coordinate them.
    pub(super) async fn each_by_coordinator<V, F>(
        &self,
        kind: CoordinatorKind,
        names: impl IntoIterator<Item = String>,
        call: impl Fn(Target, Vec<String>, i32) -> F,
    ) -> Results<String, V>
    where
        F: Future<Output = Result<Results<String, V>, Error>>,
    {
        self.each(names, |names| self.coordinators(kind, names), call).await
    }

    /// Runs `attempt` at the node that coordinates `name`, looking it up anew for each attempt.
    pub(super) async fn at_coordinator<T, F>(
        &self,
        kind: CoordinatorKind,
        name: &str,
        attempt: impl Fn(Target) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let attempt = &attempt;
        self.retry(move |_| async move {
            let (routes, refused) = self.coordinators(kind, vec![name.to_owned()]).await?;
            if let Some(error) = refused.into_values().next() {
                return Err(error);
            }
            let target = routes.into_keys().next().unwrap_or(Target::Any);
            attempt(target).await
        })
        .await
    }

    async fn coordinators(&self, kind: CoordinatorKind, names: Vec<String>) -> Result<Routes<String>, Error> {
        let request = FindCoordinatorRequest {
            key_type: kind.code(),
            coordinator_keys: names.iter().map(|name| name.clone().into()).collect(),
            ..Default::default()
        };
        let found = match self.send(Target::Any, request).await {
            Err(error) if is_unsupported(&error) => return self.coordinators_one_by_one(kind, &names).await,
            found => found?.coordinators,
        };
        let mut routes: BTreeMap<Target, Vec<String>> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for coordinator in found {
            let name = coordinator.key.into_owned();
            match refusal(coordinator.error_code, &coordinator.error_message, subject(kind, &name)) {
                Ok(()) => routes.entry(Target::Node(coordinator.node_id)).or_default().push(name),
                Err(error) => {
                    refused.insert(name, error);
                }
            }
        }
        Ok((routes, refused))
    }

    /// As Kafka before 3.0 is asked (KIP-699 brought the lists).
    async fn coordinators_one_by_one(
        &self,
        kind: CoordinatorKind,
        names: &[String],
    ) -> Result<Routes<String>, Error> {
        let mut routes: BTreeMap<Target, Vec<String>> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for name in names {
            let request = FindCoordinatorRequest {
                key: name.clone().into(),
                key_type: kind.code(),
                ..Default::default()
            };
            let found = self.send(Target::Any, request).await?;
            match refusal(found.error_code, &found.error_message, subject(kind, name)) {
                Ok(()) => routes.entry(Target::Node(found.node_id)).or_default().push(name.clone()),
                Err(error) => {
                    refused.insert(name.clone(), error);
                }
            }
        }
        Ok((routes, refused))
    }
}

fn subject(kind: CoordinatorKind, name: &str) -> Subject<'_> {
    Subject::Named(kind.name(), name)
}
