use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::driver::*;
use crate::group::request::{
    CommitPartition, CommitTopic, ConsumerHeartbeat, GroupAnswer, GroupRequest, OffsetCommit,
};
use crate::group::timers::TimerKey;

#[test]
fn unknown_groups_and_members() {
    let mut driver = Driver::new(&[("orders", 1)]);
    let not_found = (ErrorCode::GroupIdNotFound, "Consumer group g not found.".to_string());
    assert_eq!(driver.refusal(quiet("a", 1)), not_found);
    assert_eq!(
        driver.refusal(quiet("a", -1)),
        (ErrorCode::GroupIdNotFound, "Group g not found.".to_string())
    );
    driver.join("a", &["orders"]);
    let unknown = (ErrorCode::UnknownMemberId, "Member b is not a member of group g.".to_string());
    assert_eq!(driver.refusal(quiet("b", 1)), unknown);
    assert_eq!(driver.refusal(quiet("b", -1)), unknown);
}

#[test]
fn epochs_that_are_not_the_members_are_fenced() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.settle();
    let words = |word: &str, epoch: i32| {
        format!(
            "The consumer group member has a {word} member epoch ({epoch}) than the one known by the group \
             coordinator (3). The member must abandon all its partitions and rejoin."
        )
    };
    assert_eq!(driver.refusal(quiet("a", 4)), (ErrorCode::FencedMemberEpoch, words("greater", 4)));
    assert_eq!(driver.refusal(quiet("a", 1)), (ErrorCode::FencedMemberEpoch, words("smaller", 1)));
    assert_eq!(driver.refusal(quiet("a", 2)), (ErrorCode::FencedMemberEpoch, words("smaller", 2)));
}

#[test]
fn the_epoch_before_is_taken_from_a_member_that_owns_no_more_than_it_has() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.beat("a");
    let lost = driver.reporting("a");
    assert_eq!(driver.ask(lost.clone()).member_epoch, 3);
    // The answer is lost: the member says the same again.
    let answer = driver.ask(lost.clone());
    assert_eq!((answer.error, answer.member_epoch), (None, 3));
    let more =
        ConsumerHeartbeat { owned: Some(vec![(driver.host.world.topic_id("orders"), vec![0, 1])]), ..lost };
    assert_eq!(driver.refusal(more).0, ErrorCode::FencedMemberEpoch);
}

#[test]
fn a_member_may_always_join_again() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("a", &["orders"]);
    assert_eq!((driver.known["a"].epoch, driver.sizes()), (2, vec![2]));
}

#[test]
fn who_is_not_heard_of_is_removed() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.settle();
    driver.host.advance(44_999);
    driver.beat("b");
    driver.host.advance(1);
    assert_eq!(driver.refusal(quiet("a", 3)).0, ErrorCode::UnknownMemberId);
    driver.beat("b");
    assert_eq!(driver.owned("b"), [("orders".to_string(), vec![0, 1])]);
    driver.host.advance(45_000);
    assert!(driver.group().is_empty());
    assert_eq!(driver.group().state_name(), "Empty");
}

#[test]
fn sessions_run_on_after_a_restart() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.beat("a");
    let batches = driver.host.log.len();
    driver.host.reload();
    assert_eq!(driver.host.log.len(), batches, "a start writes nothing");
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
    driver.host.advance(45_000);
    assert!(driver.group().is_empty());
}

fn commit(
    driver: &mut Driver,
    member: &str,
    epoch: i32,
    version: i16,
    partition: i32,
) -> Result<(), ErrorCode> {
    let id = driver.host.world.topic_id("orders");
    let partition = CommitPartition { partition, offset: 1, leader_epoch: -1, metadata: "".into() };
    let request = OffsetCommit {
        group: GROUP.into(),
        member: member.into(),
        instance: None,
        generation_or_epoch: epoch,
        api_version: version,
        retention_ms: None,
        topics: vec![CommitTopic { topic: "orders".into(), id, partitions: vec![partition] }],
    };
    match driver.host.ask(GroupRequest::OffsetCommit(request)) {
        GroupAnswer::Committed(Ok(_)) => Ok(()),
        GroupAnswer::Committed(Err(error)) => Err(error.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn commits_are_taken_in_the_epochs_of_their_partitions() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    assert_eq!(commit(&mut driver, "a", 2, 9, 0), Ok(()));
    driver.join("b", &["orders"]);
    driver.settle();
    assert_eq!(driver.known["a"].epoch, 3);
    assert_eq!(commit(&mut driver, "a", 3, 9, 0), Ok(()));
    assert_eq!(commit(&mut driver, "a", 3, 8, 0), Err(ErrorCode::UnsupportedVersion));
    // It has had partition 0 since epoch 2, and has partition 1 no more.
    assert_eq!(commit(&mut driver, "a", 2, 9, 0), Ok(()));
    assert_eq!(commit(&mut driver, "a", 2, 9, 1), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit(&mut driver, "a", 1, 9, 0), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit(&mut driver, "a", 4, 9, 0), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit(&mut driver, "b", 2, 9, 1), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit(&mut driver, "c", 3, 9, 0), Err(ErrorCode::UnknownMemberId));
    assert_eq!(commit(&mut driver, "", -1, 9, 0), Err(ErrorCode::UnknownMemberId));
    for member in ["a", "b"] {
        driver.ask(quiet(member, -1));
    }
    assert_eq!(commit(&mut driver, "", -1, 9, 0), Ok(()));
}

#[test]
fn rubbish_of_clients_is_borne() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    let rubbish =
        vec![(Uuid::ONE, vec![i32::MIN, -1, i32::MAX]), (driver.host.world.topic_id("orders"), vec![99])];
    let answer = driver.ask(ConsumerHeartbeat { owned: Some(rubbish), ..quiet("a", 2) });
    assert_eq!(answer.error, None);
    let long = "x".repeat(30_000);
    let answer =
        driver.ask(ConsumerHeartbeat { rack: Some(long.as_str().into()), ..joining("c", &[&long, &long]) });
    assert_eq!(answer.error, None);
}

#[test]
fn hundreds_of_members_that_join_and_vanish_leave_nothing() {
    let mut driver = Driver::new(&[("orders", 8)]);
    vanish(&mut driver, 0..400);
    assert!(driver.group().is_empty());
    assert_eq!(driver.group().subscribed_names().len(), 0);
    assert_eq!(driver.group().holder(driver.host.world.topic_id("orders"), 0), None);
    leaves_nothing(&mut driver);
}

#[test]
fn ten_thousand_members_that_join_and_vanish_one_wave_after_another_leave_nothing() {
    let mut driver = Driver::new(&[("orders", 8)]);
    for wave in 0..400 {
        vanish(&mut driver, wave * 25..(wave + 1) * 25);
    }
    leaves_nothing(&mut driver);
}

/// They join at once, and are not heard of again.
fn vanish(driver: &mut Driver, members: std::ops::Range<usize>) {
    let count = members.len();
    for index in members {
        let answer = driver.ask(joining(&format!("m{index}"), &["orders"]));
        assert_eq!(answer.error, None);
    }
    assert_eq!(driver.group().members().len(), count);
    driver.host.advance(45_000);
}

/// Not even the group, when old offsets are looked for.
fn leaves_nothing(driver: &mut Driver) {
    driver.host.advance(600_000);
    let state = driver.host.runtime.shard().state();
    assert!(state.groups.entries().is_empty());
    assert!(state.parked.is_empty() && state.work.entries().is_empty());
    let first = TimerKey::ClassicSession("".into(), "".into());
    assert_eq!(state.timers.keys_from(&first).collect::<Vec<_>>(), [&TimerKey::OffsetExpiry]);
}
