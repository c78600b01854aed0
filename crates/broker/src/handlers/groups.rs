//! What the handlers of groups have in common: putting a question to a coordinator, and values of the wire.

use std::sync::Arc;

use jackdaw_base::Signal;
use jackdaw_coordinator::group::GroupError;
use jackdaw_coordinator::group::request::Client;
use jackdaw_coordinator::runtime::Refusal;
use jackdaw_protocol::error_code::ErrorCode;

use crate::coordinators::{Answer, Call};
use crate::request::RequestContext;
use crate::response::{CloseReason, Later, Reply, Response};

/// Answers when the coordinator has.
pub(super) fn reply(
    context: &RequestContext,
    mut call: Call,
    encode: impl FnOnce(&RequestContext, Answer) -> Result<Response, CloseReason> + Send + 'static,
) -> Reply {
    if let Some(answer) = call.take_now() {
        return encode(context, answer).into();
    }
    let context = context.clone();
    Reply::Later(Later::new(async move { encode(&context, call.await) }))
}

/// Answers when the coordinator has, which may keep the answer back until another request arrives behind this one.
pub(super) fn reply_interruptibly(
    context: &RequestContext,
    mut call: Call,
    encode: impl FnOnce(&RequestContext, Answer) -> Result<Response, CloseReason> + Send + 'static,
) -> Reply {
    if let Some(answer) = call.take_now() {
        return encode(context, answer).into();
    }
    let context = context.clone();
    let interrupt = Signal::new();
    let raised = interrupt.clone();
    Reply::Later(Later::interruptible(async move { encode(&context, call.unless(raised).await) }, interrupt))
}

/// Answers when all coordinators have; their answers come in the order of the calls.
pub(super) fn reply_to_all(
    context: &RequestContext,
    mut calls: Vec<Call>,
    encode: impl FnOnce(&RequestContext, Vec<Answer>) -> Result<Response, CloseReason> + Send + 'static,
) -> Reply {
    let mut answers: Vec<Answer> = Vec::with_capacity(calls.len());
    let mut waiting = calls.drain(..).peekable();
    while let Some(answer) = waiting.peek_mut().and_then(Call::take_now) {
        drop(waiting.next());
        answers.push(answer);
    }
    let rest: Vec<Call> = waiting.collect();
    if rest.is_empty() {
        return encode(context, answers).into();
    }
    let context = context.clone();
    Reply::Later(Later::new(async move {
        for call in rest {
            answers.push(call.await);
        }
        encode(&context, answers)
    }))
}

/// Who asks, as groups show it.
pub(super) fn client(context: &RequestContext) -> Client {
    let host = crate::coordinators::java_address(context.connection.client_host());
    Client { id: context.client_id.clone().unwrap_or_else(|| Arc::from("")), host: host.into() }
}

/// A text that outlives the request.
pub(super) fn text(text: &str) -> Arc<str> {
    Arc::from(text)
}

/// A text that outlives the request, if there is one.
pub(super) fn optional(text: Option<&str>) -> Option<Arc<str>> {
    text.map(Arc::from)
}

/// The code of an error that may be none.
pub(super) fn code_of(error: Option<&GroupError>) -> i16 {
    error.map_or(0, |error| error.code.code())
}

/// A refusal as an error of the group.
pub(super) fn error_of(refusal: Refusal) -> GroupError {
    GroupError::from(refusal.code())
}

/// The code of a partition's error that may be none.
pub(super) fn partition_code(error: Option<ErrorCode>) -> i16 {
    error.map_or(0, ErrorCode::code)
}
