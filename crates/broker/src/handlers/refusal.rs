//! Requests that change the metadata and are refused as a whole: one code and one text, for everything they named.

use jackdaw_metadata::Image;
use jackdaw_metadata::decide::delete_topics::DeleteTopicsError;
use jackdaw_metadata::decide::{Context, Decision, TooManyRecords};
use jackdaw_protocol::error_code::ErrorCode;

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::quorum::QuorumFailure;

/// Why nothing of a request was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The wire's code.
    pub error: ErrorCode,
    /// The wire's text.
    pub text: String,
}

impl From<TooManyRecords> for Refusal {
    fn from(error: TooManyRecords) -> Self {
        Self { error: error.code(), text: error.to_string() }
    }
}

impl From<DeleteTopicsError> for Refusal {
    fn from(error: DeleteTopicsError) -> Self {
        Self { error: error.code(), text: error.to_string() }
    }
}

impl From<QuorumFailure> for Refusal {
    fn from(failure: QuorumFailure) -> Self {
        Self { error: error_of_quorum(failure), text: failure.to_string() }
    }
}

/// Has a decider run on the newest metadata, and waits until its records are committed.
pub async fn decided<A, E, F>(node: &Node, decide: F) -> Result<A, Refusal>
where
    A: Send + 'static,
    E: Into<Refusal>,
    F: FnOnce(&Image, &mut Context<'_>) -> Result<Decision<A>, E> + Send + 'static,
{
    let answer = node.quorum.submit(move |image, context| match decide(image, context) {
        Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
        Err(error) => Decision::only(Err(error.into())),
    });
    answer.await?
}
