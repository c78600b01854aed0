//! What AlterConfigs and IncrementalAlterConfigs share: the way to the controller, and what became of each resource.

use jackdaw_metadata::decide::Via;
use jackdaw_metadata::decide::alter_configs::{AlterConfigs, alter_configs};
use jackdaw_protocol::error_code::ErrorCode;

use super::refusal::{Refusal, decided};
use crate::node::Node;

/// What became of the changes of one resource: made, or why not.
pub type Fate = Result<(), Refusal>;

/// The listener by which a request came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entrance {
    /// A broker's: it changes no other broker.
    Broker,
    /// A controller's (KIP-919): any broker may be meant.
    Controller,
}

/// Changes configurations; one fate for each resource, in the request's order.
pub async fn change(node: &Node, entrance: Entrance, request: AlterConfigs) -> Vec<Fate> {
    let count = request.resources.len();
    let answer = decided(node, move |image, context| {
        if entrance == Entrance::Controller {
            context.via = Via::Controller;
        }
        alter_configs(image, &request, context)
    });
    match answer.await {
        Ok(answer) => {
            let fates = answer.into_iter().map(|(_, result)| {
                result.map_err(|error| Refusal { error: error.code(), text: error.to_string() })
            });
            fates.collect()
        }
        Err(refusal) => vec![Err(refusal); count],
    }
}

/// A fate as the wire has it: (code, text).
pub fn on_wire<'a>(fate: Fate) -> (i16, Option<std::borrow::Cow<'a, str>>) {
    match fate {
        Ok(()) => (ErrorCode::None.code(), None),
        Err(refusal) => (refusal.error.code(), Some(refusal.text.into())),
    }
}
