use super::partition_of;

#[track_caller]
fn check(key: &str, count: usize, expected: Option<i32>) {
    assert_eq!(partition_of(key, count), expected, "{key:?} of {count}");
}

#[test]
fn it_is_javas_hash_over_utf16_units() {
    check("", 50, Some(0));
    // "a".hashCode() == 97, "ab".hashCode() == 3105.
    check("a", 50, Some(47));
    check("ab", 50, Some(5));
    // Two units (a surrogate pair): 55357 * 31 + 56832.
    check("\u{1F600}", 1_000_000, Some((55357 * 31 + 56832) % 1_000_000));
    check("grün", 50, Some(java("grün").abs() % 50));
}

#[test]
fn the_smallest_number_counts_as_zero() {
    // A text whose hash is -2^31.
    let key = "polygenelubricants";
    assert_eq!(java(key), i32::MIN);
    check(key, 50, Some(0));
    check(key, 7, Some(0));
}

#[test]
fn no_partitions_no_answer() {
    check("a", 0, None);
}

/// The polynomial with powers written out, unlike the fold under test.
fn java(text: &str) -> i32 {
    let units: Vec<u16> = text.encode_utf16().collect();
    let terms = units.iter().rev().enumerate();
    let sum: i128 = terms.map(|(power, unit)| i128::from(*unit) * 31i128.pow(power as u32)).sum();
    sum as i32
}
