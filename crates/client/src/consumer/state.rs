//! What a consumer knows between its tasks: partitions with their places, what was fetched and not handed out, whether the
//! application is at work. No I/O, no waiting; time is an argument.
//!
//! ```text
//! Committed ── the group has an offset ──▶ Fetching ◀── seek ── any
//!     │ it has none                         │  ▲  │  ▲
//!     ▼                                     │  │  │  └── the place is in its log, or what was lost is made good ──┐
//!   Reset ◀── seek to an end; out of range ─┘  │  └── another leader ─▶ Doubted ── asked ─▶ Validating ──────────┤
//!     └────────── the offset is found ─────────┘                          ▲                                       │
//!                                                                         └── no answer; the place has moved on ──┘
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jackdaw_base::Uuid;
use tokio::time::Instant;

use super::fetched::Fetched;
use super::handle::{Handle, Position};
use crate::config::AutoOffsetReset;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

/// How many errors wait for the application; older ones go first.
const ERRORS_WAITING_MAX: usize = 100;

/// Where a partition stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// It goes on where the group has committed.
    Committed,
    /// It starts at a place that has to be looked up.
    Reset(AutoOffsetReset),
    /// It is read.
    Fetching,
    /// It has another leader than when its place was reached: that one has to be asked whether its log agrees (KIP-320).
    Doubted,
    /// The leader is being asked.
    Validating,
}

impl Phase {
    /// Whether nobody knows yet where to go on.
    pub(super) fn needs_place(self) -> bool {
        matches!(self, Self::Committed | Self::Reset(_))
    }
}

/// How a partition's log stands to what is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Log {
    Same,
    /// Its leader may have lost records that were read.
    NewLeader,
    /// It is that of another topic with the same name.
    NewTopic,
}

/// An assigned partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) handle: Arc<Handle>,
    pub(super) phase: Phase,
    /// What is fetched next.
    pub(super) fetch: Position,
    /// The topic that `fetch` is a place of; zero until that is known.
    pub(super) topic_id: Uuid,
    /// The leader epoch in which the leader's log was last seen to hold `fetch`.
    pub(super) validated_in: Option<i32>,
    /// By the application.
    pub(super) is_paused: bool,
    /// By a rebalance under way: nothing more is handed out or fetched.
    pub(super) is_held: bool,
    /// Fetched and not handed out.
    pub(super) buffered_bytes: usize,
    pub(super) high_watermark: Option<i64>,
    pub(super) last_stable: Option<i64>,
    pub(super) log_start: Option<i64>,
    /// The replica to read from, and until when (KIP-392).
    pub(super) preferred: Option<(i32, Instant)>,
    /// Not before, after an error.
    pub(super) retry_at: Option<Instant>,
    /// No leader was known: the next metadata may name one, which ends the wait.
    pub(super) is_lost: bool,
}

impl Partition {
    fn new(partition: TopicPartition, phase: Phase) -> Self {
        Self {
            handle: Arc::new(Handle::new(partition)),
            phase,
            fetch: Position { offset: 0, leader_epoch: None },
            topic_id: Uuid::ZERO,
            validated_in: None,
            is_paused: false,
            is_held: false,
            buffered_bytes: 0,
            high_watermark: None,
            last_stable: None,
            log_start: None,
            preferred: None,
            retry_at: None,
            is_lost: false,
        }
    }

    /// Whether it may be asked for now.
    fn is_fetchable(&self, now: Instant, buffered_bytes_max: usize) -> bool {
        self.phase == Phase::Fetching
            && !self.is_paused
            && !self.is_held
            && self.buffered_bytes < buffered_bytes_max
            && self.retry_at.is_none_or(|at| at <= now)
    }

    /// Looks at what metadata say now.
    pub(super) fn compare(&mut self, topic_id: Uuid, leader_epoch: i32) -> Log {
        if self.topic_id.is_zero() {
            self.topic_id = topic_id;
        }
        let has_epochs = leader_epoch >= 0 && self.fetch.leader_epoch.is_some();
        if self.topic_id != topic_id && !topic_id.is_zero() {
            Log::NewTopic
        } else if has_epochs && self.validated_in != Some(leader_epoch) {
            Log::NewLeader
        } else {
            Log::Same
        }
    }

    /// Goes on from `position`; what was fetched before is worthless.
    pub(super) fn seek(&mut self, position: Position) {
        self.phase = Phase::Fetching;
        self.fetch = position;
        self.topic_id = Uuid::ZERO;
        self.validated_in = None;
        self.retry_at = None;
        self.is_lost = false;
        self.preferred = None;
        self.handle.renew(Some(position));
    }

    /// Goes on from a place that has to be looked up.
    pub(super) fn reset(&mut self, to: AutoOffsetReset) {
        self.phase = Phase::Reset(to);
        self.retry_at = None;
        self.is_lost = false;
        self.preferred = None;
        self.handle.renew(None);
    }
}

/// What the application does with records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Application {
    /// It waits for records: everything that it got before is done with.
    pub(super) is_polling: bool,
    /// It has records that it may still be working on.
    pub(super) is_working: bool,
    /// When it came for records last.
    pub(super) polled_at: Instant,
}

/// What is shared.
pub(super) struct State {
    pub(super) partitions: BTreeMap<TopicPartition, Partition>,
    /// What was fetched, in the order of the answers, with its bytes.
    pub(super) buffer: VecDeque<(Fetched, usize)>,
    pub(super) buffered_bytes: usize,
    pub(super) application: Application,
    errors: VecDeque<Error>,
    pub(super) is_closed: bool,
}

impl State {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            partitions: BTreeMap::new(),
            buffer: VecDeque::new(),
            buffered_bytes: 0,
            application: Application { is_polling: false, is_working: false, polled_at: now },
            errors: VecDeque::new(),
            is_closed: false,
        }
    }

    /// Exactly these partitions from now on; those that stay keep their places.
    pub(super) fn assign(&mut self, partitions: &BTreeSet<TopicPartition>, phase: Phase) {
        let gone: Vec<TopicPartition> =
            self.partitions.keys().filter(|partition| !partitions.contains(*partition)).cloned().collect();
        self.remove(&gone);
        self.add(partitions, phase);
    }

    /// These partitions, too. Those that are there already stay as they are.
    pub(super) fn add<'p>(&mut self, partitions: impl IntoIterator<Item = &'p TopicPartition>, phase: Phase) {
        for partition in partitions {
            self.partitions
                .entry(partition.clone())
                .or_insert_with(|| Partition::new(partition.clone(), phase));
        }
    }

    /// These no more. What was fetched of them is worthless, whoever holds it.
    pub(super) fn remove<'p>(&mut self, partitions: impl IntoIterator<Item = &'p TopicPartition>) {
        for partition in partitions {
            if let Some(removed) = self.partitions.remove(partition) {
                removed.handle.renew(None);
                self.forget_errors(partition);
            }
        }
        self.drop_stale();
    }

    /// Frees the memory of what is worthless.
    pub(super) fn drop_stale(&mut self) {
        let (partitions, buffered_bytes) = (&mut self.partitions, &mut self.buffered_bytes);
        self.buffer.retain(|(fetched, bytes)| {
            let is_stale = fetched.is_stale();
            if is_stale {
                release(partitions, buffered_bytes, fetched, *bytes);
            }
            !is_stale
        });
    }

    /// What may be asked for now.
    pub(super) fn fetchable(
        &mut self,
        now: Instant,
        partition_bytes_max: usize,
    ) -> impl Iterator<Item = (&TopicPartition, &mut Partition)> {
        let is_fetchable = move |(_, partition): &(&TopicPartition, &mut Partition)| {
            partition.is_fetchable(now, partition_bytes_max)
        };
        self.partitions.iter_mut().filter(is_fetchable)
    }

    /// Takes what an answer holds of a partition.
    pub(super) fn buffer(&mut self, fetched: Fetched, bytes: usize) {
        if let Some(partition) = self.partitions.get_mut(&fetched.handle.partition) {
            partition.buffered_bytes += bytes;
            self.buffered_bytes += bytes;
            self.buffer.push_back((fetched, bytes));
        }
    }

    /// The first of what was fetched that may be handed out now.
    pub(super) fn unbuffer(&mut self) -> Option<(Fetched, usize)> {
        self.drop_stale_front();
        let may_go = |(fetched, _): &(Fetched, usize)| {
            let partition = self.partitions.get(&fetched.handle.partition);
            !fetched.is_stale()
                && partition.is_some_and(|partition| !partition.is_paused && !partition.is_held)
        };
        let index = self.buffer.iter().position(may_go)?;
        self.buffer.remove(index)
    }

    fn drop_stale_front(&mut self) {
        while self.buffer.front().is_some_and(|(fetched, _)| fetched.is_stale()) {
            if let Some((fetched, bytes)) = self.buffer.pop_front() {
                release(&mut self.partitions, &mut self.buffered_bytes, &fetched, bytes);
            }
        }
    }

    /// All of it was handed out, or is worthless.
    pub(super) fn finish(&mut self, fetched: &Fetched, bytes: usize) {
        release(&mut self.partitions, &mut self.buffered_bytes, fetched, bytes);
    }

    /// Hands out what `fetched` has given, unless a seek, a pause or a rebalance came first. From here on the application
    /// is at work.
    pub(super) fn hand_out(&mut self, fetched: &Fetched, has_records: bool) -> bool {
        let may_go = !fetched.is_stale()
            && self
                .partitions
                .get(&fetched.handle.partition)
                .is_some_and(|partition| !partition.is_paused && !partition.is_held);
        if may_go {
            fetched.handle.advance(fetched.position());
            self.application.is_working |= has_records;
        }
        may_go
    }

    /// The next batch is damaged: it is asked for again, not before `retry_at`.
    pub(super) fn stop_at(&mut self, fetched: &Fetched, retry_at: Instant) {
        let position = fetched.position();
        if !fetched.is_stale()
            && let Some(partition) = self.partitions.get_mut(&fetched.handle.partition)
        {
            partition.fetch = position;
            partition.retry_at = Some(retry_at);
            partition.handle.renew(Some(position));
            self.drop_stale();
        }
    }

    /// The log of a partition holds what was read only up to `end` (`None`: nobody knows up to where). What was fetched and
    /// not handed out is fetched again. If more than that is gone, the application is told at its next poll where nothing
    /// is said about `reset`, and again after `retry_at`; else reading goes on at the end of what is left.
    pub(super) fn truncate(
        &mut self,
        name: &TopicPartition,
        end: Option<Position>,
        reset: AutoOffsetReset,
        retry_at: Instant,
    ) {
        let Some(partition) = self.partitions.get_mut(name) else { return };
        let seen = partition.handle.position().unwrap_or(partition.fetch);
        match end {
            Some(end) if seen.offset <= end.offset => partition.seek(seen),
            end if reset == AutoOffsetReset::None => {
                partition.fetch = seen;
                partition.handle.renew(Some(seen));
                partition.retry_at = Some(retry_at);
                let diverges_at = end.map(|end| end.offset);
                let lost = Error::from(ErrorKind::LogTruncated { position: seen.offset, diverges_at });
                self.report(lost.with_partition(&name.topic, name.partition));
            }
            Some(end) => partition.seek(end),
            None => partition.reset(reset),
        }
        self.drop_stale();
    }

    /// The application comes for more: it is done with what it had.
    pub(super) fn enter_poll(&mut self, now: Instant) {
        self.application = Application { is_polling: true, is_working: false, polled_at: now };
    }

    /// The application goes, with or without records.
    pub(super) fn leave_poll(&mut self, now: Instant) {
        self.application.is_polling = false;
        self.application.polled_at = now;
    }

    /// Where the application is in each partition, as far as it is known.
    pub(super) fn positions(&self) -> BTreeMap<TopicPartition, Position> {
        let positions = self.partitions.iter().filter_map(|(partition, state)| {
            let position = state.handle.position()?;
            Some((partition.clone(), position))
        });
        positions.collect()
    }

    /// Something for the application to know at its next poll. Of a partition only the last counts: it may fail again
    /// and again before anybody polls.
    pub(super) fn report(&mut self, error: Error) {
        if let (Some(topic), Some(partition)) = (error.topic(), error.partition()) {
            let (topic, partition) = (topic.to_owned(), Some(partition));
            self.errors.retain(|old| old.topic() != Some(&topic) || old.partition() != partition);
        }
        if self.errors.len() == ERRORS_WAITING_MAX {
            self.errors.pop_front();
        }
        self.errors.push_back(error);
    }

    /// The application goes elsewhere in a partition: what went wrong there is no longer news.
    pub(super) fn forget_errors(&mut self, name: &TopicPartition) {
        let partition = Some(name.partition);
        self.errors.retain(|error| error.topic() != Some(&*name.topic) || error.partition() != partition);
    }

    pub(super) fn take_error(&mut self) -> Option<Error> {
        self.errors.pop_front()
    }

    /// These have no leader that is known: they wait until `retry_at`, or for metadata.
    pub(super) fn lose(&mut self, lost: &[TopicPartition], retry_at: Instant) {
        for name in lost {
            if let Some(partition) = self.partitions.get_mut(name) {
                partition.retry_at = Some(retry_at);
                partition.is_lost = true;
            }
        }
    }

    /// There is new metadata: those that were lost may have a leader now, and whoever is asked about a place may be none.
    pub(super) fn look_for_lost(&mut self) {
        for partition in self.partitions.values_mut().filter(|it| it.phase == Phase::Validating) {
            partition.phase = Phase::Doubted;
        }
        for partition in self.partitions.values_mut().filter(|partition| partition.is_lost) {
            partition.is_lost = false;
            partition.retry_at = None;
        }
    }

    /// When the first partition that waits after an error may be asked for again.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.partitions.values().filter_map(|partition| partition.retry_at).filter(|at| *at > now).min()
    }
}

fn release(
    partitions: &mut BTreeMap<TopicPartition, Partition>,
    buffered_bytes: &mut usize,
    fetched: &Fetched,
    bytes: usize,
) {
    *buffered_bytes = buffered_bytes.saturating_sub(bytes);
    if let Some(partition) = partitions.get_mut(&fetched.handle.partition)
        && Arc::ptr_eq(&partition.handle, &fetched.handle)
    {
        partition.buffered_bytes = partition.buffered_bytes.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests;
