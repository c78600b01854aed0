use super::*;
use jackdaw_base::LeaderEpoch;

const RULES: SegmentRules = SegmentRules {
    segment_bytes_max: 1000,
    segment_age_ms_max: 100,
    segment_jitter_ms_max: 0,
    index_bytes_max: 36,
    index_interval_bytes: 150,
};

fn batch(base_offset: i64, size_bytes: u32, max_timestamp: i64) -> BatchSummary {
    BatchSummary {
        base_offset: Offset(base_offset),
        last_offset: Offset(base_offset),
        size_bytes,
        leader_epoch: LeaderEpoch(0),
        max_timestamp: TimestampMs(max_timestamp),
        producer: None,
        is_control: false,
        marker: None,
    }
}

fn append(segment: &mut SegmentMeta, batch: BatchSummary) -> IndexEntries {
    let entries = segment.index_entries(&batch, &RULES);
    segment.on_appended(&batch, &entries, TimestampMs(0));
    entries
}

fn filled(batches: &[BatchSummary]) -> SegmentMeta {
    let mut segment = SegmentMeta::empty(Offset(0), TimestampMs(0), &RULES, 0);
    for batch in batches {
        append(&mut segment, *batch);
    }
    segment
}

#[test]
fn rolls_for_each_reason() {
    let check = |segment: &SegmentMeta, bytes, last, timestamp, expected| {
        let reason = segment.roll_reason(bytes, Offset(last), TimestampMs(timestamp), TimestampMs(0), &RULES);
        assert_eq!(reason, expected);
    };
    let one = filled(&[batch(0, 600, 10)]);
    check(&one, 400, 1, 10, None);
    check(&one, 401, 1, 10, Some(RollReason::Size));
    check(&one, 10, 1, 110, None);
    check(&one, 10, 1, 111, Some(RollReason::Age));
    check(&one, 10, i64::from(i32::MAX), 10, None);
    check(&one, 10, i64::from(i32::MAX) + 1, 10, Some(RollReason::OffsetOverflow));
    // A batch larger than a segment still gets one of its own, and an empty segment does not age.
    check(&filled(&[]), 5000, 0, 1_000_000, None);
    // 36 bytes hold 4 entries of the offset index, but only 2 (and the closing one) of the time index.
    let indexed = filled(&[batch(0, 151, 1), batch(1, 151, 2), batch(2, 151, 3)]);
    assert_eq!((indexed.offset_index_entries, indexed.time_index_entries), (2, 2));
    check(&indexed, 10, 3, 3, Some(RollReason::IndexFull));
}

#[test]
fn a_batch_without_timestamp_ages_by_the_wall_clock() {
    let segment = filled(&[batch(0, 10, -1)]);
    let reason = |now| segment.roll_reason(10, Offset(1), TimestampMs(-1), TimestampMs(now), &RULES);
    assert_eq!(reason(100), None);
    assert_eq!(reason(101), Some(RollReason::Age));
}

#[test]
fn index_entries_are_sparse_and_point_at_their_batch() {
    let mut segment = filled(&[]);
    assert_eq!(append(&mut segment, batch(0, 100, 5)), IndexEntries::default());
    assert_eq!(append(&mut segment, batch(1, 100, 3)), IndexEntries::default());
    let third = append(&mut segment, batch(2, 100, 4));
    assert_eq!(third.offset, Some((Offset(2), 200)));
    assert_eq!(third.time, Some((TimestampMs(5), Offset(0))), "the largest so far, where it was");
    append(&mut segment, batch(3, 100, 5));
    let fifth = append(&mut segment, batch(4, 100, 5));
    assert_eq!(
        (fifth.offset, fifth.time),
        (Some((Offset(4), 400)), None),
        "no entry without a larger timestamp"
    );
    assert_eq!(segment.closing_time_entry(), None);
    append(&mut segment, batch(5, 100, 9));
    assert_eq!(segment.closing_time_entry(), Some((TimestampMs(9), Offset(5))));
}

#[test]
fn jitter_is_taken_off_the_age() {
    let rules = SegmentRules { segment_jitter_ms_max: 50, ..RULES };
    let segment = SegmentMeta::empty(Offset(0), TimestampMs(0), &rules, 120);
    assert_eq!(segment.jitter_ms, 20);
}
