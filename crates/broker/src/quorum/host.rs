//! The quorum's thread: executes what the consensus core wants done, and takes jobs while this node leads. All jobs that
//! were waiting are decided one after the other, each on the image that the one before it leaves, and share one sync.

mod failure;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod kraft_version_tests;
mod recovery;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use arc_swap::ArcSwap;
use jackdaw_base::disk::replace_whole;
use jackdaw_base::{Clock, Entropy, LeaderEpoch, Offset};
use jackdaw_config::Config;
use jackdaw_metadata::decide::{Chance, Context, Via};
use jackdaw_metadata::rules::ConfigRules;
use jackdaw_metadata::snapshot::SnapshotHeader;
use jackdaw_metadata::{Delta, Image, MetadataVersion};
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_raft::{
    ElectionState, KRaftVersion, Output, Quorum, Settings, SnapshotId, Start, Voter, quorum_state_file,
};
use jackdaw_store::data_directory::is_passing;
use jackdaw_store::{DataDirectory, PartitionLog, Place};

use super::handle::{Decided, Done, Input, JOBS_MAX, QuorumFailure, QuorumHandle, QuorumView};
use super::metadata_log::{MetadataLog, MetadataLogError};
use super::snapshots::{self, SinceSnapshot, SnapshotPolicy};
use super::storage::QuorumKind;

/// Jobs that share one sync at most, so that the first of them does not wait for ever.
const JOBS_PER_SYNC_MAX: usize = 256;

/// Is told what is committed, in order, before anybody gets an answer about it.
pub trait Publisher: Send {
    /// `image` is the new state, `delta` what changed since the last call.
    fn publish(&mut self, delta: &Delta, image: &Arc<Image>);
}

/// What the quorum is made of.
pub struct HostConfig {
    /// This node as a voter.
    pub local: Voter,
    /// How voters are known.
    pub kind: QuorumKind,
    /// Times and limits of elections.
    pub settings: Settings,
    /// When snapshots are made.
    pub snapshots: SnapshotPolicy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The node's configuration without its dynamic layers: what changes of configurations are checked against.
    pub base: Config,
    /// The data directory that the log is in.
    pub directory: Arc<DataDirectory>,
}

/// Why the quorum cannot run.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The metadata log.
    #[error(transparent)]
    Log(#[from] MetadataLogError),
    /// A record that does not fit what came before it.
    #[error("the metadata log cannot be followed at offset {offset}: {error}")]
    Replay {
        /// Where.
        offset: Offset,
        /// What is wrong with it.
        error: jackdaw_metadata::ReplayError,
    },
    /// The file `quorum-state`.
    #[error("quorum-state cannot be used: {0}")]
    State(#[from] quorum_state_file::QuorumStateError),
}

impl HostError {
    /// What whoever reads this can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Log(MetadataLogError::UnknownKRaftVersion { .. }) => {
                "a newer version wrote it: start that version, nothing was changed here"
            }
            Self::Log(MetadataLogError::Disk(error)) if is_full(error) => {
                "the disk of the metadata log is full: make room and start again, nothing that was stored is lost"
            }
            Self::Log(MetadataLogError::Disk(error)) if is_passing(error) => {
                "too many files are open: raise the limit (ulimit -n) and start again, nothing that was stored is lost"
            }
            Self::Log(_) | Self::Replay { .. } | Self::State(_) => {
                "the node cannot start without its metadata log: restore __cluster_metadata-0 from a copy, or begin with an empty data directory"
            }
        }
    }
}

/// Whether the disk, or this user's share of it, is full.
pub fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

impl From<std::io::Error> for HostError {
    fn from(error: std::io::Error) -> Self {
        Self::Log(error.into())
    }
}

/// The quorum's thread, before and while it runs.
pub struct Host {
    config: HostConfig,
    quorum: Quorum,
    log: MetadataLog,
    place: Place,
    inputs: Receiver<Input>,
    /// The committed image, as published.
    committed: Arc<ArcSwap<Image>>,
    view: Arc<ArcSwap<QuorumView>>,
    /// The image with all that is appended; equal to the committed one when nothing is under way.
    appended: Image,
    uncommitted: VecDeque<(Offset, MetadataRecord<'static>)>,
    waiting: VecDeque<(Offset, Done)>,
    publishers: Vec<Box<dyn Publisher>>,
    since_snapshot: SinceSnapshot,
    leads_in: Option<LeaderEpoch>,
    /// Why nothing is written any more.
    failure: Option<Arc<str>>,
    is_stopping: bool,
}

impl Host {
    /// Reads snapshot and log. Everything in a log of a single voter is committed once it leads; until then the
    /// newest snapshot is what is known.
    pub fn open(config: HostConfig, log: PartitionLog) -> Result<(Self, QuorumHandle), HostError> {
        let place = log.place().clone();
        let now = config.clock.monotonic();
        let recovery::Recovered { log, election, recovered, voters, committed, appended, uncommitted } =
            recovery::recover(&config, log)?;
        let quorum = Quorum::new(
            Start {
                settings: config.settings.clone(),
                local: config.local.clone(),
                election,
                log: recovered,
                voters,
                seed: config.entropy.next_u64(),
            },
            now,
        );
        let (sender, inputs) = sync_channel(JOBS_MAX);
        let committed = Arc::new(ArcSwap::from_pointee(committed));
        let view = Arc::new(ArcSwap::from_pointee(view_of(&quorum, &log)));
        let handle = QuorumHandle { inputs: sender, image: Arc::clone(&committed), view: Arc::clone(&view) };
        let host = Self {
            config,
            quorum,
            log,
            place,
            inputs,
            committed,
            view,
            appended,
            uncommitted,
            waiting: VecDeque::new(),
            publishers: Vec::new(),
            since_snapshot: SinceSnapshot::new(now),
            leads_in: None,
            failure: None,
            is_stopping: false,
        };
        Ok((host, handle))
    }

    /// Adds somebody who is told of changes. The first call it gets is for all that is known already.
    pub fn add_publisher(&mut self, mut publisher: Box<dyn Publisher>) {
        let image = self.committed.load_full();
        publisher.publish(&Delta::between(&Image::default(), &image), &image);
        self.publishers.push(publisher);
    }

    /// Whether this node leads and everything before its leadership is applied.
    pub fn is_active(&self) -> bool {
        self.leads_in.is_some()
    }

    /// Elects and commits as far as this node can alone: a single voter leads when this returns.
    pub fn begin(&mut self) -> Result<(), HostError> {
        let now = self.config.clock.monotonic();
        self.quorum.on_tick(now);
        self.execute()
    }

    /// The body of the quorum's thread. Returns when it was stopped, with everything on the disk. A disk that fails
    /// ends the changes, not the thread.
    pub fn run(&mut self) -> Result<(), HostError> {
        while !self.is_stopping {
            let input = self.inputs.recv_timeout(self.patience());
            self.check_directory();
            let done = self.round(input);
            self.survive(done)?;
        }
        self.refuse_waiting(QuorumFailure::Stopping);
        let closed = match self.failure {
            None => self.log.log_mut().close().map(drop).map_err(HostError::from),
            Some(_) => Ok(()),
        };
        self.survive_close(closed)
    }

    /// What one input, or the time without any, leads to.
    fn round(&mut self, input: Result<Input, RecvTimeoutError>) -> Result<(), HostError> {
        match input {
            Ok(input) => self.take(input)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.is_stopping = true,
        }
        if self.failure.is_some() {
            return Ok(());
        }
        let now = self.config.clock.monotonic();
        self.quorum.on_tick(now);
        self.execute()?;
        match self.snapshot_if_due() {
            Ok(()) => Ok(()),
            Err(error) => self.on_snapshot_error(error),
        }
    }

    fn patience(&self) -> Duration {
        let now = self.config.clock.monotonic();
        let deadline = self.quorum.next_deadline().unwrap_or(now.plus_ms(1_000)).min(now.plus_ms(1_000));
        Duration::from_nanos(deadline.since_ns(now).max(1_000_000))
    }

    /// Takes an input and all that wait behind it, and makes their records durable together.
    fn take(&mut self, first: Input) -> Result<(), HostError> {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(input) = next {
            match input {
                Input::Stop => {
                    self.is_stopping = true;
                    break;
                }
                Input::Job(job) => match (&self.failure, self.leads_in) {
                    (Some(_), _) => job.refuse(QuorumFailure::Storage),
                    (None, None) => job.refuse(QuorumFailure::NotController),
                    (None, Some(epoch)) => self.decide(job, epoch)?,
                },
            }
            taken += 1;
            next = if taken < JOBS_PER_SYNC_MAX { self.inputs.try_recv().ok() } else { None };
        }
        if self.failure.is_some() { Ok(()) } else { self.sync() }
    }

    /// Decides one job and appends its records.
    fn decide(&mut self, job: Box<dyn super::handle::Job>, epoch: LeaderEpoch) -> Result<(), HostError> {
        let seed = [(); 4].map(|()| self.config.entropy.next_u64());
        let rules = ConfigRules::new(&self.config.base, &self.appended);
        let mut context = Context {
            now: self.config.clock.wall(),
            chance: Chance::new(seed),
            via: Via::Broker(self.config.local.key.id),
            configs: &rules,
        };
        let Decided { records, kraft_version, done } = job.decide(&self.appended, &mut context);
        if let Some(version) = kraft_version
            && let Err(error) = self.quorum.check_kraft_version(epoch, version)
        {
            tracing::warn!(%error, "kraft.version stays what it is");
            done(Err(QuorumFailure::KRaftVersion));
            return Ok(());
        }
        if let Err(error) = self.append(records, epoch) {
            if matches!(error, HostError::Log(MetadataLogError::Broken(_))) {
                done(Err(QuorumFailure::Storage));
                return Err(error);
            }
            // The state first, the answer then: who hears of the failure may ask again at once.
            self.on_refused(&error);
            self.check_directory();
            done(Err(QuorumFailure::Storage));
            return Ok(());
        }
        if let Some(version) = kraft_version {
            self.raise_kraft_version(version, epoch)?;
        }
        self.waiting.push_back((self.log.log().log_end(), done));
        Ok(())
    }

    fn raise_kraft_version(&mut self, version: KRaftVersion, epoch: LeaderEpoch) -> Result<(), HostError> {
        let raised = self.quorum.on_kraft_version(epoch, version, self.config.clock.monotonic());
        debug_assert!(raised.is_ok(), "checked before: {raised:?}");
        self.execute()?;
        tracing::info!(kraft_version = version.level(), "the voters stand in the metadata log from now on");
        Ok(())
    }

    /// Appends records, all or none, and applies them to the image that the next decision sees.
    fn append(&mut self, records: Vec<MetadataRecord<'static>>, epoch: LeaderEpoch) -> Result<(), HostError> {
        if records.is_empty() {
            return Ok(());
        }
        let base = self.log.log().log_end();
        let mut after = self.appended.clone();
        for (index, record) in records.iter().enumerate() {
            let offset = base.plus(index as i64);
            after.replay(record, offset).map_err(|error| HostError::Replay { offset, error })?;
        }
        let version = after.features.metadata_version().unwrap_or(MetadataVersion::NEWEST);
        let before_bytes = self.log.log().size_bytes();
        let end = self.log.append_records(&records, version, epoch, self.config.clock.wall())?;
        self.since_snapshot.on_appended(self.log.log().size_bytes() - before_bytes);
        self.appended = after;
        let offsets = (base.0..end.0).map(Offset);
        self.uncommitted.extend(offsets.zip(records));
        self.quorum.on_appended(end, self.config.clock.monotonic());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), HostError> {
        let end = self.log.sync()?;
        self.quorum.on_log_synced(end, self.config.clock.monotonic());
        self.execute()?;
        // Decisions without records move no watermark; they wait only for what came before them.
        if let Some(high_watermark) = self.quorum.high_watermark() {
            self.answer_committed(high_watermark);
        }
        Ok(())
    }

    fn answer_committed(&mut self, high_watermark: Offset) {
        while let Some((_, done)) = self.waiting.pop_front_if(|(end, _)| *end <= high_watermark) {
            done(Ok(()));
        }
    }

    /// Executes what the consensus core wants done, in order.
    fn execute(&mut self) -> Result<(), HostError> {
        // Nothing has left the node between an election state and the next one, so only the last one is written (Q2).
        let mut unwritten = None;
        while let Some(output) = self.quorum.poll_output() {
            match output {
                Output::Persist { .. } => unwritten = Some(output),
                Output::LeaderChanged { .. } => self.carry_out(output)?,
                _ => {
                    unwritten.take().map_or(Ok(()), |state| self.carry_out(state))?;
                    self.carry_out(output)?;
                }
            }
        }
        unwritten.map_or(Ok(()), |state| self.carry_out(state))?;
        self.view.store(Arc::new(view_of(&self.quorum, &self.log)));
        Ok(())
    }

    fn carry_out(&mut self, output: Output) -> Result<(), HostError> {
        match output {
            Output::Persist { state, kraft_version } => self.persist(&state, kraft_version)?,
            Output::AppendControl { base, epoch, records } => {
                assert_eq!(base, self.log.log().log_end(), "Q3: a control batch continues the log");
                let end = self.log.append_control(&records, epoch, self.config.clock.wall())?;
                self.appended.skip_to(end.plus(-1));
                let synced = self.log.sync()?;
                self.quorum.on_log_synced(synced, self.config.clock.monotonic());
            }
            Output::HighWatermark(offset) => self.commit(offset)?,
            Output::BecameLeader { epoch, .. } => {
                self.leads_in = Some(epoch);
                tracing::info!(epoch = epoch.0, "active controller");
            }
            Output::LeaderChanged { epoch, leader } => {
                if leader != Some(self.config.local.key.id) {
                    self.leads_in = None;
                    self.refuse_waiting(QuorumFailure::NotController);
                }
                tracing::debug!(epoch = epoch.0, leader = leader.map(|id| id.0), "quorum leader");
            }
            // Other voters come with the cluster; a quorum of one has nobody to talk to.
            Output::Send(_)
            | Output::Answer(..)
            | Output::AppendFetched { .. }
            | Output::Truncate { .. }
            | Output::WriteSnapshot { .. }
            | Output::InstallSnapshot { .. } => {
                tracing::warn!(?output, "this version runs a quorum of one node");
            }
        }
        Ok(())
    }

    fn persist(&self, state: &ElectionState, kraft_version: KRaftVersion) -> Result<(), HostError> {
        let text = quorum_state_file::encode(state, kraft_version);
        self.place.disk().create_directory(self.place.directory())?;
        replace_whole(self.place.disk(), &self.place.named(quorum_state_file::FILE_NAME), text.as_bytes())?;
        Ok(())
    }

    /// Publishes what is committed now, and answers those who waited for it.
    fn commit(&mut self, high_watermark: Offset) -> Result<(), HostError> {
        let mut image = Image::clone(&self.committed.load());
        let mut delta = Delta::default();
        while let Some((offset, record)) =
            self.uncommitted.pop_front_if(|(offset, _)| *offset < high_watermark)
        {
            image
                .replay_with(&record, offset, &mut delta)
                .map_err(|error| HostError::Replay { offset, error })?;
            self.since_snapshot.on_record();
        }
        image.skip_to(high_watermark.plus(-1));
        let image = Arc::new(image);
        self.committed.store(Arc::clone(&image));
        if !delta.is_empty() {
            self.publishers.iter_mut().for_each(|publisher| publisher.publish(&delta, &image));
        }
        self.answer_committed(high_watermark);
        Ok(())
    }

    fn refuse_waiting(&mut self, failure: QuorumFailure) {
        self.waiting.drain(..).for_each(|(_, done)| done(Err(failure)));
    }

    fn snapshot_if_due(&mut self) -> Result<(), HostError> {
        let now = self.config.clock.monotonic();
        if !self.since_snapshot.is_due(&self.config.snapshots, now) {
            return Ok(());
        }
        let image = self.committed.load_full();
        let end = image.offset().next();
        if image.open_transaction().is_some() || end <= self.quorum.latest_snapshot_end() {
            return Ok(());
        }
        let Some(epoch) = self.log.log().epochs().epoch_for_offset(image.offset()) else { return Ok(()) };
        let (kraft_version, voters) = self.quorum.voter_history().before(end);
        let header = SnapshotHeader {
            epoch,
            last_contained_log_timestamp: self.config.clock.wall(),
            kraft_version: kraft_version.level(),
            voters: voters.map(super::storage::voters_record_of),
        };
        let id = SnapshotId::new(end, epoch);
        let size_bytes = snapshots::save(&self.place, id, &image, &header, self.config.clock.wall())?;
        self.quorum.on_snapshot_created(id, size_bytes);
        self.since_snapshot = SinceSnapshot::new(now);
        tracing::info!(snapshot = %id, size_bytes, "metadata snapshot written");
        if let Some(oldest) = snapshots::remove_old(&self.place, self.place.disk())? {
            self.log.log_mut().advance_log_start(oldest.offset())?;
            self.quorum.on_log_start_advanced(oldest);
            self.remove_covered(oldest.offset())?;
        }
        Ok(())
    }

    /// Segments whose records are all below the oldest snapshot's end have nothing to say any more.
    fn remove_covered(&mut self, start: Offset) -> Result<(), HostError> {
        let covered = self.log.log().segment_metas().skip(1).filter(|next| next.base_offset <= start).count();
        for path in self.log.log_mut().remove_leading(covered, self.config.clock.wall())? {
            self.place.disk().remove_file(&path)?;
        }
        Ok(())
    }
}

fn view_of(quorum: &Quorum, log: &MetadataLog) -> QuorumView {
    let history = quorum.voter_history();
    QuorumView {
        leader: quorum.leader(),
        epoch: quorum.epoch(),
        high_watermark: quorum.high_watermark().unwrap_or(Offset::NONE),
        log_end: log.log().log_end(),
        log_start: log.log().log_start(),
        voters: quorum.voters().iter().cloned().collect(),
        kraft_version: history.kraft_version().level(),
        failure: None,
    }
}
