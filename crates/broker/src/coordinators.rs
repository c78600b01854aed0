//! Group coordinators in this broker: one runtime per led partition of `__consumer_offsets`, the thread that keeps their
//! time, the way in for handlers. What a group does is decided in `jackdaw_coordinator`; how requests look on the wire is
//! the handlers' business.
//!
//! ```text
//!  handler ─▶ Call ─▶ inbox ─▶ [lock: turn ─▶ batch ─▶ append] ─▶ answers, once the watermark has passed
//!  metadata ─▶ publisher ─▶ world, leaderships, deleted topics      timekeeper ─▶ [lock: deadlines]
//! ```

mod append;
mod call;
mod hasty;
mod hosted;
mod java_address;
pub mod lag;
mod leaderships;
mod load;
pub mod offsets_topic;
pub mod parking;
mod partition_of;
mod publisher;
mod shared;
mod timekeeper;
pub mod world;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use jackdaw_base::{Clock, Entropy, MonotonicNs, NodeId};
use jackdaw_config::Config;
use jackdaw_coordinator::group::{GroupRequest, World};
use jackdaw_coordinator::runtime::Refusal;
use jackdaw_metadata::Image;
use jackdaw_partition::PartitionTable;
use parking_lot::Mutex;

pub use call::{Answer, Call};
pub(crate) use hosted::unexpected;
pub use java_address::java_address;
pub use partition_of::partition_of;
pub use publisher::CoordinatorPublisher;

use hasty::HastyMembers;
use lag::LagBook;
use leaderships::Leaderships;
use shared::Shared;
use timekeeper::{Job, Next, Timekeeper};
use world::{HeartbeatInterval, LiveWorld};

/// What coordinators are made of.
pub struct CoordinatorParts {
    /// This node.
    pub node_id: NodeId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The configuration with its dynamic layers.
    pub config: Arc<ArcSwap<Config>>,
    /// The partitions on this node.
    pub partitions: Arc<PartitionTable>,
    /// The metadata as it is now.
    pub image: Arc<Image>,
}

/// The group coordinators of one node.
pub struct GroupCoordinators {
    shared: Arc<Shared>,
    leaderships: Leaderships,
    book: LagBook,
    hasty: HastyMembers,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl GroupCoordinators {
    /// Coordinators that host nothing yet. To be called within a tokio runtime.
    pub fn new(parts: CoordinatorParts) -> Arc<Self> {
        let shared = Arc::new(Shared {
            node_id: parts.node_id,
            world: LiveWorld::new(Arc::clone(&parts.image), Arc::clone(&parts.config)),
            clock: parts.clock,
            entropy: parts.entropy,
            config: parts.config,
            partitions: parts.partitions,
            timekeeper: Timekeeper::default(),
            next_token: AtomicU64::new(1),
            tasks: tokio::runtime::Handle::current(),
        });
        let leaderships = Leaderships::new(parts.image);
        Arc::new(Self {
            shared,
            leaderships,
            book: LagBook::default(),
            hasty: HastyMembers::default(),
            thread: Mutex::default(),
        })
    }

    /// Partitions can be read from now on: those that this node leads are loaded.
    pub fn begin_serving(self: &Arc<Self>) -> io::Result<()> {
        let this = Arc::clone(self);
        let thread = crate::threads::spawn_vital("coordinators", move || this.keep_time())?;
        *self.thread.lock() = Some(thread);
        self.leaderships.begin(&self.shared);
        Ok(())
    }

    /// Everybody who waits is refused, and nothing is decided any more. Blocks until the thread has ended.
    pub fn stop(&self) {
        self.leaderships.end();
        self.shared.timekeeper.stop();
        if let Some(thread) = self.thread.lock().take() {
            drop(thread.join());
        }
    }

    /// What the thread does until it is stopped: visits when they are due, and what is to be told to all.
    fn keep_time(&self) {
        let Self { shared, leaderships, .. } = self;
        loop {
            match shared.timekeeper.next(&*shared.clock) {
                Next::Visit(due) => {
                    leaderships
                        .all()
                        .iter()
                        .filter(|one| due.contains(&one.index()))
                        .for_each(|one| one.visit());
                }
                Next::Job(Job::Tell(request)) => {
                    leaderships.all().iter().for_each(|one| one.tell(request.clone()));
                }
                Next::Job(Job::Reload(index, leader_epoch)) => {
                    leaderships.reload(shared, index, leader_epoch)
                }
                Next::Stop => return,
            }
        }
    }

    /// Asks the coordinator of `group`.
    pub fn ask(&self, group: &str, request: GroupRequest) -> Call {
        match self.leaderships.of_group(group) {
            Some(hosted) => hosted.ask(request),
            None => Call::refused(Refusal::NotCoordinator),
        }
    }

    /// Asks every coordinator on this node.
    pub fn ask_all(&self, request: impl Fn() -> GroupRequest) -> Vec<Call> {
        self.leaderships.all().iter().map(|hosted| hosted.ask(request())).collect()
    }

    /// Whether groups with the consumer protocol are served.
    pub fn has_consumer_protocol(&self) -> bool {
        self.shared.world.snapshot().has_consumer_protocol()
    }

    /// A member with the consumer protocol has said everything anew.
    pub fn note_anew(&self, group: &str, member: &str, now: MonotonicNs) {
        self.hasty.note(group, member, now);
    }

    /// How often a member has given up waiting for an answer lately.
    pub fn times_given_up(&self, group: &str, member: &str, now: MonotonicNs) -> u32 {
        self.hasty.times(group, member, now)
    }

    /// How often members of a group with the consumer protocol report.
    pub fn heartbeat_interval(&self, group: &str) -> HeartbeatInterval {
        self.shared.world.snapshot().heartbeat_interval(group)
    }
}
