//! Tests of `offset_reset`; what is allowed was tried on Apache Kafka 4.3.1.

use super::*;

#[test]
fn strategies_are_read_as_kafka_reads_them() {
    let duration = |ms| Some(ShareOffsetReset::ByDuration(ms));
    for (text, expected) in [
        ("latest", Some(ShareOffsetReset::Latest)),
        ("earliest", Some(ShareOffsetReset::Earliest)),
        ("LATEST", None),
        ("none", None),
        ("by_duration:", None),
        ("by_duration:P1D", duration(86_400_000)),
        ("by_duration:PT1H2M3S", duration(3_723_000)),
        ("by_duration:p1dt1h", duration(90_000_000)),
        ("by_duration:PT0.5S", duration(500)),
        ("by_duration:PT0,5S", duration(500)),
        ("by_duration:PT0.S", duration(0)),
        ("by_duration:PT0.0004S", duration(0)),
        ("by_duration:P", None),
        ("by_duration:PT", None),
        ("by_duration:P1DT", None),
        ("by_duration:PT1M1H", None),
        ("by_duration:PT1.1234567890S", None),
        ("by_duration:PT,5S", None),
        ("by_duration:P1Y", None),
        ("by_duration:-PT1H", None),
        ("by_duration:-PT-1H", duration(3_600_000)),
        ("by_duration:PT-1H2H", None),
        ("by_duration:P-1DT25H", duration(3_600_000)),
        ("by_duration:P99999999999999999999D", None),
        ("by_duration:P9223372036854775807D", None),
        ("by_duration:é", None),
    ] {
        assert_eq!(ShareOffsetReset::parse(text), expected, "{text}");
    }
}
