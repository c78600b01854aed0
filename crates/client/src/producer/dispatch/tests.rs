use std::collections::BTreeMap;
use std::time::Duration;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::records::add_to_sequence;

use super::*;
use crate::error::ErrorKind;
use crate::producer::record_writer::Stamp;

mod model;

const NODE: i32 = 1;

fn limits() -> Limits {
    Limits {
        linger: Duration::from_millis(5),
        delivery_timeout: Duration::from_secs(120),
        in_flight_max: 5,
        request_bytes_max: 10_000,
        retries: u32::MAX,
        backoff: Backoff::new(Duration::from_millis(100), Duration::from_millis(1000)),
        is_idempotent: true,
        is_transactional: false,
    }
}

struct Bench {
    dispatch: Dispatch<&'static str>,
    now: Instant,
}

type Sent = Vec<(PartitionId, Batch<&'static str>)>;

impl Bench {
    /// With so many partitions, led by [`NODE`], which knows the producer, and a producer id.
    fn new(limits: Limits, partitions: usize) -> Self {
        let mut dispatch = Dispatch::new(limits);
        for _ in 0..partitions {
            let id = dispatch.add_partition(Some(NODE));
            dispatch.partitions[id.0].known_as = Some(7);
        }
        dispatch.on_identity(Identity { id: 7, epoch: 0 });
        Self { dispatch, now: Instant::now() }
    }

    fn open(&mut self, partition: usize) -> u64 {
        self.dispatch.on_opened(PartitionId(partition), self.now)
    }

    fn close(&mut self, partition: usize, number: u64, name: &'static str, count: i32) {
        let expires_at = self.now + Duration::from_secs(120);
        self.dispatch.on_batch(PartitionId(partition), Batch::new(name, number, count, 1000, expires_at));
    }

    fn add(&mut self, partition: usize, name: &'static str, count: i32) {
        let number = self.open(partition);
        self.close(partition, number, name, count);
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn poll(&mut self) -> Option<Step<&'static str>> {
        self.dispatch.poll(self.now, |_| true)
    }

    /// The next request, written.
    fn send(&mut self) -> Option<Sent> {
        match self.poll() {
            Some(Step::Send { node, batches }) => {
                self.dispatch.on_sent(node);
                Some(batches)
            }
            None => None,
            Some(other) => panic!("not a request: {other:?}"),
        }
    }

    /// Answers all batches of a request alike; returns what has become of them.
    fn answer(&mut self, sent: Sent, code: ErrorCode) -> Vec<String> {
        self.dispatch.on_answered(NODE);
        sent.into_iter()
            .map(|(id, batch)| {
                let answer = match code {
                    ErrorCode::None => Answer::Written { base_offset: Some(0), append_time_ms: None },
                    code => failed(Error::broker_error(code)),
                };
                describe(&self.dispatch.on_answer(id, batch, answer, self.now))
            })
            .collect()
    }

    fn lose(&mut self, sent: Sent) -> Vec<String> {
        self.dispatch.on_answered(NODE);
        sent.into_iter()
            .map(|(id, batch)| {
                let answer = failed(ErrorKind::Disconnected.into());
                describe(&self.dispatch.on_answer(id, batch, answer, self.now))
            })
            .collect()
    }
}

fn failed(error: Error) -> Answer {
    Answer::Failed(Failure::of(error))
}

fn describe(settled: &Settled<&'static str>) -> String {
    match settled {
        Settled::Written { batch, .. } => format!("{} written", batch.payload),
        Settled::Failed { batch, failure } => format!("{} failed: {}", batch.payload, failure.error),
        Settled::Split(batch) => format!("{} split", batch.payload),
        Settled::Retried => "retried".to_owned(),
    }
}

/// Names and base sequences.
fn names(sent: &Sent) -> Vec<(&'static str, i32)> {
    sent.iter()
        .map(|(_, batch)| (batch.payload, batch.stamp.map_or(-1, |stamp| stamp.base_sequence)))
        .collect()
}

fn epochs(sent: &Sent) -> Vec<i16> {
    sent.iter().filter_map(|(_, batch)| batch.stamp.map(|stamp| stamp.epoch)).collect()
}

#[test]
fn an_open_batch_is_due_when_it_has_lingered() {
    let mut bench = Bench::new(limits(), 1);
    let number = bench.open(0);
    assert!(bench.poll().is_none());
    assert_eq!(bench.dispatch.next_deadline(bench.now), Some(bench.now + Duration::from_millis(5)));
    bench.pass(5);
    assert!(matches!(bench.poll(), Some(Step::Close(ids)) if ids == [PartitionId(0)]));
    bench.close(0, number, "a", 10);
    assert_eq!(names(&bench.send().expect("is sent")), [("a", 0)]);
}

#[test]
fn one_batch_of_each_partition_goes_into_a_request() {
    let mut bench = Bench::new(limits(), 2);
    bench.add(0, "a", 1);
    bench.add(0, "b", 1);
    bench.add(1, "c", 1);
    assert_eq!(names(&bench.send().expect("is sent")), [("a", 0), ("c", 0)]);
    assert_eq!(names(&bench.send().expect("is sent")), [("b", 1)]);
    assert!(bench.send().is_none());
}

#[test]
fn requests_are_bounded_in_size_and_number() {
    let mut bench = Bench::new(Limits { request_bytes_max: 2000, in_flight_max: 2, ..limits() }, 5);
    for (partition, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        bench.add(partition, name, 1);
    }
    let first = bench.send().expect("is sent");
    assert_eq!(names(&first), [("a", 0), ("b", 0)]);
    assert_eq!(names(&bench.send().expect("is sent")), [("c", 0), ("d", 0)]);
    assert!(bench.send().is_none(), "two are in flight");
    assert_eq!(bench.answer(first, ErrorCode::None), ["a written", "b written"]);
    assert_eq!(names(&bench.send().expect("is sent")), [("e", 0)]);
}

#[test]
fn one_writes_at_a_time() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 1);
    bench.add(0, "b", 1);
    assert!(matches!(bench.poll(), Some(Step::Send { .. })));
    assert!(bench.poll().is_none(), "the first is being written");
    bench.dispatch.on_sent(NODE);
    assert!(matches!(bench.poll(), Some(Step::Send { .. })));
}

#[test]
fn what_fails_is_sent_again_in_order_after_a_while() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 3);
    bench.add(0, "b", 4);
    let (a, b) = (bench.send().expect("is sent"), bench.send().expect("is sent"));
    assert_eq!(bench.answer(a, ErrorCode::NotLeaderOrFollower), ["retried"]);
    assert!(bench.dispatch.take_stale_metadata());
    assert_eq!(bench.answer(b, ErrorCode::OutOfOrderSequenceNumber), ["retried"]);
    bench.add(0, "c", 1);
    assert!(bench.send().is_none(), "it backs off");
    bench.pass(150);
    let a = bench.send().expect("is sent");
    assert_eq!(names(&a), [("a", 0)]);
    assert!(bench.send().is_none(), "b waits for a");
    assert_eq!(bench.answer(a, ErrorCode::None), ["a written"]);
    let b = bench.send().expect("is sent");
    assert_eq!(names(&b), [("b", 3)]);
    assert_eq!(bench.answer(b, ErrorCode::None), ["b written"]);
    assert_eq!(names(&bench.send().expect("is sent")), [("c", 7)]);
}

#[test]
fn a_duplicate_is_written() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 3);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.lose(a), ["retried"]);
    bench.pass(150);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.answer(a, ErrorCode::DuplicateSequenceNumber), ["a written"]);
    assert!(bench.dispatch.is_settled(u64::MAX));
}

#[test]
fn the_first_batch_goes_alone_to_a_leader_that_does_not_know_the_producer() {
    let mut bench = Bench::new(limits(), 1);
    bench.dispatch.partitions[0].known_as = None;
    bench.add(0, "a", 1);
    bench.add(0, "b", 1);
    let a = bench.send().expect("is sent");
    assert!(bench.send().is_none(), "b could overtake a and be taken");
    bench.answer(a, ErrorCode::None);
    assert_eq!(names(&bench.send().expect("is sent")), [("b", 1)]);
}

#[test]
fn five_batches_of_a_partition_are_outstanding_at_most() {
    let mut bench = Bench::new(limits(), 1);
    for name in ["a", "b", "c", "d", "e", "f"] {
        bench.add(0, name, 1);
    }
    for _ in 0..5 {
        bench.send().expect("is sent");
    }
    assert!(bench.send().is_none());
}

#[test]
fn a_lost_batch_starts_a_new_epoch_when_nothing_is_outstanding() {
    let mut bench = Bench::new(limits(), 2);
    bench.add(0, "a", 2);
    bench.add(0, "b", 2);
    let (a, b) = (bench.send().expect("is sent"), bench.send().expect("is sent"));
    assert_eq!(bench.answer(a, ErrorCode::InvalidRecord), ["a failed: INVALID_RECORD"]);
    bench.add(1, "other", 1);
    let other = bench.send().expect("is sent");
    assert_eq!((names(&other), epochs(&other)), (vec![("other", 0)], vec![0]), "nobody else is concerned");
    assert_eq!(bench.answer(b, ErrorCode::OutOfOrderSequenceNumber), ["retried"]);
    let b = bench.send().expect("is sent");
    assert_eq!((names(&b), epochs(&b)), (vec![("b", 0)], vec![1]));
    bench.add(1, "another", 1);
    assert!(bench.send().is_none(), "the other partition is still at the old epoch");
    bench.answer(other, ErrorCode::None);
    let another = bench.send().expect("is sent");
    assert_eq!((names(&another), epochs(&another)), (vec![("another", 0)], vec![1]));
}

#[test]
fn a_broker_that_forgot_the_producer_gets_a_new_epoch() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 2);
    let a = bench.send().expect("is sent");
    bench.answer(a, ErrorCode::None);
    bench.add(0, "b", 2);
    let b = bench.send().expect("is sent");
    assert_eq!(bench.answer(b, ErrorCode::UnknownProducerId), ["retried"]);
    bench.pass(150);
    let b = bench.send().expect("is sent");
    assert_eq!((names(&b), epochs(&b)), (vec![("b", 0)], vec![1]));
}

#[test]
fn the_last_epoch_asks_for_another_id() {
    let mut bench = Bench::new(limits(), 1);
    bench.dispatch.on_identity(Identity { id: 7, epoch: i16::MAX - 1 });
    bench.add(0, "a", 2);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.answer(a, ErrorCode::InvalidProducerEpoch), ["retried"]);
    bench.pass(150);
    assert!(bench.poll().is_none_or(|step| matches!(step, Step::Identify)));
    let asked = bench.dispatch.is_identifying || matches!(bench.poll(), Some(Step::Identify));
    assert!(asked);
    bench.dispatch.on_identity(Identity { id: 8, epoch: 0 });
    let a = bench.send().expect("is sent");
    assert_eq!(a[0].1.stamp, Some(Stamp { producer_id: 8, epoch: 0, base_sequence: 0 }));
}

#[test]
fn what_is_too_large_is_split_and_keeps_its_sequences() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "ab", 5);
    bench.add(0, "c", 1);
    let (ab, c) = (bench.send().expect("is sent"), bench.send().expect("is sent"));
    let (id, whole) = ab.into_iter().next().expect("one");
    bench.dispatch.on_answered(NODE);
    let answer = failed(Error::broker_error(ErrorCode::MessageTooLarge));
    let Settled::Split(whole) = bench.dispatch.on_answer(id, whole, answer, bench.now) else {
        panic!("not split")
    };
    assert_eq!(bench.answer(c, ErrorCode::OutOfOrderSequenceNumber), ["retried"]);
    let part = |name, count, first_index| Batch {
        payload: name,
        order: Order { first_index, ..whole.order },
        count,
        size_bytes: 500,
        expires_at: whole.expires_at,
        attempts: 0,
        may_be_written: false,
        stamp: whole
            .stamp
            .map(|stamp| Stamp { base_sequence: add_to_sequence(stamp.base_sequence, first_index), ..stamp }),
    };
    bench.dispatch.on_split(id, vec![part("a", 2, 0), part("b", 3, 2)]);
    for expected in [("a", 0), ("b", 2), ("c", 5)] {
        let sent = bench.send().expect("is sent");
        assert_eq!(names(&sent), [expected]);
        assert!(!bench.dispatch.is_settled(1) || expected.0 == "c");
        bench.answer(sent, ErrorCode::None);
    }
    assert!(bench.dispatch.is_settled(u64::MAX));
}

#[test]
fn batches_expire_wherever_they_wait() {
    let mut bench = Bench::new(limits(), 2);
    bench.dispatch.set_leader(PartitionId(1), None);
    bench.add(1, "nowhere", 1);
    bench.add(0, "lost", 1);
    let lost = bench.send().expect("is sent");
    assert_eq!(bench.lose(lost), ["retried"]);
    bench.pass(120_001);
    let Some(Step::Expired(expired)) = bench.poll() else { panic!("nothing expires") };
    let expired: Vec<_> = expired.iter().map(|(_, batch)| batch.payload).collect();
    assert_eq!(expired, ["nowhere", "lost"]);
    bench.add(0, "next", 1);
    let next = bench.send().expect("is sent");
    assert_eq!((names(&next), epochs(&next)), (vec![("next", 0)], vec![1]), "lost may have been written");
}

#[test]
fn retries_have_an_end() {
    let mut bench = Bench::new(Limits { retries: 1, ..limits() }, 1);
    bench.add(0, "a", 1);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.lose(a), ["retried"]);
    bench.pass(200);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.lose(a).len(), 1);
    assert!(bench.dispatch.is_settled(u64::MAX));
}

#[test]
fn a_partition_follows_its_leader() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 1);
    bench.dispatch.set_leader(PartitionId(0), Some(2));
    let Some(Step::Send { node, .. }) = bench.poll() else { panic!("nothing is sent") };
    assert_eq!(node, 2);
    bench.dispatch.on_sent(2);
    bench.dispatch.set_leader(PartitionId(0), None);
    bench.add(0, "b", 1);
    assert!(bench.send().is_none());
    assert!(bench.dispatch.take_stale_metadata());
    bench.dispatch.on_metadata();
    assert!(bench.dispatch.take_stale_metadata(), "it asks again");
    bench.dispatch.set_leader(PartitionId(0), Some(3));
    assert!(matches!(bench.poll(), Some(Step::Send { node: 3, .. })));
}

#[test]
fn connections_are_made_once() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 1);
    assert!(matches!(bench.dispatch.poll(bench.now, |_| false), Some(Step::Connect(NODE))));
    assert!(bench.dispatch.poll(bench.now, |_| false).is_none());
    bench.dispatch.on_connected(NODE, false);
    assert!(bench.dispatch.take_stale_metadata());
    assert!(matches!(bench.dispatch.poll(bench.now, |_| false), Some(Step::Connect(NODE))));
    bench.dispatch.on_connected(NODE, true);
    assert!(bench.send().is_some());
}

#[test]
fn partitions_are_enlisted_before_they_are_sent_to() {
    let mut bench = Bench::new(Limits { is_transactional: true, ..limits() }, 2);
    bench.dispatch.begin_transaction(true);
    bench.add(0, "a", 1);
    bench.add(1, "b", 1);
    let Some(Step::Enlist(ids)) = bench.poll() else { panic!("not enlisted") };
    assert_eq!(ids, [PartitionId(0), PartitionId(1)]);
    assert!(bench.poll().is_none());
    bench.dispatch.on_enlisted(&ids);
    assert_eq!(names(&bench.send().expect("is sent")), [("a", 0), ("b", 0)]);
}

#[test]
fn one_request_at_a_time_keeps_order_without_idempotence() {
    let mut bench = Bench::new(Limits { is_idempotent: false, in_flight_max: 1, ..limits() }, 1);
    bench.add(0, "a", 1);
    bench.add(0, "b", 1);
    let a = bench.send().expect("is sent");
    bench.dispatch.set_leader(PartitionId(0), Some(2));
    assert!(bench.send().is_none(), "a is under way to the old leader");
    assert_eq!(bench.lose(a), ["retried"]);
    bench.pass(150);
    assert_eq!(names(&bench.send().expect("is sent")), [("a", -1)]);
}

#[test]
fn without_linger_an_open_batch_gathers_while_there_is_no_room() {
    let mut bench = Bench::new(Limits { linger: Duration::ZERO, in_flight_max: 1, ..limits() }, 1);
    let a = bench.open(0);
    assert!(matches!(bench.poll(), Some(Step::Close(_))));
    bench.close(0, a, "a", 1);
    let a = bench.send().expect("is sent");
    let b = bench.open(0);
    assert!(bench.poll().is_none(), "b gathers");
    bench.answer(a, ErrorCode::None);
    assert!(matches!(bench.poll(), Some(Step::Close(_))));
    bench.close(0, b, "b", 9);
    assert_eq!(names(&bench.send().expect("is sent")), [("b", 1)]);
}

/// Answers the only batch of a request with "not the leader", and names another leader.
fn move_to(bench: &mut Bench, sent: Sent, leader: i32) {
    bench.dispatch.on_answered(NODE);
    for (id, batch) in sent {
        let error = Error::broker_error(ErrorCode::NotLeaderOrFollower);
        let answer = Answer::Failed(Failure { moved_to: Some(leader), ..Failure::of(error) });
        assert_eq!(describe(&bench.dispatch.on_answer(id, batch, answer, bench.now)), "retried");
    }
}

#[test]
fn a_leader_that_is_named_gets_the_batch_at_once() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 1);
    bench.add(0, "b", 1);
    let (a, b) = (bench.send().expect("is sent"), bench.send().expect("is sent"));
    move_to(&mut bench, a, 2);
    move_to(&mut bench, b, 2);
    for expected in [("a", 0), ("b", 1)] {
        let Some(Step::Send { node: 2, batches }) = bench.poll() else {
            panic!("{expected:?} is not sent to 2")
        };
        assert_eq!(names(&batches), [expected]);
        bench.dispatch.on_sent(2);
        bench.dispatch.on_answered(2);
        for (id, batch) in batches {
            let answer = Answer::Written { base_offset: None, append_time_ms: None };
            bench.dispatch.on_answer(id, batch, answer, bench.now);
        }
    }
}

#[test]
fn metadata_with_another_leader_end_the_wait() {
    let mut bench = Bench::new(limits(), 1);
    bench.add(0, "a", 1);
    let a = bench.send().expect("is sent");
    assert_eq!(bench.answer(a, ErrorCode::NotLeaderOrFollower), ["retried"]);
    assert!(bench.send().is_none(), "it backs off");
    bench.dispatch.set_leader(PartitionId(0), Some(NODE));
    assert!(bench.send().is_none(), "the same leader is left in peace");
    bench.dispatch.set_leader(PartitionId(0), None);
    assert!(bench.send().is_none(), "there is none");
    bench.dispatch.set_leader(PartitionId(0), Some(2));
    assert!(matches!(bench.poll(), Some(Step::Send { node: 2, .. })));
    assert_eq!(bench.dispatch.backing_off.len(), 0);
}
