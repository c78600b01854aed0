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

fn run(seed: u64) {
    let mut random = Random(seed);
    let count = 1 + random.below(4) as i32;
    let replicas: Vec<i32> = (1..=count).collect();
    let first_isr: Vec<i32> =
        replicas.iter().copied().filter(|id| *id == 1 || random.below(2) == 0).collect();
    let min_insync = 1 + random.below(3) as usize;
    let limits = ReplicationLimits { min_insync_replicas: min_insync, lag_ms_max: LAG_MS };
    let mut leader = LeaderState::new(
        NodeId(1),
        &registration(&replicas, &first_isr),
        limits,
        Offset(10),
        Offset(10),
        Offset(4),
        NOW,
    );
    let mut reference = Reference {
        replicas: replicas.clone(),
        committed: first_isr.clone(),
        proposed: Vec::new(),
        fetches: BTreeMap::new(),
        started_at: ms(NOW),
        end: 10,
        high_watermark: 4,
        min_insync,
        fenced: Vec::new(),
    };
    let mut now = NOW;
    for step in 0..200 {
        now = now.plus_ms(random.below(30));
        let fenced = reference.fenced.clone();
        let brokers =
            |id: NodeId| alive(id).map(|view| BrokerView { is_fenced: fenced.contains(&id.0), ..view });
        let before = leader.high_watermark();
        match random.below(7) {
            0 | 1 => {
                reference.end += random.below(5) as i64;
                leader.on_local_end(Offset(reference.end), now, &brokers);
                reference.advance(&first_isr, ms(now));
            }
            2 | 3 if count > 1 => {
                let id = 2 + random.below(count as u64 - 1) as i32;
                let end = (reference.end_of(id).max(4) + random.below(6) as i64).min(reference.end);
                leader.on_fetch(fetch(id, end), now, &brokers).unwrap();
                let fetched = Fetched { at: ms(now), end, leader_end: reference.end };
                reference.fetches.entry(id).or_default().push(fetched);
                reference.advance(&first_isr, ms(now));
            }
            4 if count > 1 => {
                let id = 2 + random.below(count as u64 - 1) as i32;
                if let Some(change) = leader.isr_expansion(NodeId(id), &brokers) {
                    let end = reference.end_of(id);
                    assert!(end >= leader.high_watermark().0 && end >= 10, "R4: seed {seed} step {step}");
                    assert!(!reference.fenced.contains(&id) && !reference.committed.contains(&id));
                    reference.proposed = change.isr.iter().map(|id| id.0).collect();
                    leader.begin_isr_change(change).unwrap();
                } else if let Some(change) = leader.isr_shrink(now) {
                    let lags = |id: &&i32| {
                        **id != 1 && !reference.is_caught_up(**id, first_isr.contains(id), ms(now))
                    };
                    let out: Vec<i32> = reference.committed.iter().filter(lags).copied().collect();
                    let stays: Vec<i32> =
                        reference.committed.iter().filter(|id| !out.contains(id)).copied().collect();
                    assert_eq!(
                        change.isr.iter().map(|id| id.0).collect::<Vec<_>>(),
                        stays,
                        "seed {seed} step {step}"
                    );
                    reference.proposed = stays;
                    leader.begin_isr_change(change).unwrap();
                }
            }
            5 => {
                if let Some(change) = leader.isr().in_flight().cloned() {
                    let is_made = random.below(2) == 0;
                    let answer = match is_made {
                        true => IsrAnswer::Done {
                            leader_epoch: EPOCH,
                            partition_epoch: leader.partition_epoch() + 1,
                            isr: change.isr.clone(),
                            recovery: change.recovery,
                        },
                        false => IsrAnswer::NotMade,
                    };
                    leader.on_isr_answer(&change, answer, now, &brokers);
                    let proposed = std::mem::take(&mut reference.proposed);
                    if is_made {
                        reference.committed = proposed;
                    }
                    reference.advance(&first_isr, ms(now));
                }
            }
            _ => {
                let id = 1 + random.below(count as u64) as i32;
                match reference.fenced.iter().position(|fenced| *fenced == id) {
                    Some(index) => drop(reference.fenced.remove(index)),
                    None => reference.fenced.push(id),
                }
            }
        }
        let after = leader.high_watermark();
        assert_eq!(after.0, reference.high_watermark, "seed {seed} step {step}");
        assert!(after >= before, "R1: seed {seed} step {step}");
        if after > before {
            let all_have = reference.maximal().iter().all(|id| *id == 1 || reference.end_of(*id) >= after.0);
            assert!(all_have, "R2: seed {seed} step {step}");
        }
        assert_eq!(leader.isr().maximal_count(), reference.maximal().len(), "seed {seed} step {step}");
        let status = leader.acks_all_status(Offset(reference.high_watermark), EPOCH);
        let enough = reference.maximal().len() >= min_insync.min(count as usize);
        let expected = if enough { AcksAllStatus::Done } else { AcksAllStatus::NotEnoughReplicasAfterAppend };
        assert_eq!(status, expected, "seed {seed} step {step}");
    }
}

#[test]
fn random_histories_agree_with_the_reference() {
    (1..=2_000).for_each(run);
}
