use std::time::Duration;

use bytes::Bytes;

use super::super::fetched::{Aborted, Checks};
use super::*;
use crate::config::IsolationLevel;

const NOW: fn() -> Instant = Instant::now;

fn name(partition: i32) -> TopicPartition {
    TopicPartition::new("t", partition)
}

fn state(partitions: &[i32]) -> State {
    let mut state = State::new(NOW());
    let names: BTreeSet<TopicPartition> = partitions.iter().map(|&partition| name(partition)).collect();
    state.assign(&names, Phase::Fetching);
    state
}

fn fetchable(state: &mut State) -> Vec<i32> {
    state.fetchable(NOW(), 100).map(|(name, _)| name.partition).collect()
}

/// Takes 60 bytes of a partition into the buffer.
fn buffer(state: &mut State, partition: i32) {
    let known = &state.partitions[&name(partition)];
    let checks = Checks { isolation: IsolationLevel::ReadUncommitted, check_crcs: true };
    let fetched =
        Fetched::new(Arc::clone(&known.handle), Bytes::new(), known.fetch, Aborted::default(), checks);
    state.buffer(fetched, 60);
}

#[test]
fn what_is_paused_held_full_or_waiting_is_not_asked_for() {
    let mut state = state(&[0, 1, 2, 3, 4, 5]);
    state.partitions.get_mut(&name(0)).unwrap().is_paused = true;
    state.partitions.get_mut(&name(1)).unwrap().is_held = true;
    state.partitions.get_mut(&name(2)).unwrap().retry_at = Some(NOW() + Duration::from_secs(60));
    state.partitions.get_mut(&name(3)).unwrap().phase = Phase::Committed;
    buffer(&mut state, 4);
    assert_eq!(fetchable(&mut state), [4, 5]);
    buffer(&mut state, 4);
    assert_eq!(fetchable(&mut state), [5]);
    assert_eq!(state.buffered_bytes, 120);
}

#[test]
fn new_metadata_ends_the_wait_of_those_without_a_leader_only() {
    let mut state = state(&[0, 1, 2]);
    let later = NOW() + Duration::from_secs(60);
    state.lose(&[name(0)], later);
    state.partitions.get_mut(&name(1)).unwrap().retry_at = Some(later);
    assert_eq!(fetchable(&mut state), [2]);
    state.look_for_lost();
    assert_eq!(fetchable(&mut state), [0, 2]);

    // What was found again and refused then waits like any other.
    state.partitions.get_mut(&name(0)).unwrap().retry_at = Some(later);
    state.look_for_lost();
    assert_eq!(fetchable(&mut state), [2]);
}

#[test]
fn paused_partitions_let_others_pass() {
    let mut state = state(&[0, 1]);
    buffer(&mut state, 0);
    buffer(&mut state, 1);
    state.partitions.get_mut(&name(0)).unwrap().is_paused = true;
    assert_eq!(state.unbuffer().unwrap().0.handle.partition, name(1));
    assert!(state.unbuffer().is_none());
    state.partitions.get_mut(&name(0)).unwrap().is_paused = false;
    assert_eq!(state.unbuffer().unwrap().0.handle.partition, name(0));
}

#[test]
fn a_seek_makes_what_was_fetched_worthless() {
    let mut state = state(&[0, 1]);
    buffer(&mut state, 0);
    buffer(&mut state, 1);
    let held = state.unbuffer().unwrap();
    let position = Position { offset: 7, leader_epoch: None };
    state.partitions.get_mut(&name(0)).unwrap().seek(position);
    state.drop_stale();
    // The application's end holds some of it: that is not shown either.
    assert!(!state.hand_out(&held.0, true) && !state.application.is_working);
    state.finish(&held.0, held.1);
    assert_eq!(state.buffered_bytes, 60);
    assert_eq!(state.positions()[&name(0)], position);
    assert_eq!(state.partitions[&name(0)].fetch, position);
}

#[test]
fn what_comes_back_after_a_rebalance_starts_anew() {
    let mut state = state(&[0]);
    state.partitions.get_mut(&name(0)).unwrap().seek(Position { offset: 7, leader_epoch: None });
    buffer(&mut state, 0);
    state.remove(&[name(0)]);
    assert_eq!((state.buffered_bytes, state.buffer.len()), (0, 0));
    state.add(&[name(0)], Phase::Committed);
    assert!(state.positions().is_empty());
    assert_eq!(state.partitions[&name(0)].buffered_bytes, 0);
}

#[test]
fn who_stays_keeps_its_place() {
    let mut state = state(&[0, 1]);
    let position = Position { offset: 7, leader_epoch: Some(2) };
    state.partitions.get_mut(&name(0)).unwrap().seek(position);
    state.assign(&BTreeSet::from([name(0), name(2)]), Phase::Committed);
    assert_eq!(state.positions(), BTreeMap::from([(name(0), position)]));
    assert_eq!(state.partitions.keys().map(|name| name.partition).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn the_application_works_from_records_to_its_next_poll() {
    let mut state = state(&[0]);
    buffer(&mut state, 0);
    state.enter_poll(NOW());
    let (fetched, _) = state.unbuffer().unwrap();
    assert!(state.hand_out(&fetched, false) && !state.application.is_working);
    assert!(state.hand_out(&fetched, true) && state.application.is_working);
    state.leave_poll(NOW());
    assert!(state.application.is_working && !state.application.is_polling);
    state.enter_poll(NOW());
    assert!(!state.application.is_working);
}

#[test]
fn held_partitions_hand_nothing_out() {
    let mut state = state(&[0]);
    buffer(&mut state, 0);
    let (fetched, _) = state.unbuffer().unwrap();
    state.partitions.get_mut(&name(0)).unwrap().is_held = true;
    assert!(!state.hand_out(&fetched, true));
}

#[test]
fn errors_wait_in_order_and_not_without_end() {
    let mut state = state(&[]);
    for offset in 0..150 {
        state.report(crate::error::ErrorKind::CorruptBatch { base_offset: offset }.into());
    }
    let first = state.take_error().unwrap();
    assert!(matches!(first.kind(), crate::error::ErrorKind::CorruptBatch { base_offset: 50 }), "{first}");
}

fn at(offset: i64, epoch: i32) -> Position {
    Position { offset, leader_epoch: (epoch >= 0).then_some(epoch) }
}

/// A partition whose application is at offset 5 of epoch 2, with records up to 9 fetched ahead.
fn read_ahead() -> State {
    let mut state = state(&[0]);
    let partition = state.partitions.get_mut(&name(0)).unwrap();
    partition.seek(at(5, 2));
    partition.fetch = at(9, 3);
    partition.validated_in = Some(3);
    buffer(&mut state, 0);
    state
}

fn log(state: &mut State, topic_id: u128, leader_epoch: i32) -> Log {
    state.partitions.get_mut(&name(0)).unwrap().compare(Uuid::from_u128(topic_id), leader_epoch)
}

#[test]
fn a_place_is_doubted_when_another_leader_has_it() {
    let mut state = read_ahead();
    assert_eq!(log(&mut state, 7, 3), Log::Same);
    assert_eq!(log(&mut state, 7, 4), Log::NewLeader);
    assert_eq!(log(&mut state, 7, -1), Log::Same, "brokers without epochs cannot be asked");
    state.partitions.get_mut(&name(0)).unwrap().seek(at(5, -1));
    assert_eq!(log(&mut state, 7, 4), Log::Same, "a place without an epoch cannot be compared");
    state.partitions.get_mut(&name(0)).unwrap().seek(at(5, 2));
    assert_eq!(log(&mut state, 7, 4), Log::NewLeader, "what the group has committed, too");
}

#[test]
fn a_topic_of_the_same_name_is_another_one() {
    let mut state = read_ahead();
    assert_eq!(log(&mut state, 0, 3), Log::Same, "nobody knows its id yet");
    assert_eq!(log(&mut state, 7, 3), Log::Same);
    assert_eq!(log(&mut state, 0, 3), Log::Same);
    assert_eq!(log(&mut state, 8, 3), Log::NewTopic);
    assert_eq!(log(&mut state, 8, 3), Log::NewTopic);
    // Who seeks means the topic that is there.
    state.partitions.get_mut(&name(0)).unwrap().seek(at(1, -1));
    assert_eq!(log(&mut state, 8, 3), Log::Same);
}

#[test]
fn a_truncation_loses_nothing_that_was_not_handed_out() {
    let check = |end: Option<Position>, reset, expected: (Phase, Position), told: Option<Option<i64>>| {
        let mut state = read_ahead();
        let later = NOW() + Duration::from_secs(60);
        state.truncate(&name(0), end, reset, later);
        let partition = &state.partitions[&name(0)];
        assert_eq!((partition.phase, partition.fetch), expected, "{end:?} {reset:?}");
        assert_eq!(partition.retry_at, told.map(|_| later));
        assert_eq!(state.buffered_bytes, 0, "what was fetched ahead is of the old log");
        let told_now = state.take_error().map(|error| match error.kind() {
            ErrorKind::LogTruncated { position: 5, diverges_at } => *diverges_at,
            _ => panic!("{error}"),
        });
        assert_eq!(told_now, told);
    };
    let (none, latest) = (AutoOffsetReset::None, AutoOffsetReset::Latest);
    // Only what was fetched ahead is gone: it is fetched again.
    check(Some(at(7, 2)), latest, (Phase::Fetching, at(5, 2)), None);
    check(Some(at(5, 2)), none, (Phase::Fetching, at(5, 2)), None);
    // What was handed out is gone.
    check(Some(at(3, 1)), latest, (Phase::Fetching, at(3, 1)), None);
    check(None, latest, (Phase::Reset(latest), at(9, 3)), None);
    check(Some(at(3, 1)), none, (Phase::Fetching, at(5, 2)), Some(Some(3)));
    check(None, none, (Phase::Fetching, at(5, 2)), Some(None));
}

#[test]
fn only_the_last_error_of_a_partition_is_told_and_none_of_one_that_was_left() {
    let mut state = state(&[0, 1]);
    let error = |position, partition| {
        let lost = ErrorKind::LogTruncated { position, diverges_at: None };
        Error::from(lost).with_partition("t", partition)
    };
    let told = |state: &mut State| match state.take_error().map(|error| (error.kind().clone(), error)) {
        Some((ErrorKind::LogTruncated { position, .. }, error)) => Some((position, error.partition())),
        _ => None,
    };
    [error(1, 0), error(2, 1), error(3, 0)].into_iter().for_each(|error| state.report(error));
    assert_eq!(told(&mut state), Some((2, Some(1))));
    assert_eq!(told(&mut state), Some((3, Some(0))));
    [error(4, 0), error(5, 1), ErrorKind::Disconnected.into()]
        .into_iter()
        .for_each(|error| state.report(error));
    state.forget_errors(&name(0));
    assert_eq!(told(&mut state), Some((5, Some(1))));
    state.report(error(6, 1));
    state.remove(&[name(1)]);
    assert!(matches!(state.take_error().map(|error| error.kind().clone()), Some(ErrorKind::Disconnected)));
    assert!(state.take_error().is_none());
}

#[test]
fn a_question_is_asked_again_when_metadata_have_changed() {
    let mut state = read_ahead();
    state.partitions.get_mut(&name(0)).unwrap().phase = Phase::Validating;
    state.look_for_lost();
    assert_eq!(state.partitions[&name(0)].phase, Phase::Doubted, "who is asked may be gone");
}
