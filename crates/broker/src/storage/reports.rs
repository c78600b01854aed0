//! What the controller is told of this node's directories (KIP-858): which of them went offline, and which one holds which
//! partition. It compares what is with what the metadata says, so that a report which was lost is made again.
//!
//! ```text
//!  directory fails ──▶ offline? ─── heartbeat ──────▶ its partitions lose their leader and are offline replicas
//!  partition placed ─▶ elsewhere? ─ assignment ─────▶ PartitionChange with its directory
//! ```

use std::collections::BTreeMap;

use jackdaw_base::{DirectoryId, NodeId, Offset, PartitionIndex, TopicId};
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::assign_directories::{AssignDirectories, assign_directories};
use jackdaw_metadata::decide::broker_lifecycle::{CaughtUp, Heartbeat, heartbeat};
use jackdaw_metadata::decide::{Context, Decision};
use jackdaw_metadata::image::Broker;

use super::Storage;
use crate::quorum::{QueuedJob, QuorumFailure, QuorumHandle};

/// Partitions that one report names at most; the rest follows with the next one.
const ASSIGNMENTS_MAX: usize = 10_000;

type Reported = Result<(), String>;
type Assignments = BTreeMap<DirectoryId, BTreeMap<TopicId, Vec<PartitionIndex>>>;

/// Reports to the controller.
pub struct DirectoryReports {
    quorum: QuorumHandle,
    broker: NodeId,
    broker_epoch: i64,
    /// The version of the placements that the metadata agrees with.
    agreed: Option<u64>,
    under_way: Vec<QueuedJob<Reported>>,
    /// The last failure, which is named once.
    failure: Option<String>,
}

impl DirectoryReports {
    /// For the broker that is registered with this epoch.
    pub fn new(quorum: QuorumHandle, broker: NodeId, broker_epoch: i64) -> Self {
        Self { quorum, broker, broker_epoch, agreed: None, under_way: Vec::new(), failure: None }
    }

    /// Reports what the metadata does not have yet. Never waits: answers are looked at the next time.
    pub fn look(&mut self, storage: &Storage) {
        if !self.settle() {
            return;
        }
        let image = self.quorum.image();
        let Some(broker) = image.cluster.broker(self.broker).filter(|one| one.epoch == self.broker_epoch)
        else {
            return;
        };
        let offline = offline_directories(storage, broker);
        if !offline.is_empty() {
            let (id, epoch) = (self.broker, self.broker_epoch);
            self.queue(move |image, context| report_offline(image, context, id, epoch, offline));
        }
        let version = storage.placements_version();
        if self.agreed != Some(version) {
            let assignments = assignments(storage, &image, self.broker);
            if assignments.is_empty() {
                self.agreed = Some(version);
                return;
            }
            let (id, epoch) = (self.broker, self.broker_epoch);
            self.queue(move |image, context| report_assignments(image, context, id, epoch, assignments));
        }
    }

    /// Whether all reports are answered.
    fn settle(&mut self) -> bool {
        let mut answers = Vec::new();
        self.under_way.retain_mut(|job| match job.answer_if_ready() {
            None => true,
            Some(answer) => {
                answers.push(answer);
                false
            }
        });
        for answer in answers {
            self.note(answer.map_err(|failure| failure.to_string()).and_then(|reported| reported));
        }
        self.under_way.is_empty()
    }

    fn queue<F>(&mut self, decide: F)
    where
        F: FnOnce(&Image, &mut Context<'_>) -> Decision<Reported> + Send + 'static,
    {
        match self.quorum.queue(decide) {
            Ok(job) => self.under_way.push(job),
            // The node stops.
            Err(QuorumFailure::Stopping) => {}
            Err(failure) => self.note(Err(failure.to_string())),
        }
    }

    fn note(&mut self, reported: Reported) {
        let failure = reported.err();
        if let Some(error) = failure.as_ref().filter(|error| self.failure.as_ref() != Some(error)) {
            tracing::warn!(
                error,
                "the metadata does not know yet which log directories hold what; told again until it does"
            );
        }
        self.failure = failure;
    }
}

fn offline_directories(storage: &Storage, broker: &Broker) -> Vec<DirectoryId> {
    let offline = storage.log_directories().filter(|one| !one.is_online()).map(|one| one.id());
    offline.filter(|id| broker.log_dirs.contains(id)).collect()
}

/// The partitions whose directory the metadata does not know, or has wrong.
fn assignments(storage: &Storage, image: &Image, broker: NodeId) -> Assignments {
    let mut found = Assignments::new();
    let wrong = storage.partitions.all().into_iter().filter_map(|partition| {
        let (topic, index) = (partition.placement().topic_id, partition.id().index);
        let known = image.topics.partition(topic, index)?.directory_of(broker)?;
        let actual = partition.placement().directory.id();
        // One that could not be opened has no id yet: what the metadata knows of it is better.
        (known != actual && !actual.is_zero()).then_some((actual, topic, index))
    });
    for (directory, topic, index) in wrong.take(ASSIGNMENTS_MAX) {
        found.entry(directory).or_default().entry(topic).or_default().push(index);
    }
    found
}

fn report_offline(
    image: &Image,
    context: &mut Context<'_>,
    broker: NodeId,
    epoch: i64,
    offline_log_dirs: Vec<DirectoryId>,
) -> Decision<Reported> {
    let request = Heartbeat {
        broker,
        epoch,
        metadata_offset: image.offset().max(Offset(epoch)),
        registration_offset: Offset(epoch),
        wants_fence: false,
        wants_shutdown: false,
        offline_log_dirs,
        cordoned_log_dirs: None,
        others_caught_up: CaughtUp::Yes,
    };
    match heartbeat(image, &request, context) {
        Ok(Decision { records, .. }) => Decision { records, answer: Ok(()) },
        Err(error) => Decision::only(Err(error.to_string())),
    }
}

fn report_assignments(
    image: &Image,
    context: &mut Context<'_>,
    broker: NodeId,
    broker_epoch: i64,
    assignments: Assignments,
) -> Decision<Reported> {
    let directories =
        assignments.into_iter().map(|(directory, topics)| (directory, topics.into_iter().collect()));
    let request = AssignDirectories { broker, broker_epoch, directories: directories.collect() };
    match assign_directories(image, &request, context) {
        // A topic that is gone meanwhile is nobody's business any more.
        Ok(Decision { records, .. }) => Decision { records, answer: Ok(()) },
        Err(error) => Decision::only(Err(error.to_string())),
    }
}
