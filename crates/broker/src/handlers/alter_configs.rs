//! AlterConfigs, versions 0 to 2 (KIP-133): each resource gets these values and no others. Clients that can should
//! use IncrementalAlterConfigs.

use std::sync::Arc;

use jackdaw_metadata::decide::Mode;
use jackdaw_metadata::decide::alter_configs::{AlterConfigs, ChangeKind, ResourceChange};
use jackdaw_metadata::image::{ConfigResource, ResourceKind};
use jackdaw_protocol::messages::alter_configs_request::AlterConfigsRequest;
use jackdaw_protocol::messages::alter_configs_response::{
    AlterConfigsResourceResponse, AlterConfigsResponse,
};

use super::config_changes::{Entrance, change, on_wire};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// Executes an AlterConfigs request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request = match read(context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let resources: Vec<ConfigResource> =
            request.resources.iter().map(|change| change.resource.clone()).collect();
        let fates = change(&node, Entrance::Broker, request).await;
        let responses = resources.iter().zip(fates).map(|(resource, fate)| {
            let (error_code, error_message) = on_wire(fate);
            AlterConfigsResourceResponse {
                error_code,
                error_message,
                resource_type: resource.kind.code(),
                resource_name: (&*resource.name).into(),
                ..Default::default()
            }
        });
        Response::encode(
            context.head,
            &AlterConfigsResponse { responses: responses.collect(), ..Default::default() },
        )
    }))
}

fn read(context: &RequestContext, frame: &Frame<'_>) -> Result<AlterConfigs, CloseReason> {
    let request: AlterConfigsRequest<'_> = frame.decode(context.head)?;
    let resources = request.resources.iter().map(|resource| {
        let values = resource
            .configs
            .iter()
            .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string)));
        ResourceChange {
            resource: ConfigResource::new(
                ResourceKind::from_code(resource.resource_type),
                &resource.resource_name,
            ),
            change: ChangeKind::Replace(values.collect()),
        }
    });
    let mode = if request.validate_only { Mode::ValidateOnly } else { Mode::Apply };
    Ok(AlterConfigs { resources: resources.collect(), mode })
}
