//! InitProducerId, versions 0 to 5 (KIP-98, KIP-360), without a transactional id. Ids come from blocks of the metadata.
//! With a transactional id it is for the transaction coordinator, which is not there yet.

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::decide::producer_ids::allocate_producer_ids;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::init_producer_id_request::InitProducerIdRequest;
use jackdaw_protocol::messages::init_producer_id_response::InitProducerIdResponse;

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{Later, Reply, Response};

/// Executes an InitProducerId request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: InitProducerIdRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let has_half = (request.producer_id == -1) != (request.producer_epoch == -1);
    let refusal = match request.transactional_id.as_deref() {
        None if has_half => Some(ErrorCode::InvalidRequest),
        None => None,
        Some("") => Some(ErrorCode::InvalidRequest),
        Some(_) => Some(ErrorCode::UnsupportedVersion),
    };
    if let Some(error) = refusal {
        return answer(context, Err(error));
    }
    if let Some(id) = node.producer_ids.next() {
        return answer(context, Ok(id.0));
    }
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let result = refill(&node).await;
        encode(&context, result)
    }))
}

/// Gets a block and takes an id from it. Others may use it up at once, so this may take a few turns.
async fn refill(node: &Node) -> Result<i64, ErrorCode> {
    let (id, mut turns) = (node.id, 3);
    loop {
        if let Some(id) = node.producer_ids.next() {
            return Ok(id.0);
        }
        if turns == 0 {
            return Err(ErrorCode::CoordinatorLoadInProgress);
        }
        turns -= 1;
        let block = node
            .quorum
            .submit(move |image, _| allocate(image, id))
            .await
            .map_err(|_| ErrorCode::CoordinatorNotAvailable)??;
        node.producer_ids.refill(block.0, block.1);
    }
}

type Block = Result<(i64, i64), ErrorCode>;

fn allocate(image: &jackdaw_metadata::Image, id: NodeId) -> Decision<Block> {
    let Some(broker) = image.cluster.broker(id) else {
        return Decision::only(Err(ErrorCode::CoordinatorNotAvailable));
    };
    match allocate_producer_ids(image, id, broker.epoch) {
        Ok(Decision { records, answer }) => {
            Decision { records, answer: Ok((answer.first_id, i64::from(answer.size))) }
        }
        Err(error) => Decision::only(Err(error.code())),
    }
}

fn answer(context: &RequestContext, result: Result<i64, ErrorCode>) -> Reply {
    encode(context, result).into()
}

fn encode(
    context: &RequestContext,
    result: Result<i64, ErrorCode>,
) -> Result<Response, crate::response::CloseReason> {
    let response = match result {
        Ok(producer_id) => InitProducerIdResponse { producer_id, producer_epoch: 0, ..Default::default() },
        Err(error) => InitProducerIdResponse {
            error_code: error.code(),
            producer_id: -1,
            producer_epoch: -1,
            ..Default::default()
        },
    };
    Response::encode(context.head, &response)
}
