//! One simulated run: appends to several partitions, group commit, maintenance, and crashes at any moment, several
//! lives long. After each start everything that was promised must be there.

use std::sync::Arc;

use jackdaw_base::{Clock, LeaderEpoch, Offset};
use jackdaw_partition::{AckStatus, AppendError, Appended, Origin, Partition, RequiredAcks};
use jackdaw_sim::{Scheduler, SimClock, SimDisk};
use parking_lot::Mutex;

use crate::batches::{self, Producer};
use crate::node::{self, Node};
use crate::oracle::Oracle;
use crate::planted::Bug;

/// Partitions of a run.
const PARTITIONS: usize = 3;
/// Lives of a run: each but the last one ends in a crash or a stop.
const LIVES: usize = 4;
/// Steps of a life, if the power lasts.
const STEPS_MAX: u64 = 120;
/// Starts that may fail in a row because the power goes out again.
const STARTS_MAX: usize = 20;

/// What a run did, for the reader of a test's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub appended: u64,
    pub acknowledged: u64,
    pub power_cuts: u64,
    pub kills: u64,
    pub stops: u64,
    pub fingerprint: u64,
}

impl Report {
    pub fn add(&mut self, other: &Self) {
        self.appended += other.appended;
        self.acknowledged += other.acknowledged;
        self.power_cuts += other.power_cuts;
        self.kills += other.kills;
        self.stops += other.stops;
        self.fingerprint ^= other.fingerprint;
    }
}

/// A batch that waits for its acknowledgement.
struct Pending {
    partition: usize,
    appended: Appended,
    acks: RequiredAcks,
}

/// The steps between which the run chooses.
#[derive(Clone, Copy, Debug)]
enum Step {
    Append,
    Flush,
    AppendDuringFlush,
    Checkpoint,
    DeleteRecords,
    Retain,
    TimePasses,
    Stop,
    Kill,
    PowerCut,
}

const STEPS: [(Step, u64); 10] = [
    (Step::Append, 40),
    (Step::Flush, 16),
    (Step::AppendDuringFlush, 6),
    (Step::Checkpoint, 4),
    (Step::DeleteRecords, 1),
    (Step::Retain, 2),
    (Step::TimePasses, 8),
    (Step::Stop, 1),
    (Step::Kill, 1),
    (Step::PowerCut, 1),
];

/// Runs a seed to its end, or to the first promise that was not kept.
pub fn run(seed: u64, bug: Bug) -> Result<Report, String> {
    let mut simulation = Simulation::new(seed, bug);
    let outcome = simulation.live();
    let report = Report { fingerprint: simulation.fingerprint(), ..simulation.report };
    outcome
        .map(|()| report)
        .map_err(|failure| format!("seed {seed}: {failure}\n{}", simulation.scheduler.trace()))
}

struct Simulation {
    scheduler: Scheduler,
    clock: Arc<SimClock>,
    disk: SimDisk,
    bug: Bug,
    leader_epoch: LeaderEpoch,
    oracles: Vec<Oracle>,
    producers: Vec<Producer>,
    pending: Vec<Pending>,
    report: Report,
}

/// How a life ended.
enum End {
    Stopped,
    Killed,
    PowerOut,
}

impl Simulation {
    fn new(seed: u64, bug: Bug) -> Self {
        let clock = Arc::new(SimClock::new());
        let disk = SimDisk::new(Arc::clone(&clock) as Arc<dyn Clock>, seed);
        Node::prepare(&disk);
        Self {
            scheduler: Scheduler::new(seed),
            clock,
            disk,
            bug,
            leader_epoch: LeaderEpoch(0),
            oracles: vec![Oracle::default(); PARTITIONS],
            producers: (0..PARTITIONS as i64).map(|id| Producer { id: 1_000 + id, sequence: 0 }).collect(),
            pending: Vec::new(),
            report: Report::default(),
        }
    }

    fn fingerprint(&self) -> u64 {
        self.scheduler.fingerprint() ^ self.disk.fingerprint().rotate_left(1)
    }

    fn live(&mut self) -> Result<(), String> {
        for life in 0..LIVES {
            let node = self.start()?;
            if self.scheduler.random().chance(2, 3) {
                let changes = self.scheduler.random().below(200);
                self.disk.cut_power_after(changes);
            }
            let end = self.run_steps(&node)?;
            drop(node);
            self.pending.clear();
            self.crash(end);
            self.scheduler.note(format_args!("life {life} over"));
        }
        self.start().map(drop)
    }

    fn crash(&mut self, end: End) {
        match end {
            End::Stopped => {
                self.report.stops += 1;
                // All of it is on the disk: the machine may be switched off now.
                if self.scheduler.random().chance(1, 2) {
                    let seed = self.scheduler.random().next_u64();
                    self.disk.power_cut(seed);
                }
            }
            End::Killed => {
                self.report.kills += 1;
                self.disk.kill_process();
            }
            End::PowerOut => {
                self.report.power_cuts += 1;
                let seed = self.scheduler.random().next_u64();
                self.disk.power_cut(seed);
            }
        }
    }

    /// Starts the node, through more power cuts if need be, and compares what it finds.
    fn start(&mut self) -> Result<Node, String> {
        for _ in 0..STARTS_MAX {
            if self.scheduler.random().chance(1, 4) {
                let changes = self.scheduler.random().below(40);
                self.disk.cut_power_after(changes);
            }
            self.leader_epoch.0 += 1;
            let opened = Node::open(&self.disk, &self.clock, self.bug, PARTITIONS, self.leader_epoch);
            match opened {
                Ok(node) if !self.disk.is_power_out() => {
                    self.disk.cut_power_after(u64::MAX);
                    self.check_started(&node)?;
                    return Ok(node);
                }
                Ok(_) => {}
                Err(error) if !self.disk.is_power_out() => return Err(format!("the start failed: {error}")),
                Err(_) => {}
            }
            self.scheduler.note(format_args!("the power failed during the start"));
            self.crash(End::PowerOut);
        }
        Err("the power never lasted".to_owned())
    }

    fn check_started(&mut self, node: &Node) -> Result<(), String> {
        for index in 0..PARTITIONS {
            let found = node.read(index)?;
            let at = found.watermarks;
            self.scheduler.note(format_args!("partition {index}: {} to {}", at.log_start, at.log_end));
            if at.flushed_end != at.log_end || at.high_watermark != at.log_end {
                return Err(format!("L9: partition {index} after the start: {at:?}"));
            }
            let oracle = &mut self.oracles[index];
            let recovered = oracle.on_recovered(at.log_start.0, at.log_end.0, &found.bytes);
            recovered.map_err(|failure| format!("partition {index}: {failure}"))?;
            node.check_epochs(index, &found)?;
            let holes_end = oracle.log_start_max.max(at.log_start.0);
            for _ in 0..4 {
                let span = (at.log_end.0 - holes_end).max(0) as u64;
                if span > 0 {
                    let offset = holes_end + self.scheduler.random().below(span) as i64;
                    node.check_read_at(index, Offset(offset))?;
                }
            }
            // It is shown to readers now, so it must survive the next cut as well.
            oracle.on_promised(at.high_watermark.0)?;
            self.producers[index].sequence = self.oracles[index].next_sequence(self.producers[index].id);
        }
        self.send_again(node)?;
        let seed = self.scheduler.random().next_u64();
        node::check_second_start(&self.disk, &self.clock, PARTITIONS, self.leader_epoch, seed)
    }

    /// L5: a producer that did not hear the answer sends its last batch again, and hears of the first one.
    fn send_again(&mut self, node: &Node) -> Result<(), String> {
        for index in 0..PARTITIONS {
            let oracle = &self.oracles[index];
            let Some(last) = oracle.last_of(self.producers[index].id) else { continue };
            let at = node.partition(index).watermarks();
            if last.base_offset < oracle.log_start_max {
                continue;
            }
            match append(node.partition(index), RequiredAcks::All, &last.bytes, &self.clock) {
                Ok(again) if again.base_offset.0 == last.base_offset => {}
                other => return Err(format!("L5: {} sent again: {other:?}", last.base_offset)),
            }
            if node.partition(index).watermarks() != at {
                return Err(format!("L5: partition {index}: a batch is there twice"));
            }
        }
        Ok(())
    }

    fn run_steps(&mut self, node: &Node) -> Result<End, String> {
        let weights = STEPS.map(|(_, weight)| weight);
        for _ in 0..STEPS_MAX {
            let Some(chosen) = self.scheduler.choose(&weights) else { break };
            let step = STEPS[chosen].0;
            let done = match step {
                Step::Append => self.append(node),
                Step::Flush => self.flush(node),
                Step::AppendDuringFlush => self.append_during_flush(node),
                Step::Checkpoint => node.checkpoint(),
                Step::DeleteRecords => self.delete_records(node),
                Step::Retain => self.retain(node),
                Step::TimePasses => {
                    self.clock.advance_ms(self.scheduler.random().below(60_000));
                    Ok(())
                }
                Step::Stop => return self.stop(node),
                Step::Kill => return Ok(End::Killed),
                Step::PowerCut => return Ok(End::PowerOut),
            };
            if self.disk.is_power_out() {
                self.scheduler.note(format_args!("the power failed during {step:?}"));
                return Ok(End::PowerOut);
            }
            done.map_err(|failure| format!("{step:?}: {failure}"))?;
            self.settle(node)?;
        }
        Ok(End::PowerOut)
    }

    fn append(&mut self, node: &Node) -> Result<(), String> {
        let (partition, acks, sent) = self.draw_batch();
        let outcome = append(node.partition(partition), acks, &sent, &self.clock);
        self.on_append(partition, acks, &sent, outcome)
    }

    /// A batch for some partition, as its producer sends it.
    fn draw_batch(&mut self) -> (usize, RequiredAcks, Vec<u8>) {
        let random = self.scheduler.random();
        let partition = random.index(PARTITIONS);
        let acks = if random.chance(1, 2) { RequiredAcks::Leader } else { RequiredAcks::All };
        let producer = random.chance(1, 2).then_some(&self.producers[partition]);
        (partition, acks, batches::draw(self.scheduler.random(), producer, self.clock.wall().0))
    }

    fn on_append(
        &mut self,
        partition: usize,
        acks: RequiredAcks,
        sent: &[u8],
        outcome: Result<Appended, AppendError>,
    ) -> Result<(), String> {
        let oracle = &mut self.oracles[partition];
        match outcome {
            Ok(appended) => {
                self.report.appended += 1;
                self.scheduler.note(format_args!("{partition} + {} at {}", sent.len(), appended.base_offset));
                oracle.on_accepted(sent, appended.base_offset.0)?;
                self.producers[partition].on_sent(sent);
                self.pending.push(Pending { partition, appended, acks });
                Ok(())
            }
            // Nobody was told anything, so it may be there after the start, or not.
            Err(_) if self.disk.is_power_out() => oracle.on_accepted(sent, oracle.end()),
            Err(error) => Err(format!("the append was refused: {error}")),
        }
    }

    fn flush(&mut self, node: &Node) -> Result<(), String> {
        let report = node.flusher().run_round();
        self.scheduler.note(format_args!("{report:?}"));
        if report.failed > 0 { Err("a sync failed".to_owned()) } else { Ok(()) }
    }

    /// What arrives while a sync is under way waits for the next one.
    fn append_during_flush(&mut self, node: &Node) -> Result<(), String> {
        let (partition, acks, sent) = self.draw_batch();
        let outcome = Arc::new(Mutex::new(None));
        let (target, bytes, clock) =
            (Arc::clone(node.partition(partition)), sent.clone(), Arc::clone(&self.clock));
        let result = Arc::clone(&outcome);
        node.disk().during_next_sync(move || *result.lock() = Some(append(&target, acks, &bytes, &clock)));
        let flushed = self.flush(node);
        node.disk().forget_action();
        let outcome = outcome.lock().take();
        if let Some(outcome) = outcome {
            self.on_append(partition, acks, &sent, outcome)?;
        }
        flushed
    }

    fn delete_records(&mut self, node: &Node) -> Result<(), String> {
        let partition = self.scheduler.random().index(PARTITIONS);
        let at = node.partition(partition).watermarks();
        let span = (at.high_watermark.0 - at.log_start.0) as u64;
        let target = at.log_start.0 + self.scheduler.random().below(span + 1) as i64;
        let oracle = &mut self.oracles[partition];
        oracle.log_start_max = oracle.log_start_max.max(target);
        node.partition(partition).delete_records(Offset(target)).map(drop).map_err(|error| error.to_string())
    }

    fn retain(&mut self, node: &Node) -> Result<(), String> {
        self.oracles.iter_mut().for_each(|oracle| oracle.on_retention(node::RETENTION_BYTES));
        node.retain()
    }

    fn stop(&mut self, node: &Node) -> Result<End, String> {
        let stopped = node.stop();
        if self.disk.is_power_out() {
            return Ok(End::PowerOut);
        }
        stopped.map_err(|error| format!("the stop failed: {error}"))?;
        self.settle(node)?;
        match self.pending.len() {
            0 => Ok(End::Stopped),
            count => Err(format!("{count} records were not acknowledged by a clean stop")),
        }
    }

    /// Hands out the acknowledgements that are due, and notes what readers see.
    fn settle(&mut self, node: &Node) -> Result<(), String> {
        for pending in std::mem::take(&mut self.pending) {
            match node.partition(pending.partition).ack_status(&pending.appended, pending.acks) {
                AckStatus::Done => {
                    self.report.acknowledged += 1;
                    self.oracles[pending.partition].on_promised(pending.appended.required_end.0)?;
                }
                AckStatus::Pending => self.pending.push(pending),
                other => return Err(format!("an acknowledgement came to {other:?}")),
            }
        }
        for (index, oracle) in self.oracles.iter_mut().enumerate() {
            let at = node.partition(index).watermarks();
            let ordered = [at.log_start, at.last_stable, at.high_watermark, at.log_end];
            if !ordered.is_sorted() || at.flushed_end > at.log_end {
                return Err(format!("L1: partition {index}: {at:?}"));
            }
            oracle.on_promised(at.high_watermark.0)?;
        }
        Ok(())
    }
}

pub fn append(
    partition: &Partition,
    acks: RequiredAcks,
    sent: &[u8],
    clock: &SimClock,
) -> Result<Appended, AppendError> {
    partition.append(Origin::Client { acks }, &mut sent.to_vec(), clock.wall(), clock.monotonic())
}
