//! How the rest of the broker talks to the quorum's thread: jobs in, answers out, and a view of its state.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use arc_swap::ArcSwap;
use jackdaw_base::{LeaderEpoch, NodeId, Offset};
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::{Context, Decision};
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_raft::KRaftVersion;
use tokio::sync::oneshot;

/// Jobs that may wait for the quorum's thread; more are refused.
pub const JOBS_MAX: usize = 1024;

/// Why a change was not made, or nobody knows whether it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QuorumFailure {
    /// Too many requests wait already.
    #[error("the controller has too many requests waiting")]
    Overloaded,
    /// This node does not lead the quorum.
    #[error("this node is not the active controller")]
    NotController,
    /// The metadata log cannot be written.
    #[error("the metadata log cannot be written")]
    Storage,
    /// kraft.version cannot be raised: see the log of the controller.
    #[error("the quorum cannot take on this kraft.version now")]
    KRaftVersion,
    /// The node stops.
    #[error("the controller is stopping")]
    Stopping,
}

/// The quorum as others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumView {
    /// Who leads.
    pub leader: Option<NodeId>,
    /// In which epoch.
    pub epoch: LeaderEpoch,
    /// Everything below is committed.
    pub high_watermark: Offset,
    /// The log's end.
    pub log_end: Offset,
    /// The log's start.
    pub log_start: Offset,
    /// Who votes, with directory ids where they are known.
    pub voters: Vec<jackdaw_raft::Voter>,
    /// 0 for a static quorum, 1 for a dynamic one.
    pub kraft_version: i16,
    /// Why the metadata cannot be changed any more, if its disk has failed; what is committed is still served.
    pub failure: Option<Arc<str>>,
}

/// What a finished job is told.
pub(super) type Done = Box<dyn FnOnce(Result<(), QuorumFailure>) + Send>;

/// What a job comes to.
pub(super) struct Decided {
    pub(super) records: Vec<MetadataRecord<'static>>,
    /// The kraft.version that the quorum shall take on, besides.
    pub(super) kraft_version: Option<KRaftVersion>,
    /// Called once all of it is committed, or cannot be.
    pub(super) done: Done,
}

/// A request for the quorum's thread.
pub(super) trait Job: Send {
    /// Decides on `image`.
    fn decide(self: Box<Self>, image: &Image, context: &mut Context<'_>) -> Decided;
    /// Refused without being decided.
    fn refuse(self: Box<Self>, failure: QuorumFailure);
}

struct Request<F, A> {
    decide: F,
    answer: oneshot::Sender<Result<A, QuorumFailure>>,
}

impl<F, A> Job for Request<F, A>
where
    F: FnOnce(&Image, &mut Context<'_>) -> (Decision<A>, Option<KRaftVersion>) + Send,
    A: Send + 'static,
{
    fn decide(self: Box<Self>, image: &Image, context: &mut Context<'_>) -> Decided {
        let Self { decide, answer } = *self;
        let (decision, kraft_version) = decide(image, context);
        let decided = decision.answer;
        let done = move |result: Result<(), QuorumFailure>| {
            // A client that went away does not hear it; the change stands.
            drop(answer.send(result.map(|()| decided)));
        };
        Decided { records: decision.records, kraft_version, done: Box::new(done) }
    }

    fn refuse(self: Box<Self>, failure: QuorumFailure) {
        drop(self.answer.send(Err(failure)));
    }
}

pub(super) enum Input {
    Job(Box<dyn Job>),
    Stop,
}

/// A job in the queue. Dropping it only means that nobody waits for its answer.
#[must_use]
pub struct QueuedJob<A>(oneshot::Receiver<Result<A, QuorumFailure>>);

impl<A> QueuedJob<A> {
    /// The answer, once the job's records are committed and published.
    pub async fn answer(self) -> Result<A, QuorumFailure> {
        self.0.await.unwrap_or(Err(QuorumFailure::Stopping))
    }

    /// The answer if it is there. To be asked until it is, not again.
    pub fn answer_if_ready(&mut self) -> Option<Result<A, QuorumFailure>> {
        match self.0.try_recv() {
            Ok(answer) => Some(answer),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(QuorumFailure::Stopping)),
        }
    }
}

/// Sends jobs to the quorum's thread.
#[derive(Clone)]
pub struct QuorumHandle {
    pub(super) inputs: SyncSender<Input>,
    pub(super) image: Arc<ArcSwap<Image>>,
    pub(super) view: Arc<ArcSwap<QuorumView>>,
}

impl QuorumHandle {
    /// The committed metadata.
    pub fn image(&self) -> Arc<Image> {
        self.image.load_full()
    }

    /// The quorum's state.
    pub fn view(&self) -> Arc<QuorumView> {
        self.view.load_full()
    }

    /// Has `decide` run on the newest metadata, and its answer once its records are committed and published.
    pub async fn submit<A, F>(&self, decide: F) -> Result<A, QuorumFailure>
    where
        F: FnOnce(&Image, &mut Context<'_>) -> Decision<A> + Send + 'static,
        A: Send + 'static,
    {
        self.queue(decide)?.answer().await
    }

    /// Like [`Self::submit`], in two steps: the job stands in the queue when this returns. Jobs that are queued together
    /// share one sync.
    pub fn queue<A, F>(&self, decide: F) -> Result<QueuedJob<A>, QuorumFailure>
    where
        F: FnOnce(&Image, &mut Context<'_>) -> Decision<A> + Send + 'static,
        A: Send + 'static,
    {
        self.queue_with_kraft_version(move |image, context| (decide(image, context), None))
    }

    /// Like [`Self::submit`], for a decision that raises kraft.version, too: both happen, or neither.
    pub async fn submit_with_kraft_version<A, F>(&self, decide: F) -> Result<A, QuorumFailure>
    where
        F: FnOnce(&Image, &mut Context<'_>) -> (Decision<A>, Option<KRaftVersion>) + Send + 'static,
        A: Send + 'static,
    {
        self.queue_with_kraft_version(decide)?.answer().await
    }

    fn queue_with_kraft_version<A, F>(&self, decide: F) -> Result<QueuedJob<A>, QuorumFailure>
    where
        F: FnOnce(&Image, &mut Context<'_>) -> (Decision<A>, Option<KRaftVersion>) + Send + 'static,
        A: Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job = Box::new(Request { decide, answer });
        match self.inputs.try_send(Input::Job(job)) {
            Ok(()) => Ok(QueuedJob(receiver)),
            Err(TrySendError::Full(_)) => Err(QuorumFailure::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(QuorumFailure::Stopping),
        }
    }

    /// Asks the thread to end once what it has begun is done.
    pub fn stop(&self) {
        drop(self.inputs.send(Input::Stop));
    }
}
