//! IncrementalAlterConfigs, versions 0 and 1 (KIP-339, KIP-412 log levels, KIP-919 on controllers' listeners). Log
//! levels are changed here and now; everything else is a record.

mod loggers;

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_metadata::decide::Mode;
use jackdaw_metadata::decide::alter_configs::{
    AlterConfigs, ChangeKind, ConfigChangeError, ConfigEdit, ConfigOperation, ResourceChange,
};
use jackdaw_metadata::image::{ConfigResource, ResourceKind};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use jackdaw_protocol::messages::incremental_alter_configs_response::{
    AlterConfigsResourceResponse, IncrementalAlterConfigsResponse,
};

use super::config_changes::{Entrance, Fate, change, on_wire};
use super::refusal::Refusal;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// What one resource shall have.
struct Asked {
    resource: ConfigResource,
    edits: Vec<ConfigEdit>,
}

/// Executes an IncrementalAlterConfigs request on a broker's listener.
pub fn handle_broker(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    handle(node, context, frame, Entrance::Broker)
}

/// Executes an IncrementalAlterConfigs request on a controller's listener.
pub fn handle_controller(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    handle(node, context, frame, Entrance::Controller)
}

fn handle(node: &Arc<Node>, context: &RequestContext, frame: &Frame<'_>, entrance: Entrance) -> Reply {
    let (asked, mode) = match read(context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let resources: Vec<ConfigResource> = asked.iter().map(|asked| asked.resource.clone()).collect();
        let fates = carry_out(&node, entrance, asked, mode).await;
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
        let response =
            IncrementalAlterConfigsResponse { responses: responses.collect(), ..Default::default() };
        Response::encode(context.head, &response)
    }))
}

fn read(context: &RequestContext, frame: &Frame<'_>) -> Result<(Vec<Asked>, Mode), CloseReason> {
    let request: IncrementalAlterConfigsRequest<'_> = frame.decode(context.head)?;
    let asked = request.resources.iter().map(|resource| {
        let edits = resource.configs.iter().map(|config| ConfigEdit {
            name: config.name.to_string(),
            operation: ConfigOperation::from_code(config.config_operation),
            value: config.value.as_ref().map(ToString::to_string),
        });
        Asked {
            resource: ConfigResource::new(
                ResourceKind::from_code(resource.resource_type),
                &resource.resource_name,
            ),
            edits: edits.collect(),
        }
    });
    let mode = if request.validate_only { Mode::ValidateOnly } else { Mode::Apply };
    Ok((asked.collect(), mode))
}

/// One fate for each resource, in the request's order.
async fn carry_out(node: &Node, entrance: Entrance, asked: Vec<Asked>, mode: Mode) -> Vec<Fate> {
    let mut occurrences: BTreeMap<ConfigResource, usize> = BTreeMap::new();
    for one in &asked {
        *occurrences.entry(one.resource.clone()).or_default() += 1;
    }
    let mut fates: Vec<Option<Fate>> = Vec::with_capacity(asked.len());
    let mut resources = Vec::new();
    for Asked { resource, edits } in asked {
        let is_repeated = occurrences[&resource] > 1;
        fates.push(match (resource.kind, entrance) {
            (ResourceKind::BrokerLogger, _) if is_repeated => {
                Some(Err(ConfigChangeError::DuplicateResource.into()))
            }
            (ResourceKind::BrokerLogger, _) => {
                Some(loggers::change(&*node.log_levels, node.id, &resource.name, &edits, mode))
            }
            (ResourceKind::Other(code), Entrance::Controller) => Some(Err(unknown_to_controller(code))),
            _ => {
                resources.push(ResourceChange { resource, change: ChangeKind::Edit(edits) });
                None
            }
        });
    }
    let mut others = match resources.is_empty() {
        true => Vec::new(),
        false => change(node, entrance, AlterConfigs { resources, mode }).await,
    }
    .into_iter();
    let fates = fates
        .into_iter()
        .map(|fate| fate.unwrap_or_else(|| others.next().expect("the controller answers for each resource")));
    fates.collect()
}

/// Controllers say that they are too old where brokers say that the request is wrong.
fn unknown_to_controller(kind: i8) -> Refusal {
    Refusal { error: ErrorCode::UnsupportedVersion, text: format!("Unknown resource type {kind}.") }
}

impl From<ConfigChangeError> for Refusal {
    fn from(error: ConfigChangeError) -> Self {
        Self { error: error.code(), text: error.to_string() }
    }
}
