use super::*;

fn lag(offset: i64, records: i64) -> Lag {
    let position = CommittedPosition {
        group: "g".into(),
        topic: "t".into(),
        partition: 0,
        offset,
        commit_timestamp_ms: 0,
        owner: None,
    };
    Lag { position, records, seconds: None, rates: None }
}

fn measured(book: &LagBook, at_s: u64, offset: i64, records: i64) -> Lag {
    let mut lags = [lag(offset, records)];
    book.measure(&mut lags, MonotonicNs(at_s * 1_000_000_000));
    let [lag] = lags;
    lag
}

#[test]
fn rates_need_two_measurements_and_tell_when_a_group_catches_up() {
    let book = LagBook::default();
    let first = measured(&book, 100, 0, 1000);
    assert_eq!((first.rates, first.catch_up_seconds()), (None, None));
    // In 10 s 500 were read and 300 came: 800 are left, and 20 fewer each second.
    let second = measured(&book, 110, 500, 800);
    assert_eq!(second.rates, Some(Rates { committed: 50.0, produced: 30.0 }));
    assert_eq!(second.catch_up_seconds(), Some(40.0));
}

#[test]
fn who_does_not_gain_never_catches_up_and_who_has_read_all_has() {
    let book = LagBook::default();
    measured(&book, 1, 0, 100);
    let slow = measured(&book, 11, 10, 200);
    assert_eq!(slow.catch_up_seconds(), None);
    assert_eq!(lag(5, 0).catch_up_seconds(), Some(0.0));
    // Offsets that were reset to the beginning are no negative speed.
    let reset = measured(&book, 21, 0, 210);
    assert_eq!(reset.rates.expect("measured").committed, 0.0);
}

#[test]
fn frequent_questions_are_measured_over_the_same_time() {
    let book = LagBook::default();
    measured(&book, 0, 0, 0);
    measured(&book, 5, 50, 0);
    let third = measured(&book, 9, 90, 0);
    assert_eq!(third.rates, Some(Rates { committed: 10.0, produced: 10.0 }));
}

#[test]
fn what_is_no_longer_told_of_is_forgotten() {
    let book = LagBook::default();
    measured(&book, 0, 0, 0);
    book.measure(&mut [], MonotonicNs(1));
    assert!(book.samples.lock().is_empty());
}

#[test]
fn sums_count_every_partition_and_tell_of_the_groups_that_are_furthest_behind() {
    let of = |group: &str, records| {
        let mut lag = lag(0, records);
        lag.position.group = group.into();
        lag
    };
    let lags = [of("a", 5), of("b", 50), of("a", 6), of("c", 11), of("d", 0)];
    let told = |groups_max| {
        let sums = sums(lags.iter(), groups_max);
        sums.iter().map(|(group, records)| format!("{group} {records}")).collect::<Vec<_>>()
    };
    assert_eq!(told(9), ["b 50", "a 11", "c 11", "d 0"]);
    assert_eq!(told(2), ["b 50", "a 11"]);
    assert!(told(0).is_empty());
}
