//! Random histories of one leader against a reference that recomputes everything from the whole history, and against rules R1, R2, R4.

use std::collections::BTreeMap;

use super::*;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[derive(Clone, Copy, Debug)]
struct Fetched {
    at: u64,
    end: i64,
    leader_end: i64,
}

/// The naive leader: sets and whole histories, no shortcuts.
struct Reference {
    replicas: Vec<i32>,
    committed: Vec<i32>,
    proposed: Vec<i32>,
    fetches: BTreeMap<i32, Vec<Fetched>>,
    started_at: u64,
    end: i64,
    high_watermark: i64,
    min_insync: usize,
    fenced: Vec<i32>,
}

const LAG_MS: u64 = 100;

impl Reference {
    fn end_of(&self, id: i32) -> i64 {
        self.fetches.get(&id).and_then(|all| all.last()).map_or(-1, |fetch| fetch.end)
    }

    fn caught_up_at(&self, id: i32, in_sync_at_start: bool) -> Option<u64> {
        let fetches = self.fetches.get(&id).map(Vec::as_slice).unwrap_or_default();
        let had_all = fetches.iter().filter(|fetch| fetch.end >= fetch.leader_end).map(|fetch| fetch.at);
        let had_before =
            fetches.windows(2).filter(|pair| pair[1].end >= pair[0].leader_end).map(|pair| pair[0].at);
        had_all.chain(had_before).chain(in_sync_at_start.then_some(self.started_at)).max()
    }

    fn is_caught_up(&self, id: i32, in_sync_at_start: bool, now: u64) -> bool {
        self.end_of(id) == self.end
            || self.caught_up_at(id, in_sync_at_start).is_some_and(|at| now - at <= LAG_MS)
    }

    fn maximal(&self) -> Vec<i32> {
        self.replicas
            .iter()
            .copied()
            .filter(|id| self.committed.contains(id) || self.proposed.contains(id))
            .collect()
    }

    fn advance(&mut self, first_isr: &[i32], now: u64) {
        let waits = |id: &&i32| {
            self.maximal().contains(id)
                || (self.is_caught_up(**id, first_isr.contains(id), now) && !self.fenced.contains(id))
        };
        let ends = self.replicas.iter().filter(|id| **id != 1).filter(waits).map(|id| self.end_of(*id));
        let lowest = ends.chain([self.end]).min().unwrap();
        if self.committed.len() >= self.min_insync.min(self.replicas.len()) {
            self.high_watermark = self.high_watermark.max(lowest);
        }
    }
}

fn ms(now: MonotonicNs) -> u64 {
    now.0 / 1_000_000
}

/// Both leaders side by side.
struct Pair {
    seed: u64,
    random: Random,
    now: MonotonicNs,
    count: i32,
    first_isr: Vec<i32>,
    leader: LeaderState,
    reference: Reference,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let count = 1 + random.below(4) as i32;
        let replicas: Vec<i32> = (1..=count).collect();
        let first_isr: Vec<i32> =
            replicas.iter().copied().filter(|id| *id == 1 || random.below(2) == 0).collect();
        let min_insync = 1 + random.below(3) as usize;
        let limits = ReplicationLimits { min_insync_replicas: min_insync, lag_ms_max: LAG_MS };
        let registration = registration(&replicas, &first_isr);
        let leader =
            LeaderState::new(NodeId(1), &registration, limits, Offset(10), Offset(10), Offset(4), NOW);
        let reference = Reference {
            replicas,
            committed: first_isr.clone(),
            proposed: Vec::new(),
            fetches: BTreeMap::new(),
            started_at: ms(NOW),
            end: 10,
            high_watermark: 4,
            min_insync,
            fenced: Vec::new(),
        };
        Self { seed, random, now: NOW, count, first_isr, leader, reference }
    }

    fn brokers(&self) -> impl Fn(NodeId) -> Option<BrokerView> + 'static {
        let fenced = self.reference.fenced.clone();
        move |id| alive(id).map(|view| BrokerView { is_fenced: fenced.contains(&id.0), ..view })
    }

    fn any_follower(&mut self) -> i32 {
        2 + self.random.below(self.count as u64 - 1) as i32
    }

    fn append(&mut self) {
        self.reference.end += self.random.below(5) as i64;
        self.leader.on_local_end(Offset(self.reference.end), self.now, &self.brokers());
        self.reference.advance(&self.first_isr, ms(self.now));
    }

    fn fetch(&mut self) {
        let id = self.any_follower();
        let leader_end = self.reference.end;
        let end = (self.reference.end_of(id).max(4) + self.random.below(6) as i64).min(leader_end);
        self.leader.on_fetch(fetch(id, end), self.now, &self.brokers()).unwrap();
        let fetched = Fetched { at: ms(self.now), end, leader_end };
        self.reference.fetches.entry(id).or_default().push(fetched);
        self.reference.advance(&self.first_isr, ms(self.now));
    }

    fn propose(&mut self) {
        let id = self.any_follower();
        if let Some(change) = self.leader.isr_expansion(NodeId(id), &self.brokers()) {
            let end = self.reference.end_of(id);
            assert!(end >= self.leader.high_watermark().0 && end >= 10, "R4: seed {}", self.seed);
            assert!(!self.reference.fenced.contains(&id) && !self.reference.committed.contains(&id));
            self.reference.proposed = change.isr.iter().map(|id| id.0).collect();
            self.leader.begin_isr_change(change).unwrap();
        } else if let Some(change) = self.leader.isr_shrink(self.now) {
            let stays = |id: &&i32| {
                **id == 1 || self.reference.is_caught_up(**id, self.first_isr.contains(id), ms(self.now))
            };
            let stays: Vec<i32> = self.reference.committed.iter().filter(stays).copied().collect();
            assert_eq!(change.isr.iter().map(|id| id.0).collect::<Vec<_>>(), stays, "seed {}", self.seed);
            self.reference.proposed = stays;
            self.leader.begin_isr_change(change).unwrap();
        }
    }

    fn answer(&mut self) {
        let Some(change) = self.leader.isr().in_flight().cloned() else { return };
        let is_made = self.random.below(2) == 0;
        let answer = match is_made {
            true => IsrAnswer::Done {
                leader_epoch: EPOCH,
                partition_epoch: self.leader.partition_epoch() + 1,
                isr: change.isr.clone(),
                recovery: change.recovery,
            },
            false => IsrAnswer::NotMade,
        };
        self.leader.on_isr_answer(&change, answer, self.now, &self.brokers());
        let proposed = std::mem::take(&mut self.reference.proposed);
        if is_made {
            self.reference.committed = proposed;
        }
        self.reference.advance(&self.first_isr, ms(self.now));
    }

    fn fence_or_unfence(&mut self) {
        let id = 1 + self.random.below(self.count as u64) as i32;
        match self.reference.fenced.iter().position(|fenced| *fenced == id) {
            Some(index) => drop(self.reference.fenced.remove(index)),
            None => self.reference.fenced.push(id),
        }
    }

    fn check(&self, before: Offset) {
        let (seed, after) = (self.seed, self.leader.high_watermark());
        assert_eq!(after.0, self.reference.high_watermark, "seed {seed}");
        assert!(after >= before, "R1: seed {seed}");
        let maximal = self.reference.maximal();
        if after > before {
            let all_have = maximal.iter().all(|id| *id == 1 || self.reference.end_of(*id) >= after.0);
            assert!(all_have, "R2: seed {seed}");
        }
        assert_eq!(self.leader.isr().maximal_count(), maximal.len(), "seed {seed}");
        let enough = maximal.len() >= self.reference.min_insync.min(self.count as usize);
        let expected = if enough { AcksAllStatus::Done } else { AcksAllStatus::NotEnoughReplicasAfterAppend };
        assert_eq!(self.leader.acks_all_status(after, EPOCH), expected, "seed {seed}");
    }
}

fn run(seed: u64) {
    let mut pair = Pair::new(seed);
    for _ in 0..200 {
        pair.now = pair.now.plus_ms(pair.random.below(30));
        let before = pair.leader.high_watermark();
        match pair.random.below(7) {
            0 | 1 => pair.append(),
            2 | 3 if pair.count > 1 => pair.fetch(),
            4 if pair.count > 1 => pair.propose(),
            5 => pair.answer(),
            _ => pair.fence_or_unfence(),
        }
        pair.check(before);
    }
}

#[test]
fn random_histories_agree_with_the_reference() {
    (1..=2_000).for_each(run);
}
