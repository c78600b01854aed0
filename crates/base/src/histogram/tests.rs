use super::*;

#[test]
fn a_duration_falls_under_the_first_bound_that_holds_it() {
    for (duration_ns, bucket) in [
        (0, 0),
        (999, 0),
        (1_000, 0),
        (1_001, 1),
        (2_000, 1),
        (2_001, 2),
        (4_000, 2),
        (1_000 << 24, 24),
        ((1_000 << 24) + 1, 25),
        (u64::MAX, 25),
    ] {
        assert_eq!(bucket_of(duration_ns), bucket, "{duration_ns}");
    }
}

#[test]
fn a_snapshot_adds_up() {
    let histogram = Histogram::default();
    for duration_ns in [500, 1_500, 1_600, u64::from(u32::MAX)] {
        histogram.record(duration_ns);
    }
    let snapshot = histogram.snapshot();
    assert_eq!(snapshot.count, 4);
    assert_eq!(snapshot.sum_ns, 3_600 + u64::from(u32::MAX));
    assert_eq!(snapshot.buckets[1], (Some(2_000), 2));
    assert_eq!(snapshot.buckets.last().map(|(bound, _)| *bound), Some(None));
}
