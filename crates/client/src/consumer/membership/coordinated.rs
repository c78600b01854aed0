//! The new group protocol (KIP-848): the coordinator divides, and tells each member in the answers to its heartbeats what it
//! is to have in the end. The member gives up what it no longer has, then takes over what is new, and says so.
//!
//! ```text
//! heartbeat (epoch 0: join, -1 or -2: leave) ─▶ assignment ─▶ revoke ─▶ receive ─▶ heartbeat with what we have now
//!     every interval of the answer, at once after a change; meanwhile the same without news
//! fenced, or unknown: lose all, join again with epoch 0
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::consumer_group_heartbeat_request::{
    ConsumerGroupHeartbeatRequest, TopicPartitions,
};
use jackdaw_protocol::messages::consumer_group_heartbeat_response::{
    Assignment, ConsumerGroupHeartbeatResponse,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::shared::Shared;
use super::super::subscription::Wanted;
use super::handover::owned;
use super::member::{Reaction, coordinated_reaction};
use super::{Ended, is_overdue, lose_all, receive, revoke};
use crate::cluster::{CoordinatorKind, Metadata};
use crate::error::{Error, Result};
use crate::retry::{Backoff, chance};
use crate::topic_partition::TopicPartition;

/// The epoch of a member that joins.
const JOINING: i32 = 0;
/// The epoch of a member that leaves for good.
const LEAVING: i32 = -1;
/// The epoch of a static member that will come back.
const LEAVING_FOR_NOW: i32 = -2;
/// Between heartbeats, until the coordinator says it.
const INTERVAL_BEFORE_ANSWER: Duration = Duration::from_secs(5);

/// Between heartbeats while the last commit is under way.
const INTERVAL_WHILE_LEAVING: Duration = Duration::from_millis(300);

/// Partitions by topic id.
type ById = BTreeMap<Uuid, Vec<i32>>;

/// What is wanted, in the words of a heartbeat.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Told {
    topics: BTreeSet<String>,
    pattern: Option<String>,
}

/// A member of a group of the new protocol.
struct Coordinated<'s> {
    shared: &'s Arc<Shared>,
    group: String,
    member_id: String,
    epoch: i32,
    interval: Duration,
    /// What the coordinator knows that we want and have; `None` after joining anew or a lost answer.
    told: Option<(Told, ById)>,
    /// What we are to have in the end.
    target: Option<ById>,
    /// The target is reached, as far as its topics are known.
    is_settled: bool,
    backoff: Backoff,
}

type Handover<'f> = Pin<Box<dyn Future<Output = ()> + Send + 'f>>;

/// Runs until nothing is wanted any more.
pub(super) async fn run(shared: &Arc<Shared>) -> Ended {
    let mut member = Coordinated {
        shared,
        group: shared.config.group_id.clone().unwrap_or_default(),
        member_id: new_member_id(),
        epoch: JOINING,
        interval: INTERVAL_BEFORE_ANSWER,
        told: None,
        target: None,
        is_settled: true,
        backoff: super::backoff(shared),
    };
    member.run().await
}

/// A random UUID in Kafka's text (KIP-1082: members name themselves).
fn new_member_id() -> String {
    loop {
        let bits = (u128::from(chance()) << 64) | u128::from(chance());
        if let Some(id) = Uuid::random_from(bits.to_be_bytes()) {
            return id.to_string();
        }
    }
}

impl<'s> Coordinated<'s> {
    async fn run(&mut self) -> Ended {
        let mut handover: Option<Handover<'s>> = None;
        let mut beat_at = Instant::now();
        loop {
            if !self.is_wanted() {
                drop(handover);
                self.leave().await;
                return Ended::Left;
            }
            if self.epoch != JOINING && is_overdue(self.shared) {
                drop(handover.take());
                self.leave_overdue().await;
                beat_at = Instant::now();
                continue;
            }
            if handover.is_none()
                && let Some(next) = self.next_handover()
            {
                handover = Some(next);
            }
            let has_news = handover.is_none() && self.has_news();
            if Instant::now() >= beat_at || (has_news && self.told.is_some()) {
                match self.beat(handover.is_some()).await {
                    Ok(()) => beat_at = Instant::now() + self.interval,
                    Err(error) => match self.react(error, &mut handover).await {
                        Some(ended) => return ended,
                        None => beat_at = Instant::now(),
                    },
                }
                continue;
            }
            tokio::select! {
                () = next_step(&mut handover), if handover.is_some() => handover = None,
                () = self.shared.processed.notified(), if handover.is_none() => {}
                () = sleep_until(beat_at) => {}
            }
        }
    }

    fn is_wanted(&self) -> bool {
        !self.shared.is_closed() && self.shared.subscription.lock().needs_group()
    }

    fn wanted(&self) -> Told {
        match &self.shared.subscription.lock().wanted {
            Wanted::Topics(topics) => Told { topics: topics.clone(), pattern: None },
            Wanted::Pattern(pattern) => Told { topics: BTreeSet::new(), pattern: Some(pattern.text.clone()) },
            Wanted::Nothing | Wanted::Partitions => Told::default(),
        }
    }

    /// Whether the coordinator has to hear of something before the next heartbeat is due.
    fn has_news(&self) -> bool {
        let Some((wanted, had)) = &self.told else { return true };
        *wanted != self.wanted() || *had != self.owned_by_id()
    }

    fn owned_by_id(&self) -> ById {
        by_id(&self.shared.cluster.metadata(), &owned(self.shared))
    }

    /// What is to be done to reach the target; `None` if nothing is, or nothing can be.
    fn next_handover(&mut self) -> Option<Handover<'s>> {
        if self.is_settled {
            return None;
        }
        let target = self.target.as_ref()?;
        let (names, unknown) = by_name(&self.shared.cluster.metadata(), target);
        let owned = owned(self.shared);
        let revoked: BTreeSet<TopicPartition> = owned.difference(&names).cloned().collect();
        let added: BTreeSet<TopicPartition> = names.difference(&owned).cloned().collect();
        // Topics whose names are not known yet are asked for; the change of the metadata brings us back.
        self.is_settled = unknown.is_empty();
        if revoked.is_empty() && added.is_empty() && unknown.is_empty() {
            return None;
        }
        let shared: &'s Arc<Shared> = self.shared;
        Some(Box::pin(async move {
            revoke(shared, &revoked).await;
            if !added.is_empty() {
                receive(shared, &added).await;
            }
            if !unknown.is_empty() {
                learn_names(shared).await;
            }
        }))
    }

    async fn beat(&mut self, is_busy: bool) -> Result<()> {
        let coordinator = self.shared.cluster.coordinator(CoordinatorKind::Group, &self.group).await?;
        let wanted = match &self.told {
            // Who is leaving says nothing new.
            Some((told, _)) if !self.is_wanted() => told.clone(),
            _ => self.wanted(),
        };
        let had = self.owned_by_id();
        let request = self.request(&wanted, &had, is_busy);
        let timeout = self.shared.cluster.config().request_timeout;
        let answer: ConsumerGroupHeartbeatResponse<'static> =
            match self.shared.group_links.call(coordinator, &request, 0..=i16::MAX, timeout).await {
                Ok(answer) => answer,
                Err(error) => {
                    // Nobody knows what the coordinator has heard: the next one says everything.
                    self.told = None;
                    return Err(error);
                }
            };
        Error::check(answer.error_code, answer.error_message.as_deref())?;
        let told_owned = match (&self.told, is_busy) {
            (Some((_, before)), true) => before.clone(),
            _ => had,
        };
        self.told = Some((wanted, told_owned));
        self.on_answer(answer);
        Ok(())
    }

    fn on_answer(&mut self, answer: ConsumerGroupHeartbeatResponse<'static>) {
        self.backoff.succeeded();
        self.epoch = answer.member_epoch;
        if let Some(member_id) = answer.member_id.filter(|id| !id.is_empty()) {
            self.member_id = member_id.into_owned();
        }
        if answer.heartbeat_interval_ms > 0 {
            self.interval = Duration::from_millis(answer.heartbeat_interval_ms.unsigned_abs().into());
        }
        self.publish();
        if let Some(assignment) = answer.assignment {
            self.target = Some(target_of(assignment));
            self.is_settled = false;
        }
    }

    /// Everything when joining or after a lost answer, else only what is new.
    fn request(&self, wanted: &Told, had: &ById, is_busy: bool) -> ConsumerGroupHeartbeatRequest<'static> {
        let config = &self.shared.config;
        let is_full = self.told.is_none();
        let news_of_wanted = is_full || self.told.as_ref().is_some_and(|(before, _)| before != wanted);
        let news_of_owned =
            is_full || (!is_busy && self.told.as_ref().is_some_and(|(_, before)| before != had));
        let topics = wanted.topics.iter().map(|topic| topic.clone().into());
        ConsumerGroupHeartbeatRequest {
            group_id: self.group.clone().into(),
            member_id: self.member_id.clone().into(),
            member_epoch: self.epoch,
            instance_id: config.group_instance_id.clone().map(Into::into),
            rack_id: config.client_rack.clone().filter(|_| is_full).map(Into::into),
            rebalance_timeout_ms: match is_full {
                true => i32::try_from(config.max_poll_interval.as_millis()).unwrap_or(i32::MAX),
                false => -1,
            },
            subscribed_topic_names: (news_of_wanted && wanted.pattern.is_none()).then(|| topics.collect()),
            subscribed_topic_regex: match (&wanted.pattern, &self.told) {
                (Some(pattern), _) if news_of_wanted => Some(pattern.clone().into()),
                // An empty one takes the pattern back that was said before.
                (None, Some((Told { pattern: Some(_), .. }, _))) => Some("".into()),
                _ => None,
            },
            server_assignor: config.group_remote_assignor.clone().filter(|_| is_full).map(Into::into),
            topic_partitions: news_of_owned
                .then(|| to_wire(if self.epoch == JOINING { None } else { Some(had) })),
            ..Default::default()
        }
    }

    fn publish(&self) {
        let mut membership = self.shared.membership.lock();
        membership.member_id = self.member_id.clone();
        membership.generation = (self.epoch > 0).then_some(self.epoch);
        membership.has_failed = false;
    }

    async fn react(&mut self, error: Error, handover: &mut Option<Handover<'s>>) -> Option<Ended> {
        let reaction = coordinated_reaction(&error);
        tracing::debug!(%error, ?reaction, group = self.group, "the group");
        match reaction {
            Reaction::FindCoordinator => {
                self.shared.cluster.forget_coordinator(CoordinatorKind::Group, &self.group);
            }
            Reaction::RejoinAfterLoss | Reaction::RejoinAsNew => {
                *handover = None;
                self.start_again();
                lose_all(self.shared).await;
                return None;
            }
            Reaction::Fail => {
                self.shared.report(error.with_resource("group", &self.group));
                let version = self.shared.subscription.lock().version;
                return Some(Ended::Failed { version });
            }
            Reaction::Retry | Reaction::Rejoin | Reaction::JoinWithId => {}
        }
        let pause = sleep(self.backoff.next(chance()));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = next_step(handover), if handover.is_some() => *handover = None,
                () = &mut pause => return None,
            }
        }
    }

    fn start_again(&mut self) {
        self.epoch = JOINING;
        self.told = None;
        self.target = None;
        self.is_settled = true;
        self.publish();
    }

    async fn leave_overdue(&mut self) {
        tracing::warn!(group = self.group, "max.poll.interval.ms is over: leaving the group");
        self.send_leave(LEAVING).await;
        self.start_again();
        lose_all(self.shared).await;
        while is_overdue(self.shared) && self.is_wanted() {
            self.shared.processed.notified().await;
        }
    }

    /// Leaves for good, after giving everything up.
    async fn leave(&mut self) {
        let all = owned(self.shared);
        match self.epoch {
            JOINING => lose_all(self.shared).await,
            _ => self.revoke_with_heartbeats(&all).await,
        }
        let is_static = self.shared.config.group_instance_id.is_some();
        self.send_leave(if is_static { LEAVING_FOR_NOW } else { LEAVING }).await;
        self.start_again();
    }

    /// Heartbeats go on: without them nobody would hear of a new epoch, under which alone the last commit is taken.
    async fn revoke_with_heartbeats(&mut self, partitions: &BTreeSet<TopicPartition>) {
        let revoked = revoke(self.shared, partitions);
        tokio::pin!(revoked);
        loop {
            tokio::select! {
                () = &mut revoked => return,
                () = sleep(self.interval.min(INTERVAL_WHILE_LEAVING)) => {}
            }
            if let Err(error) = self.beat(true).await {
                tracing::debug!(%error, group = self.group, "a heartbeat while leaving");
            }
        }
    }

    async fn send_leave(&self, epoch: i32) {
        if self.epoch == JOINING && self.told.is_none() {
            return;
        }
        let request = ConsumerGroupHeartbeatRequest {
            group_id: self.group.clone().into(),
            member_id: self.member_id.clone().into(),
            member_epoch: epoch,
            instance_id: self.shared.config.group_instance_id.clone().map(Into::into),
            rebalance_timeout_ms: -1,
            ..Default::default()
        };
        let Ok(coordinator) = self.shared.cluster.coordinator(CoordinatorKind::Group, &self.group).await
        else {
            return;
        };
        if let Err(error) = self.shared.cluster.call(coordinator, &request).await {
            tracing::debug!(%error, group = self.group, "the group learns by the session's end that we left");
        }
    }
}

async fn next_step(handover: &mut Option<Handover<'_>>) {
    if let Some(handover) = handover {
        handover.as_mut().await;
    }
}

/// Asks for topics that we know by their ids alone: all of them, since ids cannot be asked for everywhere.
async fn learn_names(shared: &Arc<Shared>) {
    if let Err(error) = shared.cluster.refresh_all().await {
        tracing::debug!(%error, "the names of assigned topics come later");
    }
    sleep(shared.cluster.config().retry_backoff).await;
}

fn target_of(assignment: Assignment<'static>) -> ById {
    assignment.topic_partitions.into_iter().map(|topic| (topic.topic_id, topic.partitions)).collect()
}

fn by_id(metadata: &Metadata, partitions: &BTreeSet<TopicPartition>) -> ById {
    let mut ids = ById::new();
    for partition in partitions {
        if let Some(topic) = metadata.topic(&partition.topic) {
            ids.entry(topic.id).or_default().push(partition.partition);
        }
    }
    ids
}

/// The names, and the topics that have none yet.
fn by_name(metadata: &Metadata, ids: &ById) -> (BTreeSet<TopicPartition>, BTreeSet<Uuid>) {
    let (mut names, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for (id, partitions) in ids {
        match metadata.topic_by_id(*id) {
            Some(topic) => names.extend(
                partitions
                    .iter()
                    .map(|&partition| TopicPartition { topic: Arc::clone(&topic.name), partition }),
            ),
            None => {
                unknown.insert(*id);
            }
        }
    }
    (names, unknown)
}

fn to_wire(ids: Option<&ById>) -> Vec<TopicPartitions<'static>> {
    let ids = ids.into_iter().flatten();
    ids.map(|(&topic_id, partitions)| TopicPartitions {
        topic_id,
        partitions: partitions.clone(),
        ..Default::default()
    })
    .collect()
}
