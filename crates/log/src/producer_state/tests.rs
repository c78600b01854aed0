use jackdaw_base::LeaderEpoch;
use proptest::prelude::*;

use super::*;

const RULES: ProducerRules = ProducerRules { producer_id_expiration_ms: 1000 };
const NOW: TimestampMs = TimestampMs(5000);
const TV2: ProducerOrigin = ProducerOrigin::Coordinator { transaction_version: 2 };
const TV1: ProducerOrigin = ProducerOrigin::Coordinator { transaction_version: 1 };

fn summary(base: i64, count: i32, producer: ProducerBatch) -> BatchSummary {
    BatchSummary {
        base_offset: Offset(base),
        last_offset: Offset(base + i64::from(count) - 1),
        size_bytes: 100,
        leader_epoch: LeaderEpoch(0),
        max_timestamp: NOW,
        producer: Some(producer),
        is_control: false,
        marker: None,
    }
}

/// A batch of an idempotent producer: `count` records from offset `base` and sequence `sequence` on.
fn data(base: i64, count: i32, id: i64, epoch: i16, sequence: i32) -> BatchSummary {
    summary(
        base,
        count,
        ProducerBatch {
            producer_id: ProducerId(id),
            producer_epoch: ProducerEpoch(epoch),
            base_sequence: sequence,
            last_sequence: jackdaw_protocol::records::add_to_sequence(sequence, count - 1),
            is_transactional: false,
        },
    )
}

fn in_transaction(mut batch: BatchSummary) -> BatchSummary {
    batch.producer = batch.producer.map(|producer| ProducerBatch { is_transactional: true, ..producer });
    batch
}

fn marker(base: i64, id: i64, epoch: i16, outcome: EndTransaction, coordinator_epoch: i32) -> BatchSummary {
    let mut batch = in_transaction(data(base, 1, id, epoch, 0));
    batch.producer =
        batch.producer.map(|producer| ProducerBatch { base_sequence: -1, last_sequence: -1, ..producer });
    batch.is_control = true;
    batch.marker = Some(EndTransactionMarker { outcome, coordinator_epoch });
    batch
}

fn state_of(batches: &[BatchSummary]) -> ProducerState {
    let mut state = ProducerState::new(RULES);
    for batch in batches {
        state.apply(batch, NOW);
    }
    state
}

fn client(state: &ProducerState, batch: BatchSummary) -> Result<ProducerCheck, ProducerError> {
    state.check(&batch, ProducerOrigin::Client, NOW)
}

#[test]
fn repeated_batches_get_their_first_answer_as_long_as_five_are_remembered() {
    let batches: Vec<_> = (0..7).map(|i| data(100 + 10 * i, 10, 1, 0, 10 * i as i32)).collect();
    let state = state_of(&batches);
    for batch in &batches[2..] {
        let again = BatchSummary { base_offset: Offset(0), last_offset: Offset(9), ..*batch };
        let answer =
            FirstAnswer { base_offset: batch.base_offset, last_offset: batch.last_offset, timestamp: NOW };
        assert_eq!(client(&state, again), Ok(ProducerCheck::Duplicate(answer)));
    }
    let forgotten = ProducerError::OutOfOrderSequence { producer_id: ProducerId(1), incoming: 10, last: 69 };
    assert_eq!(client(&state, batches[1]), Err(forgotten));
    assert_eq!(
        client(&state, data(0, 5, 1, 0, 60)),
        Err(ProducerError::OutOfOrderSequence { producer_id: ProducerId(1), incoming: 60, last: 69 }),
        "the same start with another count is no duplicate"
    );
}

#[test]
fn sequences_follow_each_other() {
    let state = state_of(&[data(0, 10, 1, 3, 0)]);
    let producer_id = ProducerId(1);
    let wrong_start = |incoming, epoch| ProducerError::InvalidSequenceForNewEpoch {
        producer_id,
        incoming,
        incoming_epoch: ProducerEpoch(epoch),
        current_epoch: ProducerEpoch(3),
    };
    let old = ProducerError::InvalidProducerEpoch {
        producer_id,
        incoming: ProducerEpoch(2),
        current: ProducerEpoch(3),
    };
    for (batch, expected) in [
        (data(10, 5, 1, 3, 10), Ok(ProducerCheck::New)),
        (
            data(10, 5, 1, 3, 11),
            Err(ProducerError::OutOfOrderSequence { producer_id, incoming: 11, last: 9 }),
        ),
        (data(10, 5, 1, 3, 9), Err(ProducerError::OutOfOrderSequence { producer_id, incoming: 9, last: 9 })),
        (data(10, 5, 1, 4, 0), Ok(ProducerCheck::New)),
        (data(10, 5, 1, 4, 10), Err(wrong_start(10, 4))),
        (data(10, 5, 1, 2, 10), Err(old)),
        // Nobody knows what an unknown producer wrote before: its records may have been deleted.
        (data(10, 5, 2, 0, 77), Ok(ProducerCheck::New)),
        (BatchSummary { producer: None, ..data(10, 5, 1, 0, 5) }, Ok(ProducerCheck::NotIdempotent)),
    ] {
        assert_eq!(client(&state, batch), expected, "{batch:?}");
        let replayed = state.check(&batch, ProducerOrigin::Replay, NOW);
        assert!(matches!(replayed, Ok(ProducerCheck::New | ProducerCheck::NotIdempotent)), "{batch:?}");
    }
}

#[test]
fn sequences_start_again_behind_the_largest() {
    let batch = data(0, 10, 1, 0, i32::MAX - 9);
    let state = state_of(&[batch]);
    assert_eq!(client(&state, data(10, 1, 1, 0, 0)), Ok(ProducerCheck::New));
    assert!(matches!(client(&state, batch), Ok(ProducerCheck::Duplicate(_))));
    let across = data(0, 10, 2, 0, i32::MAX - 4);
    let state = state_of(&[across]);
    assert_eq!(across.producer.map(|producer| producer.last_sequence), Some(4));
    assert!(matches!(client(&state, across), Ok(ProducerCheck::Duplicate(_))));
    assert_eq!(client(&state, data(10, 1, 2, 0, 5)), Ok(ProducerCheck::New));
}

#[test]
fn a_new_epoch_forgets_the_batches_of_the_old_one() {
    let mut state = state_of(&[data(0, 10, 1, 0, 0)]);
    state.apply(&data(10, 10, 1, 1, 0), NOW);
    assert_eq!(
        client(&state, data(0, 10, 1, 1, 0)),
        Ok(ProducerCheck::Duplicate(FirstAnswer {
            base_offset: Offset(10),
            last_offset: Offset(19),
            timestamp: NOW
        }))
    );
    assert!(matches!(client(&state, data(0, 10, 1, 0, 0)), Err(ProducerError::InvalidProducerEpoch { .. })));
}

#[test]
fn a_transaction_holds_the_stable_offset_until_its_marker_is_replicated() {
    let mut state = state_of(&[in_transaction(data(10, 5, 1, 0, 0))]);
    assert_eq!(state.last_stable_offset(Offset(15)), Offset(10));
    assert_eq!(state.last_stable_offset(Offset(8)), Offset(8));
    state.apply(&in_transaction(data(15, 5, 1, 0, 5)), NOW);
    let completed = state.apply(&marker(20, 1, 0, EndTransaction::Abort, 7), NOW);
    assert_eq!(
        completed,
        Some(CompletedTransaction {
            producer_id: ProducerId(1),
            first_offset: Offset(10),
            last_offset: Offset(20),
            is_aborted: true,
            last_stable_offset: Offset(21),
        })
    );
    assert_eq!((state.first_undecided_offset(), state.first_unstable_offset()), (None, Some(Offset(10))));
    state.on_high_watermark(Offset(20));
    assert_eq!(
        state.last_stable_offset(Offset(20)),
        Offset(10),
        "the marker itself is not below the watermark"
    );
    state.on_high_watermark(Offset(21));
    assert_eq!(state.last_stable_offset(Offset(21)), Offset(21));
    assert_eq!(state.map_end_offset(), Offset(21));
}

#[test]
fn a_completed_transaction_is_stable_up_to_the_next_open_one() {
    let mut state = state_of(&[
        in_transaction(data(0, 5, 1, 0, 0)),
        in_transaction(data(5, 5, 2, 0, 0)),
        in_transaction(data(10, 5, 3, 0, 0)),
    ]);
    let stable =
        |completed: Option<CompletedTransaction>| completed.map(|completed| completed.last_stable_offset.0);
    assert_eq!(stable(state.apply(&marker(15, 2, 0, EndTransaction::Commit, 0), NOW)), Some(0));
    assert_eq!(stable(state.apply(&marker(16, 1, 0, EndTransaction::Abort, 0), NOW)), Some(10));
    assert_eq!(stable(state.apply(&marker(17, 3, 0, EndTransaction::Abort, 0), NOW)), Some(18));
    assert_eq!(state.apply(&marker(18, 3, 0, EndTransaction::Abort, 0), NOW), None, "nothing was open");
    assert_eq!(state.last_stable_offset(Offset(19)), Offset(0), "the oldest marker is not replicated");
    state.on_log_start(Offset(30));
    assert_eq!(state.map_end_offset(), Offset(30));
    assert_eq!(state.first_unstable_offset(), None);
}

#[test]
fn a_marker_starts_the_sequences_anew_only_with_a_new_epoch() {
    let mut state = state_of(&[in_transaction(data(0, 5, 1, 0, 0))]);
    state.apply(&marker(5, 1, 0, EndTransaction::Commit, 0), NOW);
    assert_eq!(client(&state, in_transaction(data(6, 1, 1, 0, 5))), Ok(ProducerCheck::New));
    // Version 2 of transactions: the marker raises the epoch.
    state.apply(&in_transaction(data(6, 5, 1, 0, 5)), NOW);
    state.apply(&marker(11, 1, 1, EndTransaction::Commit, 0), NOW);
    assert_eq!(client(&state, in_transaction(data(12, 1, 1, 1, 0))), Ok(ProducerCheck::New));
    assert!(matches!(
        client(&state, in_transaction(data(12, 1, 1, 0, 10))),
        Err(ProducerError::InvalidProducerEpoch { .. })
    ));
}

#[test]
fn what_does_not_belong_into_a_transaction_is_refused() {
    let state = state_of(&[in_transaction(data(0, 5, 1, 0, 0))]);
    let refused = Err(ProducerError::TransactionIsOpen { producer_id: ProducerId(1) });
    assert_eq!(client(&state, data(5, 5, 1, 0, 5)), refused);
    let without_sequence = BatchSummary {
        producer: Some(ProducerBatch {
            producer_id: ProducerId(1),
            producer_epoch: ProducerEpoch(0),
            base_sequence: -1,
            last_sequence: -1,
            is_transactional: true,
        }),
        ..data(5, 5, 1, 0, 5)
    };
    assert_eq!(state.check(&without_sequence, TV2, NOW), Ok(ProducerCheck::New), "a group's offsets");
}

#[test]
fn markers_of_fenced_coordinators_and_producers_are_refused() {
    let open = state_of(&[marker(0, 1, 4, EndTransaction::Commit, 7), in_transaction(data(1, 5, 1, 5, 0))]);
    let commit = |epoch, coordinator| marker(6, 1, epoch, EndTransaction::Commit, coordinator);
    let fenced = |epoch: i16| ProducerError::InvalidProducerEpoch {
        producer_id: ProducerId(1),
        incoming: ProducerEpoch(epoch),
        current: ProducerEpoch(5),
    };
    let zombie = ProducerError::CoordinatorFenced { producer_id: ProducerId(1), incoming: 6, current: 7 };
    for (origin, batch, expected) in [
        (TV1, commit(5, 7), Ok(ProducerCheck::New)),
        (TV1, commit(5, 6), Err(zombie)),
        (TV1, commit(4, 7), Err(fenced(4))),
        (TV2, commit(6, 8), Ok(ProducerCheck::New)),
        (TV2, commit(5, 7), Err(fenced(5))),
        (ProducerOrigin::Replay, commit(4, 6), Ok(ProducerCheck::New)),
    ] {
        assert_eq!(open.check(&batch, origin, NOW), expected, "{origin:?} {batch:?}");
    }
    let mut closed = open;
    closed.apply(&commit(6, 7), NOW);
    assert_eq!(closed.check(&commit(6, 7), TV2, NOW), Ok(ProducerCheck::New), "a marker that is repeated");
}

#[test]
fn idle_producers_are_forgotten_but_not_open_transactions() {
    let mut state = state_of(&[data(0, 5, 1, 0, 0), in_transaction(data(5, 5, 2, 0, 0))]);
    let later = TimestampMs(NOW.0 + 999);
    state.expire(later);
    assert_eq!(state.producer_count(), 2);
    let gap = data(10, 1, 1, 0, 99);
    assert!(state.check(&gap, ProducerOrigin::Client, later).is_err());
    let too_late = TimestampMs(NOW.0 + 1000);
    assert_eq!(
        state.check(&gap, ProducerOrigin::Client, too_late),
        Ok(ProducerCheck::New),
        "nobody swept yet"
    );
    state.expire(too_late);
    let ids: Vec<_> = state.active_producers().map(|producer| producer.producer_id.0).collect();
    assert_eq!(ids, [2]);
    assert_eq!(state.oldest_transaction_timestamp(), Some(NOW));
}

#[test]
fn an_emptied_control_batch_changes_nothing() {
    let mut state = state_of(&[in_transaction(data(0, 5, 1, 0, 0))]);
    let before = state.clone();
    let emptied = BatchSummary { marker: None, ..marker(5, 1, 0, EndTransaction::Commit, 0) };
    assert_eq!(state.apply(&emptied, NOW), None);
    state.set_map_end_offset(before.map_end_offset());
    assert_eq!(state, before);
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("is hex")).collect()
}

/// Files that Kafka 4.3.1 wrote: the name's offset, and the bytes.
const KAFKA_SNAPSHOTS: [(i64, &str); 4] = [
    (100, "000148674bc700000000"),
    (
        1120,
        "00015ad13a2100000001000000000000000000000000045f000000000000045f0000001300000199c83dd318ffffffff\
         ffffffffffffffff",
    ),
    (
        27,
        "0001d553264f000000020000000000000001000000000011000000000000001600000002000001a1fbe9875400000000\
         ffffffffffffffff0000000000000002000000000002000000000000001a00000002000001a1fbe98793ffffffff0000\
         000000000018",
    ),
    (
        28,
        "000125d9258f000000020000000000000001000000000011000000000000001600000002000001a1fbe9875400000000\
         ffffffffffffffff00000000000000020001ffffffffffffffffffffffff00000000000001a1fbeaab3400000002ffff\
         ffffffffffff",
    ),
];

fn decode(bytes: &[u8], end: i64) -> Result<ProducerState, SnapshotError> {
    ProducerState::decode_snapshot(bytes, Offset(end), RULES, TimestampMs(0))
}

#[test]
fn kafkas_snapshots_are_read_and_written_again() {
    for (end, hex) in KAFKA_SNAPSHOTS {
        let bytes = unhex(hex);
        let state = decode(&bytes, end).expect("is a snapshot");
        assert_eq!(state.encode_snapshot(), bytes, "{end}");
        assert_eq!(state.map_end_offset(), Offset(end));
    }
    let open = decode(&unhex(KAFKA_SNAPSHOTS[2].1), 27).expect("is a snapshot");
    assert_eq!(open.last_stable_offset(Offset(27)), Offset(24));
    let producers: Vec<_> = open.active_producers().collect();
    assert_eq!(
        producers[1],
        ActiveProducer {
            producer_id: ProducerId(2),
            producer_epoch: ProducerEpoch(0),
            last_sequence: 2,
            last_timestamp: TimestampMs(0x1a1_fbe9_8793),
            coordinator_epoch: -1,
            current_transaction_start: Some(Offset(24)),
        }
    );
    // The abort by time-out that Kafka wrote next.
    let mut state = open;
    let mut abort = marker(27, 2, 1, EndTransaction::Abort, 2);
    abort.max_timestamp = TimestampMs(0x1a1_fbea_ab34);
    let completed = state.apply(&abort, NOW).expect("was open");
    assert_eq!(completed.last_stable_offset, Offset(28), "as Kafka's transaction index has it");
    assert_eq!(state.encode_snapshot(), unhex(KAFKA_SNAPSHOTS[3].1));
}

#[test]
fn the_last_batch_of_a_snapshot_is_known_as_a_duplicate() {
    let state = decode(&unhex(KAFKA_SNAPSHOTS[1].1), 1120).expect("is a snapshot");
    let answer = client(&state, data(0, 20, 0, 0, 1100));
    assert!(
        matches!(
            answer,
            Ok(ProducerCheck::Duplicate(FirstAnswer {
                base_offset: Offset(1100),
                last_offset: Offset(1119),
                ..
            }))
        ),
        "{answer:?}"
    );
    assert_eq!(client(&state, data(0, 20, 0, 0, 1120)), Ok(ProducerCheck::New));
}

#[test]
fn damaged_snapshots_are_refused() {
    let good = unhex(KAFKA_SNAPSHOTS[2].1);
    for end in 0..good.len() {
        assert!(decode(&good[..end], 27).is_err(), "cut at {end}");
    }
    let mut other_version = good.clone();
    other_version[1] = 2;
    assert_eq!(decode(&other_version, 27), Err(SnapshotError::UnsupportedVersion { version: 2 }));
    for at in 2..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        assert!(matches!(decode(&changed, 27), Err(SnapshotError::BadCrc { .. })), "changed at {at}");
    }
    let mut count = vec![0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff];
    let crc = jackdaw_protocol::records::crc32c(&count[6..]);
    count[2..6].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(decode(&count, 0), Err(SnapshotError::SizeAndCountDiffer { bytes: 10, count: i32::MAX }));
}

#[test]
fn producers_whose_time_is_up_are_not_loaded() {
    let bytes = unhex(KAFKA_SNAPSHOTS[2].1);
    let state =
        ProducerState::decode_snapshot(&bytes, Offset(27), RULES, TimestampMs(i64::MAX)).expect("is one");
    let ids: Vec<_> = state.active_producers().map(|producer| producer.producer_id.0).collect();
    assert_eq!(ids, [2], "only the one with an open transaction");
}

/// What a producer tries next.
#[derive(Clone, Debug)]
enum Try {
    Data { id: i64, epoch: i16, sequence: i32, count: i32, is_transactional: bool },
    Marker { id: i64, epoch: i16, outcome: EndTransaction },
    Watermark { behind: i64 },
}

fn arbitrary_try() -> impl Strategy<Value = Try> {
    let outcome = prop_oneof![Just(EndTransaction::Abort), Just(EndTransaction::Commit)];
    prop_oneof![
        4 => (0..3i64, 0..2i16, 0..6i32, 1..4i32, any::<bool>()).prop_map(
            |(id, epoch, sequence, count, is_transactional)| Try::Data { id, epoch, sequence, count, is_transactional }
        ),
        2 => (0..3i64, 0..3i16, outcome).prop_map(|(id, epoch, outcome)| Try::Marker { id, epoch, outcome }),
        1 => (0..4i64).prop_map(|behind| Try::Watermark { behind }),
    ]
}

proptest! {
    /// A log that clients and coordinators fill obeys rule L5, and a replay of it, from any snapshot on, ends in the
    /// same producers.
    #[test]
    fn a_replay_ends_where_the_live_state_does(tries in proptest::collection::vec(arbitrary_try(), 1..60), cut in any::<prop::sample::Index>()) {
        let mut live = ProducerState::new(RULES);
        let mut log: Vec<BatchSummary> = Vec::new();
        for attempt in tries {
            let end = live.map_end_offset().0;
            let (batch, origin) = match attempt {
                Try::Data { id, epoch, sequence, count, is_transactional } => {
                    let batch = data(end, count, id, epoch, sequence);
                    (if is_transactional { in_transaction(batch) } else { batch }, ProducerOrigin::Client)
                }
                Try::Marker { id, epoch, outcome } => (marker(end, id, epoch, outcome, 0), TV1),
                Try::Watermark { behind } => {
                    live.on_high_watermark(Offset(end - behind));
                    continue;
                }
            };
            if live.check(&batch, origin, NOW) == Ok(ProducerCheck::New) {
                live.apply(&batch, NOW);
                log.push(batch);
            }
            let stable = live.last_stable_offset(live.map_end_offset());
            prop_assert!(stable <= live.map_end_offset());
        }
        for id in 0..3 {
            let of_producer = log.iter().filter_map(|batch| batch.producer.filter(|p| p.producer_id.0 == id && p.base_sequence >= 0));
            let mut last: Option<ProducerBatch> = None;
            for batch in of_producer {
                if let Some(last) = last.filter(|last| last.producer_epoch == batch.producer_epoch) {
                    prop_assert_eq!(batch.base_sequence, last.last_sequence + 1);
                }
                last = Some(batch);
            }
        }
        let replayed = state_of(&log);
        prop_assert_eq!(replayed.encode_snapshot(), live.encode_snapshot());
        prop_assert_eq!(replayed.first_undecided_offset(), live.first_undecided_offset());
        let (before, after) = log.split_at(cut.index(log.len() + 1));
        let snapshot = state_of(before);
        let mut resumed = ProducerState::decode_snapshot(&snapshot.encode_snapshot(), snapshot.map_end_offset(), RULES, NOW)
            .expect("is a snapshot");
        for batch in after {
            resumed.apply(batch, NOW);
        }
        prop_assert_eq!(resumed.encode_snapshot(), live.encode_snapshot());
        prop_assert_eq!(resumed.first_undecided_offset(), live.first_undecided_offset());
    }

    #[test]
    fn no_bytes_panic(mut bytes: Vec<u8>) {
        let _ = decode(&bytes, 0);
        if bytes.len() >= 6 {
            bytes[..2].copy_from_slice(&1i16.to_be_bytes());
            let crc = jackdaw_protocol::records::crc32c(&bytes[6..]);
            bytes[2..6].copy_from_slice(&crc.to_be_bytes());
            let _ = decode(&bytes, 0);
        }
    }

    #[test]
    fn entries_of_any_content_do_not_panic(entries in proptest::collection::vec(any::<[u8; 32]>(), 0..4)) {
        let mut bytes = vec![0, 1, 0, 0, 0, 0];
        bytes.extend_from_slice(&(entries.len() as i32).to_be_bytes());
        for entry in &entries {
            bytes.extend_from_slice(entry);
            bytes.extend_from_slice(&entry[..14]);
        }
        let crc = jackdaw_protocol::records::crc32c(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.to_be_bytes());
        let mut state = decode(&bytes, 5).expect("is a snapshot");
        let ids: Vec<_> = state.active_producers().map(|producer| producer.producer_id.0).collect();
        for id in ids {
            let _ = client(&state, data(5, 3, id, 0, 0));
            state.apply(&data(5, 3, id, 0, 0), NOW);
            state.apply(&marker(8, id, 1, EndTransaction::Abort, 0), NOW);
        }
        let _ = (state.last_stable_offset(Offset(9)), state.encode_snapshot());
    }
}
