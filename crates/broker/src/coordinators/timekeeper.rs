//! The coordinators' time: when which of them is to be visited, and what they are to be told. Its thread sleeps until the
//! first deadline; an idle node never wakes it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jackdaw_base::{Clock, LeaderEpoch, MonotonicNs};
use jackdaw_coordinator::group::GroupRequest;
use parking_lot::{Condvar, Mutex};

/// What is to be done beside visits.
pub(super) enum Job {
    /// Every coordinator is to hear this.
    Tell(GroupRequest),
    /// A coordinator has panicked.
    Reload(i32, LeaderEpoch),
}

#[derive(Default)]
struct Agenda {
    deadlines: BTreeMap<i32, MonotonicNs>,
    jobs: VecDeque<Job>,
    is_stopping: bool,
}

/// When which coordinator is to be visited.
#[derive(Default)]
pub(super) struct Timekeeper {
    agenda: Mutex<Agenda>,
    changed: Condvar,
}

/// What the thread does next.
pub(super) enum Next {
    Visit(Vec<i32>),
    Job(Job),
    Stop,
}

impl Timekeeper {
    /// Partition `index` is to be visited at `deadline`, if not before.
    pub(super) fn arm(&self, index: i32, deadline: MonotonicNs) {
        let mut agenda = self.agenda.lock();
        let first = agenda.deadlines.values().min().copied();
        let known = agenda.deadlines.entry(index).or_insert(deadline);
        *known = deadline.min(*known);
        if first.is_none_or(|first| deadline < first) {
            self.changed.notify_one();
        }
    }

    /// Every coordinator is to hear `request`.
    pub(super) fn tell_all(&self, request: GroupRequest) {
        self.add(Job::Tell(request));
    }

    /// The coordinator of partition `index` is to be loaded again, if its leadership is still this one.
    pub(super) fn reload(&self, index: i32, leader_epoch: LeaderEpoch) {
        self.add(Job::Reload(index, leader_epoch));
    }

    fn add(&self, job: Job) {
        self.agenda.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        self.agenda.lock().is_stopping = true;
        self.changed.notify_one();
    }

    /// Waits for what is to be done next.
    pub(super) fn next(&self, clock: &dyn Clock) -> Next {
        let mut agenda = self.agenda.lock();
        loop {
            if agenda.is_stopping {
                return Next::Stop;
            }
            if let Some(job) = agenda.jobs.pop_front() {
                return Next::Job(job);
            }
            let now = clock.monotonic();
            let is_due = |deadline: &MonotonicNs| *deadline <= now;
            let due: Vec<i32> =
                agenda.deadlines.iter().filter(|(_, at)| is_due(at)).map(|(index, _)| *index).collect();
            if !due.is_empty() {
                agenda.deadlines.retain(|_, deadline| !is_due(deadline));
                return Next::Visit(due);
            }
            match agenda.deadlines.values().min() {
                Some(first) => {
                    let wait = Duration::from_nanos(first.since_ns(now));
                    self.changed.wait_for(&mut agenda, wait);
                }
                None => self.changed.wait(&mut agenda),
            }
        }
    }
}
