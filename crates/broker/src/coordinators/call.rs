//! A question to a coordinator, under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use jackdaw_base::Signal;
use jackdaw_coordinator::Token;
use jackdaw_coordinator::group::GroupAnswer;
use jackdaw_coordinator::runtime::Refusal;
use tokio::sync::oneshot;

/// What a coordinator answers, or why it does not.
pub type Answer = Result<GroupAnswer, Refusal>;

/// Who was asked, as whoever waits for the answer knows it.
pub(super) trait Asked: Send + Sync {
    /// Whoever waits for `token` does not want to wait for news any longer.
    fn interrupt(&self, token: Token);

    /// Nobody waits for `token` any more.
    fn abandon(&self, token: Token);
}

/// A thread that waits looks again so often, should it be woken for something else.
const PARKS_MAX: u32 = 4;

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A question that was put. Its future is the answer; whoever drops it before is forgotten by the coordinator.
pub struct Call {
    state: State,
}

enum State {
    Answered(Option<Answer>),
    Waiting { asked: Arc<dyn Asked>, token: Token, answer: oneshot::Receiver<Answer> },
}

impl Call {
    /// A question that nobody is there to answer.
    pub fn refused(refusal: Refusal) -> Self {
        Self { state: State::Answered(Some(Err(refusal))) }
    }

    pub(super) fn waiting(asked: Arc<dyn Asked>, token: Token, answer: oneshot::Receiver<Answer>) -> Self {
        Self { state: State::Waiting { asked, token, answer } }
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

    /// The answer, for a thread that may wait for it; `None` if it is not there in time.
    pub fn wait(mut self, patience: Duration) -> Option<Answer> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut left = PARKS_MAX;
        loop {
            if let Poll::Ready(answer) = Pin::new(&mut self).poll(&mut context) {
                return Some(answer);
            }
            left = left.checked_sub(1)?;
            std::thread::park_timeout(patience / PARKS_MAX);
        }
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
            if let State::Waiting { asked, token, .. } = &self.state {
                asked.interrupt(*token);
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
        if let State::Waiting { asked, token, .. } = &self.state {
            asked.abandon(*token);
        }
    }
}
