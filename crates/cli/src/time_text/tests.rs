use super::*;

#[test]
fn times_go_both_ways() {
    let check = |text: &str, expected: Option<i64>| assert_eq!(parse_time(text), expected, "{text}");
    check("1970-01-01", Some(0));
    check("1970-01-01T00:00:00.000", Some(0));
    check("2026-11-21T14:00:00.5Z", Some(1_795_269_600_500));
    check("2026-11-21T15:00:00.500+01:00", Some(1_795_269_600_500));
    check("2026-11-21 09:00:00.500-0500", Some(1_795_269_600_500));
    check("2024-02-29T00:00", Some(1_709_164_800_000));
    for text in ["2023-02-29", "2026-13-01", "yesterday", "2026-11-21T25:00:00", "", "2026-11-21T1:2:3:4"] {
        check(text, None);
    }
    for ms in [0, 951_782_400_000, 1_709_164_800_000, 1_795_269_600_500, -1, 4_102_444_799_999] {
        if ms >= 0 {
            assert_eq!(parse_time(&format_time(ms)), Some(ms));
        }
    }
    assert_eq!(format_time(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
    assert_eq!(format_time(-1), "1969-12-31T23:59:59.999Z");
}

#[test]
fn durations() {
    let check = |text: &str, expected: Option<i64>| assert_eq!(parse_duration(text), expected, "{text}");
    check("PT1H", Some(3_600_000));
    check("P1DT2H30M5.5S", Some(95_405_500));
    check("-PT1M", Some(-60_000));
    check("90s", Some(90_000));
    check("1.5h", Some(5_400_000));
    check("250ms", Some(250));
    for text in ["", "P", "1x", "PT1X", "PT1M1H", "s"] {
        check(text, None);
    }
}
