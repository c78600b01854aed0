//! ListConfigResources, versions 0 and 1 (KIP-1000, KIP-1142). Version 0 lists subscriptions to client metrics only.

use std::sync::Arc;

use jackdaw_metadata::Image;
use jackdaw_metadata::image::ResourceKind;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::list_config_resources_request::ListConfigResourcesRequest;
use jackdaw_protocol::messages::list_config_resources_response::{
    ConfigResource, ListConfigResourcesResponse,
};

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// All kinds, in the order of the answer.
const KINDS: [ResourceKind; 5] = [
    ResourceKind::Topic,
    ResourceKind::Broker,
    ResourceKind::BrokerLogger,
    ResourceKind::ClientMetrics,
    ResourceKind::Group,
];

/// Executes a ListConfigResources request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: ListConfigResourcesRequest<'_> = frame.decode(context.head)?;
    let asked: Vec<ResourceKind> = match (context.api_version(), request.resource_types.is_empty()) {
        (0, _) => vec![ResourceKind::ClientMetrics],
        (_, true) => KINDS.to_vec(),
        (_, false) => request.resource_types.iter().copied().map(ResourceKind::from_code).collect(),
    };
    let response = match asked.iter().all(|kind| KINDS.contains(kind)) {
        true => {
            let image = node.image();
            let kinds = KINDS.iter().filter(|kind| asked.contains(kind));
            let config_resources = kinds.flat_map(|kind| {
                let resource_type = kind.code();
                names(&image, *kind).into_iter().map(move |name| ConfigResource {
                    resource_name: name.into(),
                    resource_type,
                    ..Default::default()
                })
            });
            ListConfigResourcesResponse { config_resources: config_resources.collect(), ..Default::default() }
        }
        false => ListConfigResourcesResponse {
            error_code: ErrorCode::UnsupportedVersion.code(),
            ..Default::default()
        },
    };
    Response::encode(context.head, &response)
}

/// Topics and brokers have a configuration by being there, groups and subscriptions by having been configured.
fn names(image: &Image, kind: ResourceKind) -> Vec<String> {
    match kind {
        ResourceKind::Topic => image.topics.iter().map(|topic| topic.name.to_string()).collect(),
        ResourceKind::Broker | ResourceKind::BrokerLogger => {
            image.cluster.brokers.keys().map(|id| id.0.to_string()).collect()
        }
        ResourceKind::ClientMetrics | ResourceKind::Group => {
            image.configs.of_kind(kind).map(|(resource, _)| resource.name.to_string()).collect()
        }
        ResourceKind::Other(_) => Vec::new(),
    }
}
