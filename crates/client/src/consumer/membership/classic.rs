//! The classic group protocol (KIP-62, 134, 345, 394, 429): join, let the leader divide, sync, heartbeat.
//!
//! ```text
//!        ┌──────────────── the group rebalances, topics have changed, something was revoked ◀──┐
//!        ▼                                                                                     │
//! (eager: revoke all) ─▶ JoinGroup ─▶ leader: divide ─▶ SyncGroup ─▶ revoke, receive ─▶ Heartbeat…
//!        ▲                                                                                     │
//!        └── lose all ◀── unknown member, illegal generation; overdue: leave, wait for a poll ◀┘
//! ```

mod leading;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_protocol::messages::heartbeat_request::HeartbeatRequest;
use jackdaw_protocol::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use jackdaw_protocol::messages::join_group_response::JoinGroupResponse;
use jackdaw_protocol::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use jackdaw_protocol::messages::sync_group_request::SyncGroupRequest;
use tokio::time::{Instant, sleep, sleep_until};

use super::super::assignor::{Assignor, Topics};
use super::super::protocol::{MemberSubscription, PROTOCOL_TYPE, decode_assignment};
use super::super::shared::Shared;
use super::super::subscription::Wanted;
use super::handover::owned;
use super::member::{Reaction, classic_reaction};
use super::{Ended, is_overdue, lose_all, receive, revoke};
use crate::cluster::CoordinatorKind;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Backoff, chance};
use crate::topic_partition::TopicPartition;

/// How much longer than the group's own limit we wait for the answer to a join.
const JOIN_GRACE: Duration = Duration::from_secs(5);

/// A member of a classic group.
struct Classic<'s> {
    shared: &'s Arc<Shared>,
    group: String,
    assignors: Vec<Assignor>,
    member_id: String,
    generation: Option<i32>,
    protocol: Option<String>,
    /// What it got last; sticky assignors are told, even if it was given up meanwhile.
    assigned: Vec<TopicPartition>,
    /// What it has told the group that it wants.
    joined_topics: BTreeSet<String>,
    joined_version: u64,
    /// If it leads: what it has divided.
    divided: Option<Topics>,
    backoff: Backoff,
}

/// Why heartbeats ended.
enum Next {
    Rejoin,
    Leave,
    /// The application is overdue.
    Overdue,
    Error(Error),
}

/// Runs until nothing is wanted any more.
pub(super) async fn run(shared: &Arc<Shared>) -> Ended {
    let assignors = shared.config.assignors.iter().filter_map(|name| Assignor::from_name(name)).collect();
    let mut member = Classic {
        shared,
        group: shared.config.group_id.clone().unwrap_or_default(),
        assignors,
        member_id: String::new(),
        generation: None,
        protocol: None,
        assigned: Vec::new(),
        joined_topics: BTreeSet::new(),
        joined_version: 0,
        divided: None,
        backoff: super::backoff(shared),
    };
    member.run().await
}

impl Classic<'_> {
    async fn run(&mut self) -> Ended {
        let mut may_have_left = false;
        loop {
            if !self.is_wanted() {
                self.leave().await;
                return Ended::Left;
            }
            if std::mem::take(&mut may_have_left) {
                self.until_polled().await;
                continue;
            }
            let outcome = match self.join().await {
                Ok(true) => match self.keep().await {
                    Next::Rejoin | Next::Leave => Ok(()),
                    Next::Overdue => {
                        tracing::warn!(group = self.group, "max.poll.interval.ms is over: leaving the group");
                        self.send_leave("max.poll.interval.ms is over").await;
                        self.forget_membership(true).await;
                        may_have_left = true;
                        Ok(())
                    }
                    Next::Error(error) => Err(error),
                },
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = outcome
                && let Some(ended) = self.react(error).await
            {
                return ended;
            }
        }
    }

    /// Whether every assignor lets members keep what they have while the group rebalances.
    fn is_cooperative(&self) -> bool {
        self.assignors.iter().all(|assignor| assignor.is_cooperative())
    }

    fn is_wanted(&self) -> bool {
        !self.shared.is_closed() && self.shared.subscription.lock().needs_group()
    }

    fn topics(&self) -> (BTreeSet<String>, u64) {
        let subscription = self.shared.subscription.lock();
        let with_internal = !self.shared.config.exclude_internal_topics;
        (subscription.topics(&self.shared.cluster.metadata(), with_internal), subscription.version)
    }

    fn has_pattern(&self) -> bool {
        matches!(self.shared.subscription.lock().wanted, Wanted::Pattern(_))
    }

    async fn until_polled(&self) {
        loop {
            if !is_overdue(self.shared) || !self.is_wanted() {
                return;
            }
            self.shared.processed.notified().await;
        }
    }

    /// What an error leads to; `Some` if there is nothing more to do.
    async fn react(&mut self, error: Error) -> Option<Ended> {
        let reaction = classic_reaction(&error);
        tracing::debug!(%error, ?reaction, group = self.group, "the group");
        match reaction {
            Reaction::Rejoin | Reaction::JoinWithId => return None,
            Reaction::Retry => {}
            Reaction::FindCoordinator => {
                self.shared.cluster.forget_coordinator(CoordinatorKind::Group, &self.group);
            }
            Reaction::RejoinAfterLoss => self.forget_membership(false).await,
            Reaction::RejoinAsNew => self.forget_membership(true).await,
            Reaction::Fail => {
                self.shared.report(error.with_resource("group", &self.group));
                return Some(Ended::Failed { version: self.joined_version.max(self.topics().1) });
            }
        }
        sleep(self.backoff.next(chance())).await;
        None
    }

    async fn forget_membership(&mut self, with_id: bool) {
        self.generation = None;
        self.protocol = None;
        if with_id {
            self.member_id.clear();
        }
        self.publish();
        lose_all(self.shared).await;
    }

    /// Tells commits who we are.
    fn publish(&self) {
        let mut membership = self.shared.membership.lock();
        membership.member_id = self.member_id.clone();
        membership.generation = self.generation;
        membership.has_failed = false;
    }

    async fn coordinator(&self) -> Result<i32> {
        self.shared.cluster.coordinator(CoordinatorKind::Group, &self.group).await
    }

    /// Joins and syncs. `false` if something was revoked, so that the group has to divide again.
    async fn join(&mut self) -> Result<bool> {
        if self.has_pattern() {
            self.shared.cluster.refresh_all().await?;
        }
        let (topics, version) = self.topics();
        let coordinator = self.coordinator().await?;
        if !self.is_cooperative() {
            let all = owned(self.shared);
            self.revoke_with_heartbeats(coordinator, &all).await;
        }
        (self.joined_topics, self.joined_version) = (topics, version);
        let request = self.join_request()?;
        let timeout = self.shared.cluster.config().request_timeout;
        let timeout = timeout.max(self.shared.config.max_poll_interval + JOIN_GRACE);
        let join = self.shared.group_links.call(coordinator, &request, 0..=i16::MAX, timeout);
        tokio::pin!(join);
        let answer = tokio::select! {
            answer = &mut join => answer?,
            () = self.until_unwanted() => {
                // Only as a member of the new generation can it still say how far it came in what it keeps.
                let has_to_stay = self.generation.is_some() && !owned(self.shared).is_empty();
                let grace = if has_to_stay { self.shared.config.session_timeout } else { Duration::ZERO };
                let Ok(answer) = tokio::time::timeout(grace, join).await else { return Ok(false) };
                answer?
            }
        };
        if !answer.member_id.is_empty() {
            self.member_id = answer.member_id.to_string();
        }
        Error::check(answer.error_code, None)?;
        let assigned = self.sync(coordinator, answer).await?;
        Ok(self.apply(coordinator, assigned).await)
    }

    async fn until_unwanted(&self) {
        while self.is_wanted() {
            self.shared.processed.notified().await;
        }
    }

    fn join_request(&self) -> Result<JoinGroupRequest<'static>> {
        let owned: Vec<TopicPartition> = owned(self.shared).into_iter().collect();
        let protocol = |assignor: &Assignor| {
            let subscription = MemberSubscription {
                topics: self.joined_topics.iter().cloned().collect(),
                user_data: assignor.user_data(&self.assigned, self.generation),
                owned: owned.clone(),
                generation: self.generation,
                rack: self.shared.config.client_rack.clone(),
            };
            Ok(JoinGroupRequestProtocol {
                name: assignor.name().into(),
                metadata: subscription.encode()?.into(),
                ..Default::default()
            })
        };
        Ok(JoinGroupRequest {
            group_id: self.group.clone().into(),
            session_timeout_ms: millis(self.shared.config.session_timeout),
            rebalance_timeout_ms: millis(self.shared.config.max_poll_interval),
            member_id: self.member_id.clone().into(),
            group_instance_id: self.shared.config.group_instance_id.clone().map(Into::into),
            protocol_type: PROTOCOL_TYPE.into(),
            protocols: self.assignors.iter().map(protocol).collect::<Result<_>>()?,
            ..Default::default()
        })
    }

    async fn sync(
        &mut self,
        coordinator: i32,
        joined: JoinGroupResponse<'static>,
    ) -> Result<BTreeSet<TopicPartition>> {
        let protocol = joined.protocol_name.clone().unwrap_or_default().into_owned();
        let is_leader = joined.leader == joined.member_id;
        self.generation = Some(joined.generation_id);
        self.protocol = Some(protocol.clone());
        self.divided = None;
        self.publish();
        let assignments = match is_leader {
            true => self.divide(&joined, &protocol).await?,
            false => Vec::new(),
        };
        let request = SyncGroupRequest {
            group_id: self.group.clone().into(),
            generation_id: joined.generation_id,
            member_id: self.member_id.clone().into(),
            group_instance_id: self.shared.config.group_instance_id.clone().map(Into::into),
            protocol_type: Some(PROTOCOL_TYPE.into()),
            protocol_name: Some(protocol.into()),
            assignments,
            ..Default::default()
        };
        let timeout = self.shared.config.max_poll_interval + JOIN_GRACE;
        let answer = self.shared.group_links.call(coordinator, &request, 0..=i16::MAX, timeout).await?;
        Error::check(answer.error_code, None)?;
        self.backoff.succeeded();
        self.assigned = decode_assignment(&answer.assignment)?;
        Ok(self.assigned.iter().cloned().collect())
    }

    /// Takes the assignment over. `false` if something was revoked.
    async fn apply(&mut self, coordinator: i32, assigned: BTreeSet<TopicPartition>) -> bool {
        let owned = owned(self.shared);
        let revoked: BTreeSet<TopicPartition> = owned.difference(&assigned).cloned().collect();
        let added: BTreeSet<TopicPartition> = assigned.difference(&owned).cloned().collect();
        self.revoke_with_heartbeats(coordinator, &revoked).await;
        tokio::select! {
            () = receive(self.shared, &added) => {}
            () = self.heartbeats(coordinator) => {}
        }
        revoked.is_empty()
    }

    async fn revoke_with_heartbeats(&self, coordinator: i32, partitions: &BTreeSet<TopicPartition>) {
        if partitions.is_empty() {
            return;
        }
        tokio::select! {
            () = revoke(self.shared, partitions) => {}
            () = self.heartbeats(coordinator) => {}
        }
    }

    /// Heartbeats whose answers do not matter now, without end.
    async fn heartbeats(&self, coordinator: i32) {
        loop {
            sleep(self.shared.config.heartbeat_interval).await;
            if self.generation.is_some()
                && let Err(error) = self.heartbeat(coordinator).await
            {
                tracing::debug!(%error, group = self.group, "a heartbeat during a rebalance");
            }
        }
    }

    async fn heartbeat(&self, coordinator: i32) -> Result<()> {
        let request = HeartbeatRequest {
            group_id: self.group.clone().into(),
            generation_id: self.generation.unwrap_or(-1),
            member_id: self.member_id.clone().into(),
            group_instance_id: self.shared.config.group_instance_id.clone().map(Into::into),
            ..Default::default()
        };
        let timeout = self.shared.cluster.config().request_timeout.min(self.shared.config.session_timeout);
        let answer = self.shared.group_links.call(coordinator, &request, 0..=i16::MAX, timeout).await?;
        Error::check(answer.error_code, None)
    }

    /// Heartbeats until something happens.
    async fn keep(&mut self) -> Next {
        let mut beat_at = Instant::now() + self.shared.config.heartbeat_interval;
        let mut look_at = Instant::now() + self.shared.cluster.config().metadata_max_age;
        loop {
            if !self.is_wanted() {
                return Next::Leave;
            }
            if is_overdue(self.shared) {
                return Next::Overdue;
            }
            let (topics, version) = self.topics();
            if topics != self.joined_topics {
                return Next::Rejoin;
            }
            self.joined_version = version;
            if self.has_to_divide_again() {
                return Next::Rejoin;
            }
            tokio::select! {
                () = self.shared.processed.notified() => {}
                () = sleep_until(look_at), if self.has_pattern() => {
                    // Topics that match may have come or gone.
                    look_at = Instant::now() + self.shared.cluster.config().metadata_max_age;
                    if let Err(error) = self.shared.cluster.refresh_all().await {
                        tracing::debug!(%error, "new topics are noticed later");
                    }
                }
                () = sleep_until(beat_at) => {
                    beat_at = Instant::now() + self.shared.config.heartbeat_interval;
                    match self.beat().await {
                        Ok(None) => {}
                        Ok(Some(pause)) => beat_at = Instant::now() + pause,
                        Err(next) => return next,
                    }
                }
            }
        }
    }

    /// One heartbeat; how soon the next one has to follow if not at the usual time.
    async fn beat(&self) -> std::result::Result<Option<Duration>, Next> {
        let beaten = match self.coordinator().await {
            Ok(coordinator) => self.heartbeat(coordinator).await,
            Err(error) => Err(error),
        };
        let Err(error) = beaten else { return Ok(None) };
        match classic_reaction(&error) {
            Reaction::Retry => Ok(None),
            Reaction::FindCoordinator => {
                self.shared.cluster.forget_coordinator(CoordinatorKind::Group, &self.group);
                Ok(Some(self.shared.cluster.config().retry_backoff))
            }
            Reaction::Rejoin => Err(Next::Rejoin),
            _ => Err(Next::Error(error)),
        }
    }

    /// Leaves for good, after giving everything up.
    async fn leave(&mut self) {
        let all = owned(self.shared);
        match self.generation {
            Some(_) => revoke(self.shared, &all).await,
            None => lose_all(self.shared).await,
        }
        // A static member comes back: the group waits for it (KIP-345).
        if self.shared.config.group_instance_id.is_none() {
            self.send_leave("the consumer is closed or unsubscribed").await;
        }
        self.generation = None;
        self.publish();
    }

    async fn send_leave(&self, reason: &'static str) {
        if self.member_id.is_empty() || self.shared.config.group_instance_id.is_some() {
            return;
        }
        let Ok(coordinator) = self.coordinator().await else { return };
        let leaving = MemberIdentity {
            member_id: self.member_id.clone().into(),
            reason: Some(reason.into()),
            ..Default::default()
        };
        let request = LeaveGroupRequest {
            group_id: self.group.clone().into(),
            members: vec![leaving],
            ..Default::default()
        };
        let by_name = LeaveGroupRequest {
            group_id: self.group.clone().into(),
            member_id: self.member_id.clone().into(),
            ..Default::default()
        };
        // A join may still wait on the group's own connection.
        let left = match self.shared.cluster.call_version(coordinator, &request, 3..=i16::MAX).await {
            Err(error) if matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }) => {
                self.shared.cluster.call_version(coordinator, &by_name, 0..=2).await
            }
            left => left,
        };
        if let Err(error) = left {
            tracing::debug!(%error, group = self.group, "the group learns by the session's end that we left");
        }
    }
}

fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
