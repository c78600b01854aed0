use proptest::prelude::*;

use super::*;

fn aborted(producer: i64, first: i64, last: i64, stable: i64) -> AbortedTransaction {
    AbortedTransaction {
        producer_id: ProducerId(producer),
        first_offset: Offset(first),
        last_offset: Offset(last),
        last_stable_offset: Offset(stable),
    }
}

fn bytes_of(transactions: &[AbortedTransaction]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for transaction in transactions {
        transaction.encode(&mut bytes);
    }
    bytes
}

/// What Kafka 4.3.1 wrote for `transactions-0`.
const KAFKA: &str = "0000000000000000000100000000000000040000000000000007000000000000000800000000000000000001000000000000\
    000c000000000000000f000000000000001000000000000000000001000000000000001400000000000000170000000000000018000000000000\
    000000020000000000000018000000000000001b000000000000001c";

fn kafka() -> [AbortedTransaction; 4] {
    [aborted(1, 4, 7, 8), aborted(1, 12, 15, 16), aborted(1, 20, 23, 24), aborted(2, 24, 27, 28)]
}

#[test]
fn kafkas_file_is_read_and_written_again() {
    let bytes: Vec<u8> = (0..KAFKA.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&KAFKA[at..at + 2], 16).expect("is hex"))
        .collect();
    assert_eq!(decode_all(&bytes).as_deref(), Ok(&kafka()[..]));
    assert_eq!(bytes_of(&kafka()), bytes);
    assert!(check(&bytes, Offset(3), Offset(28)).is_ok());
    assert_eq!(check(&bytes, Offset(8), Offset(28)), Err(IndexError::OutsideSegment { entry: 0 }));
    assert_eq!(check(&bytes, Offset(3), Offset(27)), Err(IndexError::OutsideSegment { entry: 3 }));
}

#[test]
fn a_reader_gets_what_overlaps() {
    for (from, to, expected, complete) in [
        (0, 4, &[][..], true),
        (0, 5, &[0][..], true),
        (5, 9, &[0], true),
        (8, 12, &[], true),
        (8, 13, &[1], true),
        (7, 24, &[0, 1, 2], true),
        (7, 25, &[0, 1, 2, 3], true),
        (7, 28, &[0, 1, 2, 3], true),
        (7, 29, &[0, 1, 2, 3], false),
        (28, 100, &[], false),
    ] {
        let (found, is_complete) = collect_aborted(&kafka(), Offset(from), Offset(to));
        let expected: Vec<_> = expected.iter().map(|index| kafka()[*index]).collect();
        assert_eq!((found, is_complete), (expected, complete), "{from}..{to}");
    }
}

#[test]
fn damage_is_found() {
    let good = bytes_of(&kafka());
    assert_eq!(decode_all(&good[..33]), Err(IndexError::SizeNotWhole { size_bytes: 33, entry_bytes: 34 }));
    let mut version = good.clone();
    version[34 + 1] = 1;
    assert_eq!(decode_all(&version), Err(IndexError::UnknownVersion { entry: 1, version: 1 }));
    let falling = bytes_of(&[aborted(1, 4, 7, 8), aborted(2, 5, 7, 8)]);
    assert_eq!(decode_all(&falling), Err(IndexError::NotRising { entry: 1 }));
    let backwards = bytes_of(&[aborted(1, 9, 7, 8)]);
    assert_eq!(decode_all(&backwards), Err(IndexError::NotRising { entry: 0 }));
}

#[test]
fn a_cut_keeps_the_markers_below() {
    for (offset, expected) in [(0, 0), (7, 0), (8, 1), (27, 3), (28, 4)] {
        assert_eq!(entries_below(&kafka(), Offset(offset)), expected, "{offset}");
    }
}

#[test]
fn only_aborted_transactions_are_stored() {
    let completed = |is_aborted| CompletedTransaction {
        producer_id: ProducerId(1),
        first_offset: Offset(4),
        last_offset: Offset(7),
        is_aborted,
        last_stable_offset: Offset(8),
    };
    assert_eq!(AbortedTransaction::of(&completed(true)), Some(kafka()[0]));
    assert_eq!(AbortedTransaction::of(&completed(false)), None);
}

proptest! {
    #[test]
    fn no_bytes_panic(mut bytes: Vec<u8>, from: i64, to: i64) {
        bytes.resize(bytes.len() / 34 * 34, 0);
        for entry in bytes.chunks_mut(34) {
            entry[..2].fill(0);
        }
        if let Ok(transactions) = decode_all(&bytes) {
            let _ = collect_aborted(&transactions, Offset(from), Offset(to));
        }
        let _ = check(&bytes, Offset(from), Offset(to));
    }
}
