//! Random runs against a model of brokers that check sequences as Kafka's do: whatever is lost on the way, in the end every
//! batch is in the log once, in order.

use super::*;

/// A partition's log with what its leader knows of the producer.
#[derive(Default)]
struct Log {
    names: Vec<u64>,
    /// Nothing of the producer yet: the first batch may have any sequence.
    is_known: bool,
    epoch: i16,
    next: i32,
    /// The last five batches: their base sequences.
    recent: Vec<i32>,
}

impl Log {
    fn append(&mut self, batch: &Batch<u64>) -> ErrorCode {
        let stamp = batch.stamp.expect("is stamped");
        if !self.is_known {
            self.is_known = true;
            (self.epoch, self.next) = (stamp.epoch, stamp.base_sequence);
        }
        if stamp.epoch < self.epoch {
            return ErrorCode::InvalidProducerEpoch;
        }
        if stamp.epoch > self.epoch {
            if stamp.base_sequence != 0 {
                return ErrorCode::OutOfOrderSequenceNumber;
            }
            (self.epoch, self.next) = (stamp.epoch, 0);
            self.recent.clear();
        }
        if self.recent.contains(&stamp.base_sequence) {
            return ErrorCode::None;
        }
        if stamp.base_sequence != self.next {
            return ErrorCode::OutOfOrderSequenceNumber;
        }
        self.next = add_to_sequence(self.next, batch.count);
        self.recent.push(stamp.base_sequence);
        if self.recent.len() > 5 {
            self.recent.remove(0);
        }
        self.names.push(batch.payload);
        ErrorCode::None
    }
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

type Request = Vec<(PartitionId, Batch<u64>)>;

const PARTITIONS: usize = 3;
const NODES: i32 = 2;

struct World {
    dispatch: Dispatch<u64>,
    now: Instant,
    chance: Chance,
    logs: BTreeMap<PartitionId, Log>,
    open: BTreeMap<PartitionId, u64>,
    /// Requests that were written, per node, in order.
    wires: BTreeMap<i32, Vec<Request>>,
    made: BTreeMap<PartitionId, Vec<u64>>,
    written: BTreeMap<PartitionId, Vec<u64>>,
    leaders: BTreeMap<PartitionId, i32>,
}

impl World {
    fn new(seed: u64) -> Self {
        let limits = Limits { delivery_timeout: Duration::from_secs(1 << 20), ..limits() };
        let mut dispatch = Dispatch::new(limits);
        let ids: Vec<_> = (0..PARTITIONS).map(|_| dispatch.add_partition(Some(1))).collect();
        Self {
            dispatch,
            now: Instant::now(),
            chance: Chance(seed),
            logs: ids.iter().map(|id| (*id, Log::default())).collect(),
            open: BTreeMap::new(),
            wires: (1..=NODES).map(|node| (node, Vec::new())).collect(),
            made: BTreeMap::new(),
            written: BTreeMap::new(),
            leaders: ids.iter().map(|id| (*id, 1)).collect(),
        }
    }

    fn close(&mut self, id: PartitionId) {
        let Some(number) = self.open.remove(&id) else { return };
        let count = 1 + self.chance.below(9) as i32;
        self.made.entry(id).or_default().push(number);
        let expires_at = self.now + Duration::from_secs(1 << 20);
        self.dispatch.on_batch(id, Batch::new(number, number, count, 1000, expires_at));
    }

    fn pump(&mut self) {
        for _ in 0..1000 {
            let is_up = self.chance.below(8) > 0;
            match self.dispatch.poll(self.now, |_| is_up) {
                None => return,
                Some(Step::Close(ids)) => ids.into_iter().for_each(|id| self.close(id)),
                Some(Step::Send { node, batches }) => {
                    self.wires.entry(node).or_default().push(batches);
                    self.dispatch.on_sent(node);
                }
                Some(Step::Connect(node)) => self.dispatch.on_connected(node, self.chance.below(2) > 0),
                Some(Step::Identify) => self.dispatch.on_identity(Identity { id: 7, epoch: 0 }),
                Some(other) => panic!("unexpected: {other:?}"),
            }
        }
        panic!("it never comes to rest");
    }

    /// The oldest request of a node reaches it, or does not; its answer comes, or does not.
    fn answer(&mut self, node: i32, is_calm: bool) {
        let wire = self.wires.entry(node).or_default();
        if wire.is_empty() {
            return;
        }
        let request = wire.remove(0);
        let fate = if is_calm { 0 } else { self.chance.below(10) };
        self.dispatch.on_answered(node);
        for (id, batch) in request {
            let is_leader = self.leaders[&id] == node;
            let answer = match fate {
                1 => failed(ErrorKind::Disconnected.into()),
                _ if !is_leader => failed(Error::broker_error(ErrorCode::NotLeaderOrFollower)),
                _ => match self.logs.entry(id).or_default().append(&batch) {
                    // Written, and the answer is lost.
                    ErrorCode::None if fate == 2 => failed(ErrorKind::Disconnected.into()),
                    ErrorCode::None => Answer::Written { base_offset: None, append_time_ms: None },
                    code => failed(Error::broker_error(code)),
                },
            };
            match self.dispatch.on_answer(id, batch, answer, self.now) {
                Settled::Written { batch, .. } => self.written.entry(id).or_default().push(batch.payload),
                Settled::Retried => {}
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    fn step(&mut self) {
        let id = PartitionId(self.chance.below(PARTITIONS as u64) as usize);
        match self.chance.below(7) {
            0 | 1 => {
                if !self.open.contains_key(&id) {
                    let number = self.dispatch.on_opened(id, self.now);
                    self.open.insert(id, number);
                }
            }
            2 => self.close(id),
            3 => self.now += Duration::from_millis(self.chance.below(300)),
            4 => {
                let leader = 1 + self.chance.below(NODES as u64) as i32;
                self.leaders.insert(id, leader);
            }
            5 => self.refresh(),
            _ => {
                let node = 1 + self.chance.below(NODES as u64) as i32;
                self.answer(node, false);
            }
        }
        self.pump();
    }

    fn refresh(&mut self) {
        if self.dispatch.take_stale_metadata() {
            for (id, leader) in &self.leaders {
                self.dispatch.set_leader(*id, Some(*leader));
            }
            self.dispatch.on_metadata();
        }
    }

    /// Nothing goes wrong any more: everything has to arrive.
    fn calm_down(&mut self) {
        self.dispatch.flush();
        for _ in 0..3000 {
            self.refresh();
            self.pump();
            (1..=NODES).for_each(|node| self.answer(node, true));
            self.pump();
            if self.dispatch.pending_count() == 0 {
                return;
            }
            self.now += Duration::from_millis(200);
        }
        panic!("{} batches never arrive", self.dispatch.pending_count());
    }
}

#[test]
fn everything_arrives_once_and_in_order() {
    for seed in 0..300 {
        let mut world = World::new(seed);
        for _ in 0..400 {
            world.step();
        }
        world.calm_down();
        for (id, made) in &world.made {
            assert_eq!(&world.logs[id].names, made, "seed {seed}, {id:?}: the log");
            let mut written = world.written.remove(id).unwrap_or_default();
            written.sort_unstable();
            assert_eq!(&written, made, "seed {seed}, {id:?}: what was reported");
        }
    }
}
