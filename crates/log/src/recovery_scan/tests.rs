use jackdaw_base::ProducerId;
use jackdaw_protocol::records::{
    BatchBuilder, BatchOptions, ControlRecord, ControlRecordType, EndTransactionMarker as Marker,
    ProducerFields, set_base_offset,
};
use proptest::prelude::*;

use super::*;
use crate::{EndTransaction, EndTransactionMarker};

/// A batch of `count` records from `base` on, each of `value`.
fn batch(base: i64, count: i64, value: &[u8]) -> Vec<u8> {
    let mut builder =
        BatchBuilder::new(BatchOptions { base_offset: base, leader_epoch: 3, ..BatchOptions::default() });
    for index in 0..count {
        builder.append(1000 + index, None, Some(value), &[]).expect("fits");
    }
    builder.build().expect("builds")
}

/// Four batches: offsets 0 to 2, 3 to 5, 6 to 8, 9 to 11.
fn log() -> Vec<Vec<u8>> {
    (0..4).map(|i| batch(3 * i, 3, format!("value {i}").as_bytes())).collect()
}

/// What a scan finds, fed in pieces of `piece` bytes: the offsets of the batches, and the end.
fn scan(file: &[u8], piece: usize) -> (Vec<(i64, i64, u64)>, Step) {
    let mut scanner = Scanner::new(ScanStart {
        position: FilePosition::ZERO,
        file_bytes: file.len() as u64,
        segment_base_offset: Offset::ZERO,
        offset_min: Offset::ZERO,
    });
    let mut found = Vec::new();
    loop {
        match scanner.step() {
            Step::Batch(summary, position) => {
                found.push((summary.base_offset.0, summary.last_offset.0, position.0));
                assert_eq!(scanner.next_offset(), summary.next_offset());
            }
            Step::NeedMore { bytes } => {
                assert!(bytes > 0);
                let from = scanner.next_feed_position().0 as usize;
                assert!(from < file.len(), "asks for bytes that are not there");
                scanner.feed(&file[from..file.len().min(from + piece)]);
            }
            end => {
                assert_eq!(scanner.step(), end, "the end stays");
                return (found, end);
            }
        }
    }
}

/// Scans with several sizes of pieces, which must not matter.
fn check(file: &[u8], batches: usize, expected: Step) {
    for piece in [1, 7, 61, 1000, 1 << 20] {
        let (found, end) = scan(file, piece);
        assert_eq!(found.len(), batches, "pieces of {piece}");
        assert_eq!(end, expected, "pieces of {piece}");
    }
}

fn damaged(position: usize, kind: DamageKind, place: DamagePlace) -> Step {
    Step::Damaged(Damage { position: FilePosition(position as u64), kind, place })
}

fn middle(position: usize, base_offset: i64) -> DamagePlace {
    DamagePlace::Middle {
        later_position: FilePosition(position as u64),
        later_base_offset: Offset(base_offset),
    }
}

#[test]
fn a_whole_log_is_read_to_its_end() {
    let batches = log();
    let file = batches.concat();
    check(&file, 4, Step::End { position: FilePosition(file.len() as u64) });
    check(&[], 0, Step::End { position: FilePosition::ZERO });
    let (found, _) = scan(&file, 100);
    let size = batches[0].len() as u64;
    assert_eq!(found, [(0, 2, 0), (3, 5, size), (6, 8, 2 * size), (9, 11, 3 * size)]);
}

#[test]
fn a_torn_batch_is_a_tail_wherever_it_is_torn() {
    let batches = log();
    let whole: usize = batches[..3].iter().map(Vec::len).sum();
    let file = batches.concat();
    for end in whole + 1..file.len() {
        let (found, step) = scan(&file[..end], 50);
        let Step::Damaged(damage) = step else { panic!("{step:?}") };
        assert_eq!((found.len(), damage.position.0, damage.place), (3, whole as u64, DamagePlace::Tail));
        // A header that starts with offset 0 … looks like zeros while only its first bytes are there.
        assert!(matches!(damage.kind, DamageKind::Truncated { .. } | DamageKind::Zeros), "{:?}", damage.kind);
    }
}

#[test]
fn zeros_at_the_end_are_a_tail() {
    let mut file = log().concat();
    let end = file.len();
    for zeros in [1, 11, 12, 61, 5000] {
        file.truncate(end);
        file.resize(end + zeros, 0);
        check(&file, 4, damaged(end, DamageKind::Zeros, DamagePlace::Tail));
    }
}

#[test]
fn a_batch_whose_end_never_reached_the_disk_is_a_tail() {
    let batches = log();
    let start: usize = batches[..3].iter().map(Vec::len).sum();
    let mut file = batches.concat();
    let end = file.len();
    file[end - 5..].fill(0);
    let kind = DamageKind::BadCrc { base_offset: Offset(9) };
    check(&file, 3, damaged(start, kind, DamagePlace::Tail));
    file.resize(end + 9000, 0);
    check(&file, 3, damaged(start, kind, DamagePlace::Tail));
}

#[test]
fn damage_with_good_batches_behind_it_is_in_the_middle() {
    let batches = log();
    let size = batches[0].len();
    let good = batches.concat();
    // One bit in the records of the second batch.
    let mut file = good.clone();
    file[2 * size - 3] ^= 1;
    check(&file, 1, damaged(size, DamageKind::BadCrc { base_offset: Offset(3) }, middle(2 * size, 6)));
    // All of the second batch is gone.
    let mut file = good.clone();
    file[size..2 * size].fill(0);
    let (found, step) = scan(&file, 33);
    let Step::Damaged(damage) = step else { panic!("{step:?}") };
    assert_eq!((found.len(), damage.position.0, damage.place), (1, size as u64, middle(2 * size, 6)));
    assert!(matches!(damage.kind, DamageKind::Header(BatchError::InvalidLength { length: 0, .. })));
    // The length of the second batch reaches beyond the file.
    let mut file = good.clone();
    file[size + 8] = 0x40;
    let kind = DamageKind::Truncated { needed: 12 + (0x4000_0000 + size as u64 - 12) };
    check(&file, 1, damaged(size, kind, middle(2 * size, 6)));
    // The last good batch alone, at the very end of the file or before its zeros.
    let mut file = good.clone();
    file[3 * size - 3] ^= 1;
    let expected = damaged(2 * size, DamageKind::BadCrc { base_offset: Offset(6) }, middle(3 * size, 9));
    check(&file, 2, expected);
    file.resize(file.len() + 300, 0);
    check(&file, 2, expected);
}

#[test]
fn a_torn_batch_that_holds_batches_is_still_a_tail() {
    let inner = batch(100, 1, b"a batch as a value");
    let outer = batch(12, 1, &[&inner[..], b" and something behind it"].concat());
    let file = [log().concat(), outer].concat();
    let start = log().concat().len();
    for end in start + 62..file.len() {
        let (_, step) = scan(&file[..end], 64);
        let Step::Damaged(damage) = step else { panic!("{step:?}") };
        // Cut exactly behind the inner batch nobody can tell the difference; anywhere else it is a tail.
        let is_ambiguous = file[..end].ends_with(&inner);
        assert_eq!(damage.place == DamagePlace::Tail, !is_ambiguous, "cut at {end}");
    }
}

#[test]
fn offsets_have_to_rise() {
    let batches = log();
    let size = batches[0].len();
    let mut file = batches.concat();
    set_base_offset(&mut file[2 * size..], 5);
    let kind = DamageKind::OffsetsNotRising {
        base_offset: Offset(5),
        last_offset: Offset(7),
        offset_min: Offset(6),
    };
    check(&file, 2, damaged(2 * size, kind, middle(3 * size, 9)));
    set_base_offset(&mut file[2 * size..], 1000);
    set_base_offset(&mut file[3 * size..], i64::MAX - 3);
    let (found, end) = scan(&file, 100);
    assert_eq!(found.len(), 4, "gaps are legal");
    assert!(matches!(end, Step::End { .. }));
    set_base_offset(&mut file[3 * size..], i64::MAX - 2);
    assert_eq!(scan(&file, 100).0.len(), 3, "no offset lies behind the last one");
}

#[test]
fn a_segment_holds_nothing_below_its_base_offset() {
    let file = batch(5, 1, b"x");
    let mut scanner = Scanner::new(ScanStart {
        position: FilePosition::ZERO,
        file_bytes: file.len() as u64,
        segment_base_offset: Offset(10),
        offset_min: Offset(0),
    });
    scanner.feed(&file);
    assert!(matches!(
        scanner.step(),
        Step::Damaged(Damage { kind: DamageKind::OffsetsNotRising { .. }, place: DamagePlace::Tail, .. })
    ));
}

#[test]
fn markers_are_recognized() {
    let producer = Some(ProducerFields { id: 77, epoch: 2, base_sequence: -1 });
    let options =
        BatchOptions { is_control: true, is_transactional: true, producer, ..BatchOptions::default() };
    let control = |record_type, body: &[u8]| {
        let mut builder = BatchBuilder::new(options);
        builder.append_control(5, &ControlRecord::new(record_type, body)).expect("fits");
        builder.build().expect("builds")
    };
    let value = Marker::new(9).encode();
    for (record_type, expected) in [
        (ControlRecordType::Abort, Some(EndTransaction::Abort)),
        (ControlRecordType::Commit, Some(EndTransaction::Commit)),
        (ControlRecordType::LeaderChange, None),
        (ControlRecordType::Unknown(99), None),
    ] {
        let file = control(record_type, &value);
        let mut scanner = Scanner::new(ScanStart {
            position: FilePosition::ZERO,
            file_bytes: file.len() as u64,
            segment_base_offset: Offset::ZERO,
            offset_min: Offset::ZERO,
        });
        scanner.feed(&file);
        let Step::Batch(summary, _) = scanner.step() else { panic!("is a batch") };
        let expected = expected.map(|outcome| EndTransactionMarker { outcome, coordinator_epoch: 9 });
        assert_eq!(summary.marker, expected);
        assert!(summary.is_control);
        assert_eq!(summary.producer.map(|producer| producer.producer_id), Some(ProducerId(77)));
    }
    let unreadable = control(ControlRecordType::Commit, &value[..3]);
    let kind = DamageKind::Marker { base_offset: Offset(0) };
    check(&unreadable, 0, damaged(0, kind, DamagePlace::Tail));
    let emptied = BatchBuilder::empty_batch(options, 0, 5).expect("builds");
    assert_eq!(scan(&emptied, 100).0.len(), 1);
}

#[test]
fn a_file_that_is_shorter_than_announced_is_a_torn_tail() {
    let file = batch(0, 1, b"x");
    let mut scanner = Scanner::new(ScanStart {
        position: FilePosition::ZERO,
        file_bytes: 1 << 40,
        segment_base_offset: Offset::ZERO,
        offset_min: Offset::ZERO,
    });
    scanner.feed(&file);
    scanner.feed(&file[..20]);
    assert!(matches!(scanner.step(), Step::Batch(..)));
    assert!(matches!(scanner.step(), Step::NeedMore { .. }));
    scanner.set_file_end();
    assert_eq!(scanner.valid_end(), FilePosition(file.len() as u64));
    assert!(matches!(scanner.step(), Step::Damaged(Damage { place: DamagePlace::Tail, .. })));
    assert_eq!(scanner.valid_end(), FilePosition(file.len() as u64));
}

proptest! {
    /// Whatever happens to a file, the scan ends, keeps only whole batches, and one more scan of what it keeps finds
    /// nothing to do (rule L6).
    #[test]
    fn recovery_is_idempotent(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        zeros in 0..200usize,
        piece in 1..400usize,
    ) {
        let mut file = log().concat();
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        file.truncate(cut.index(file.len() + 1));
        file.resize(file.len() + zeros, 0);
        let (found, end) = scan(&file, piece);
        let kept = match end {
            Step::End { position } => position.0,
            Step::Damaged(damage) => damage.position.0,
            other => panic!("{other:?}"),
        };
        let again = scan(&file[..kept as usize], piece);
        prop_assert_eq!(again, (found, Step::End { position: FilePosition(kept) }));
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, piece in 1..50usize) {
        let _ = scan(&bytes, piece);
    }
}
