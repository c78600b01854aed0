use proptest::prelude::*;

use super::*;

const NOW: TimestampMs = TimestampMs(10_000);

fn segment(base: i64, bytes: u64, timestamp: i64) -> SegmentFacts {
    SegmentFacts {
        base_offset: Offset(base),
        size_bytes: bytes,
        max_timestamp: TimestampMs(timestamp),
        last_modified: TimestampMs(9000),
    }
}

fn log(start: i64, high_watermark: i64, end: i64) -> LogFacts {
    LogFacts { log_start: Offset(start), high_watermark: Offset(high_watermark), log_end: Offset(end) }
}

const NEVER: RetentionRules =
    RetentionRules { cleanup: Cleanup::Delete, retention_ms_max: None, retention_bytes_max: None };

fn by_time(ms: i64) -> RetentionRules {
    RetentionRules { retention_ms_max: Some(ms), ..NEVER }
}

fn by_size(bytes: u64) -> RetentionRules {
    RetentionRules { retention_bytes_max: Some(bytes), ..NEVER }
}

/// Three segments of 100 bytes: 0 to 9, 10 to 19, 20 to 29.
fn three() -> Vec<SegmentFacts> {
    vec![segment(0, 100, 1000), segment(10, 100, 2000), segment(20, 100, 3000)]
}

fn check(segments: &[SegmentFacts], log: LogFacts, rules: RetentionRules, expected: (usize, i64, bool)) {
    let retention = decide(segments, log, &rules, NOW);
    assert_eq!(
        (retention.segments_to_delete, retention.new_log_start.0, retention.rolls_active),
        expected,
        "{log:?} {rules:?}"
    );
    assert_eq!(retention.reasons.iter().map(|(_, count)| count).sum::<usize>(), expected.0);
}

#[test]
fn by_age() {
    for (ms, expected) in [
        (9001, (0, 0, false)),
        (9000, (0, 0, false)),
        (8999, (1, 10, false)),
        (7999, (2, 20, false)),
        (6999, (3, 30, true)),
        (0, (3, 30, true)),
    ] {
        check(&three(), log(0, 30, 30), by_time(ms), expected);
    }
}

#[test]
fn by_bytes() {
    for (bytes, expected) in [
        (301, (0, 0, false)),
        (300, (0, 0, false)),
        (201, (0, 0, false)),
        (200, (1, 10, false)),
        (101, (1, 10, false)),
        (100, (2, 20, false)),
        (0, (3, 30, true)),
    ] {
        check(&three(), log(0, 30, 30), by_size(bytes), expected);
    }
}

#[test]
fn below_the_log_start() {
    let compacted = RetentionRules { cleanup: Cleanup::Keep, ..by_time(0) };
    for (start, expected) in [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (30, 2)] {
        check(&three(), log(start, 30, 30), NEVER, (expected, start, false));
        check(&three(), log(start, 30, 30), compacted, (expected, start, false));
    }
}

#[test]
fn nothing_at_or_above_the_high_watermark_goes() {
    for (high_watermark, expected) in [
        (0, (0, 0, false)),
        (9, (0, 0, false)),
        (10, (1, 10, false)),
        (29, (2, 20, false)),
        (30, (3, 30, true)),
    ] {
        check(&three(), log(0, high_watermark, 30), by_time(0), expected);
        check(&three(), log(0, high_watermark, 30), by_size(0), expected);
    }
}

#[test]
fn an_empty_active_segment_stays() {
    let mut segments = three();
    segments[2].size_bytes = 0;
    check(&segments, log(0, 20, 20), by_time(0), (2, 20, false));
    check(&[segment(5, 0, -1)], log(5, 5, 5), by_time(0), (0, 5, false));
    check(&[], log(5, 5, 5), by_time(0), (0, 5, false));
}

#[test]
fn without_timestamps_the_time_of_writing_counts() {
    let segments = [segment(0, 100, -1), segment(10, 100, 9999)];
    check(&segments, log(0, 20, 20), by_time(1000), (0, 0, false));
    check(&segments, log(0, 20, 20), by_time(999), (1, 10, false));
}

#[test]
fn a_timestamp_in_the_future_keeps_all_that_follows() {
    let segments = [segment(0, 100, i64::MAX), segment(10, 100, 0), segment(20, 0, -1)];
    check(&segments, log(0, 20, 20), by_time(0), (0, 0, false));
    check(&segments, log(0, 20, 20), by_size(0), (2, 20, false));
}

#[test]
fn every_rule_says_how_many_it_took() {
    let rules = RetentionRules { retention_bytes_max: Some(100), ..by_time(0) };
    let retention = decide(&three(), log(12, 30, 30), &rules, NOW);
    let expected = [(RetentionReason::LogStart, 1), (RetentionReason::Size, 1), (RetentionReason::Time, 1)];
    assert_eq!(retention.reasons, expected);
    assert!(retention.rolls_active);
}

proptest! {
    #[test]
    fn the_log_start_only_rises_and_never_above_the_high_watermark(
        sizes in proptest::collection::vec((0..200u64, -1..12_000i64), 1..8),
        start in 0..80i64,
        high_watermark in 0..80i64,
        ms in proptest::option::of(0..10_000i64),
        bytes in proptest::option::of(0..1000u64),
    ) {
        let segments: Vec<_> = sizes.iter().enumerate().map(|(i, (size, time))| segment(10 * i as i64, *size, *time)).collect();
        let end = 10 * segments.len() as i64;
        let high_watermark = high_watermark.min(end);
        let start = start.min(high_watermark);
        let rules = RetentionRules { cleanup: Cleanup::Delete, retention_ms_max: ms, retention_bytes_max: bytes };
        let retention = decide(&segments, log(start, high_watermark, end), &rules, NOW);
        prop_assert!(retention.new_log_start.0 >= start);
        prop_assert!(retention.new_log_start.0 <= high_watermark);
        if let Some(bytes) = bytes && retention.segments_to_delete > 0 && ms.is_none() {
            let left: u64 = segments[retention.segments_to_delete..].iter().map(|segment| segment.size_bytes).sum();
            let by_start = retention.reasons.iter().all(|(reason, _)| *reason == RetentionReason::LogStart);
            prop_assert!(left >= bytes || by_start, "never less than what may stay");
        }
    }
}
