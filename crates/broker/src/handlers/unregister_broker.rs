//! UnregisterBroker, version 0 (KIP-500).

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::decide::unregister_broker::unregister_broker;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::unregister_broker_request::UnregisterBrokerRequest;
use jackdaw_protocol::messages::unregister_broker_response::UnregisterBrokerResponse;

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// Executes an UnregisterBroker request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: UnregisterBrokerRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let broker = NodeId(request.broker_id);
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let decided = node
            .quorum
            .submit(move |image, decision| match unregister_broker(image, broker, decision) {
                Ok(Decision { records, answer: () }) => Decision { records, answer: Ok(()) },
                Err(error) => Decision::only(Err((error.code(), error.to_string()))),
            })
            .await;
        encode(
            &context,
            decided.unwrap_or_else(|failure| Err((error_of_quorum(failure), failure.to_string()))),
        )
    }))
}

fn encode(
    context: &RequestContext,
    result: Result<(), (ErrorCode, String)>,
) -> Result<Response, CloseReason> {
    let (code, text) = match result {
        Ok(()) => (ErrorCode::None, None),
        Err((code, text)) => (code, Some(text)),
    };
    let response = UnregisterBrokerResponse {
        error_code: code.code(),
        error_message: text.map(Into::into),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}
