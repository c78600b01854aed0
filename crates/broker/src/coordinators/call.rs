//! A question to a coordinator, under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use jackdaw_base::Signal;
use jackdaw_coordinator::Token;
use jackdaw_coordinator::group::GroupAnswer;
use jackdaw_coordinator::runtime::Refusal;
use tokio::sync::oneshot;

use super::hosted::Hosted;

/// What a coordinator answers, or why it does not.
pub type Answer = Result<GroupAnswer, Refusal>;

/// A question that was put. Its future is the answer; whoever drops it before is forgotten by the coordinator.
pub struct Call {
    state: State,
}

enum State {
    Answered(Option<Answer>),
    Waiting { hosted: Arc<Hosted>, token: Token, answer: oneshot::Receiver<Answer> },
}

impl Call {
    /// A question that nobody is there to answer.
    pub fn refused(refusal: Refusal) -> Self {
        Self { state: State::Answered(Some(Err(refusal))) }
    }

    pub(super) fn waiting(hosted: Arc<Hosted>, token: Token, answer: oneshot::Receiver<Answer>) -> Self {
        Self { state: State::Waiting { hosted, token, answer } }
    }

    /// The answer, if it is there already.
    pub fn take_now(&mut self) -> Option<Answer> {
        let answer = match &mut self.state {
            State::Answered(answer) => return answer.take(),
            State::Waiting { answer, .. } => match answer.try_recv() {
                Ok(answer) => answer,
                Err(oneshot::error::TryRecvError::Empty) => return None,
                Err(oneshot::error::TryRecvError::Closed) => Err(Refusal::NotCoordinator),
            },
        };
        self.state = State::Answered(None);
        Some(answer)
    }

    /// The answer; as soon as `interrupt` is raised the coordinator is told not to keep it back.
    pub async fn unless(mut self, interrupt: Signal) -> Answer {
        let mut is_told = false;
        std::future::poll_fn(|cx| {
            if let Poll::Ready(answer) = Pin::new(&mut self).poll(cx) {
                return Poll::Ready(answer);
            }
            if is_told || interrupt.poll_raised(cx).is_pending() {
                return Poll::Pending;
            }
            is_told = true;
            if let State::Waiting { hosted, token, .. } = &self.state {
                hosted.interrupt(*token);
            }
            // It may have been answered on the spot.
            Pin::new(&mut self).poll(cx)
        })
        .await
    }
}

impl Future for Call {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let answer = match &mut self.state {
            State::Answered(answer) => {
                return Poll::Ready(answer.take().expect("a call is not polled after its answer"));
            }
            State::Waiting { answer, .. } => match Pin::new(answer).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(answer)) => answer,
                // The coordinator went away with everything in it.
                Poll::Ready(Err(_)) => Err(Refusal::NotCoordinator),
            },
        };
        self.state = State::Answered(None);
        Poll::Ready(answer)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let State::Waiting { hosted, token, .. } = &self.state {
            hosted.abandon(*token);
        }
    }
}
