//! Finding the coordinator of a group or a transactional id (KIP-699), and remembering it.

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::find_coordinator_request::FindCoordinatorRequest;

use super::CallOptions;
use super::coordinators::CoordinatorKind;
use super::handle::Cluster;
use crate::error::{Error, ErrorKind, Result};

/// From this version on many keys are asked for at once.
const BATCHED_FROM: i16 = 4;

impl Cluster {
    /// The node that coordinates `key`; asks once and remembers it until [`Cluster::forget_coordinator`].
    ///
    /// # Errors
    /// `COORDINATOR_NOT_AVAILABLE` (retriable) while it moves, and as [`Cluster::call_any`].
    pub async fn coordinator(&self, kind: CoordinatorKind, key: &str) -> Result<i32> {
        let known = self.inner.coordinators.known.lock().get(&(kind, key.to_owned())).copied();
        // One that has left the cluster coordinates nothing any more.
        if let Some(node_id) = known.filter(|node_id| self.inner.node(*node_id).is_ok()) {
            return Ok(node_id);
        }
        let place = |error: Error| error.with_resource(kind.name(), key);
        let node_id = self.find_coordinator(kind, key).await.map_err(place)?;
        if self.inner.node(node_id).is_err() {
            self.refresh(&[]).await?;
        }
        self.inner.coordinators.known.lock().insert((kind, key.to_owned()), node_id);
        Ok(node_id)
    }

    /// To be called when a coordinator says that it is none any more, or cannot be reached.
    pub fn forget_coordinator(&self, kind: CoordinatorKind, key: &str) {
        self.inner.coordinators.known.lock().remove(&(kind, key.to_owned()));
    }

    async fn find_coordinator(&self, kind: CoordinatorKind, key: &str) -> Result<i32> {
        let connection = self.any_connection().await?;
        let api = jackdaw_protocol::api_key::ApiKey::FindCoordinator;
        let version = connection.versions().negotiate(api, 0..=i16::MAX)?;
        let mut request =
            FindCoordinatorRequest { key_type: kind.code(), ..FindCoordinatorRequest::default() };
        if version >= BATCHED_FROM {
            request.coordinator_keys.push(key.into());
        } else {
            request.key = key.into();
        }
        let frame = self.send(&connection, &request, &CallOptions::versions(version..=version)).await?;
        let response: jackdaw_protocol::messages::find_coordinator_response::FindCoordinatorResponse<'_> =
            frame.decode()?;
        let (code, message, node_id) = if version >= BATCHED_FROM {
            let found =
                response.coordinators.first().ok_or(ErrorKind::InvalidAnswer("no coordinator in it"))?;
            (found.error_code, found.error_message.as_deref(), found.node_id)
        } else {
            (response.error_code, response.error_message.as_deref(), response.node_id)
        };
        Error::check(code, message)?;
        if node_id < 0 { Err(Error::broker_error(ErrorCode::CoordinatorNotAvailable)) } else { Ok(node_id) }
    }
}
