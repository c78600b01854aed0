//! DescribeCluster, versions 0 to 2 (KIP-700, KIP-919 controllers, KIP-1073 fenced brokers). Brokers' listeners tell
//! of brokers, controllers' listeners of controllers; whoever asks for the others is told so.

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_metadata::Image;
use jackdaw_metadata::image::Endpoint;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_cluster_request::DescribeClusterRequest;
use jackdaw_protocol::messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};

use super::authorized;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Whom a listener serves, and whom a client asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum EndpointType {
    Broker,
    Controller,
}

impl EndpointType {
    fn code(self) -> i8 {
        match self {
            Self::Broker => 1,
            Self::Controller => 2,
        }
    }

    fn from_code(code: i8) -> Option<Self> {
        match code {
            1 => Some(Self::Broker),
            2 => Some(Self::Controller),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Broker => "BROKER",
            Self::Controller => "CONTROLLER",
        }
    }
}

/// Executes a DescribeCluster request on a broker's listener.
pub fn handle_broker(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame, EndpointType::Broker).into()
}

/// Executes a DescribeCluster request on a controller's listener.
pub fn handle_controller(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame, EndpointType::Controller).into()
}

fn answer(
    node: &Node,
    context: &RequestContext,
    frame: &Frame<'_>,
    served: EndpointType,
) -> Result<Response, CloseReason> {
    let request: DescribeClusterRequest<'_> = frame.decode(context.head)?;
    if let Err((error, text)) = check(served, request.endpoint_type, context.api_version()) {
        let response = DescribeClusterResponse {
            error_code: error.code(),
            error_message: Some(text.into()),
            ..Default::default()
        };
        return Response::encode(context.head, &response);
    }
    let image = node.image();
    let listener = &context.connection.listener_name;
    let brokers = match served {
        EndpointType::Broker => brokers(&image, listener, request.include_fenced_brokers),
        EndpointType::Controller => controllers(&image, listener),
    };
    let controller = match served {
        // Clients send to any broker what is for the controller.
        EndpointType::Broker => Some(node.id),
        EndpointType::Controller => node.quorum.view().leader,
    };
    let is_told = |id: &NodeId| brokers.iter().any(|broker| broker.broker_id == id.0);
    let response = DescribeClusterResponse {
        endpoint_type: served.code(),
        cluster_id: (&*node.cluster_id).into(),
        controller_id: controller.filter(is_told).map_or(-1, |id| id.0),
        brokers,
        cluster_authorized_operations: authorized::on_cluster(request.include_cluster_authorized_operations),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

/// Version 0 knows no other error for a wrong type than that the request is wrong.
fn check(served: EndpointType, asked: i8, version: i16) -> Result<(), (ErrorCode, String)> {
    let code = |error| if version == 0 { ErrorCode::InvalidRequest } else { error };
    match EndpointType::from_code(asked) {
        None => Err((code(ErrorCode::UnsupportedEndpointType), format!("Unsupported endpoint type {asked}"))),
        Some(asked) if asked != served => {
            let text = format!(
                "The request was sent to an endpoint of type {}, but we wanted an endpoint of type {}",
                served.name(),
                asked.name()
            );
            Err((code(ErrorCode::MismatchedEndpointType), text))
        }
        Some(_) => Ok(()),
    }
}

fn brokers<'a>(image: &Image, listener: &str, includes_fenced: bool) -> Vec<DescribeClusterBroker<'a>> {
    let brokers = image.cluster.brokers.values().filter(|broker| includes_fenced || !broker.fenced);
    let described = brokers.filter_map(|broker| {
        let endpoint = find(&broker.endpoints, listener)?;
        let rack = broker.rack.clone().map(Into::into);
        Some(DescribeClusterBroker { rack, is_fenced: broker.fenced, ..described(broker.id, endpoint) })
    });
    described.collect()
}

fn controllers<'a>(image: &Image, listener: &str) -> Vec<DescribeClusterBroker<'a>> {
    let controllers = image.cluster.controllers.values();
    let described = controllers
        .filter_map(|controller| Some(described(controller.id, find(&controller.endpoints, listener)?)));
    described.collect()
}

fn find<'e>(endpoints: &'e [Endpoint], listener: &str) -> Option<&'e Endpoint> {
    endpoints.iter().find(|endpoint| endpoint.name == listener)
}

fn described<'a>(id: NodeId, endpoint: &Endpoint) -> DescribeClusterBroker<'a> {
    DescribeClusterBroker {
        broker_id: id.0,
        host: endpoint.host.clone().into(),
        port: i32::from(endpoint.port),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests;
