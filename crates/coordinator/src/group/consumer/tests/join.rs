use jackdaw_protocol::error_code::ErrorCode;

use super::driver::*;
use crate::group::request::ConsumerHeartbeat;

#[test]
fn the_first_member_gets_everything_at_once() {
    let mut driver = Driver::new(&[("orders", 3), ("other", 1)]);
    let answer = driver.ask(joining("a", &["orders"]));
    assert_eq!((answer.error.clone(), answer.member.as_deref(), answer.member_epoch), (None, Some("a"), 2));
    assert_eq!(answer.heartbeat_interval_ms, 5000);
    assert_eq!(answer.assignment, Some(vec![(driver.host.world.topic_id("orders"), vec![0, 1, 2])]));
    assert_eq!(driver.group().state_name(), "Stable");
    driver.take("a", &answer);
    let answer = driver.beat("a");
    assert_eq!((answer.member_epoch, answer.assignment), (2, None));
}

#[test]
fn members_of_version_0_are_given_an_id() {
    let mut driver = Driver::new(&[("orders", 1)]);
    let answer = driver.ask(ConsumerHeartbeat { api_version: 0, ..joining("", &["orders"]) });
    let id = answer.member.unwrap();
    assert_eq!(id.len(), 22);
    assert!(driver.group().members().contains_key(&id));
}

#[test]
fn a_member_that_reads_nothing_is_a_member() {
    let mut driver = Driver::new(&[("orders", 1)]);
    driver.join("a", &[]);
    assert_eq!(driver.known["a"].epoch, 2);
    driver.join("b", &["no-such-topic"]);
    driver.settle();
    assert_eq!(driver.sizes(), [0, 0]);
    assert_eq!(driver.group().state_name(), "Stable");
}

#[test]
fn a_full_heartbeat_is_told_the_whole_assignment_again() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    let full = ConsumerHeartbeat {
        topics: Some(vec!["orders".into()]),
        rebalance_timeout_ms: 60_000,
        ..driver.reporting("a")
    };
    let batches = driver.host.log.len();
    let answer = driver.ask(full);
    assert_eq!(answer.assignment, Some(vec![(driver.host.world.topic_id("orders"), vec![0, 1])]));
    assert_eq!(driver.host.log.len(), batches, "nothing has changed");
}

#[test]
fn what_makes_no_sense_is_refused_with_kafkas_words() {
    let invalid = |change: fn(&mut ConsumerHeartbeat), message: &str| {
        let mut request = joining("a", &["orders"]);
        change(&mut request);
        let mut driver = Driver::new(&[("orders", 1)]);
        assert_eq!(driver.refusal(request), (ErrorCode::InvalidRequest, message.to_string()));
        assert!(driver.host.log.is_empty());
    };
    invalid(|request| request.member = "".into(), "MemberId can't be empty.");
    invalid(|request| request.member = " \t".into(), "MemberId can't be empty.");
    invalid(|request| request.group = " ".into(), "GroupId can't be empty.");
    invalid(|request| request.instance = Some("".into()), "InstanceId can't be empty.");
    invalid(|request| request.rack = Some("".into()), "RackId can't be empty.");
    invalid(
        |request| request.rebalance_timeout_ms = -1,
        "RebalanceTimeoutMs must be provided in first request.",
    );
    invalid(|request| request.owned = None, "TopicPartitions must be empty when (re-)joining.");
    invalid(
        |request| request.owned = Some(vec![(jackdaw_base::Uuid::ONE, vec![0])]),
        "TopicPartitions must be empty when (re-)joining.",
    );
    invalid(
        |request| request.topics = None,
        "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
    );
    invalid(|request| request.member_epoch = -2, "InstanceId can't be null.");
    invalid(|request| request.member_epoch = -3, "MemberEpoch is invalid.");
    invalid(
        |request| {
            request.api_version = 0;
            request.member = "".into();
            request.member_epoch = 1;
        },
        "MemberId can't be empty.",
    );
}

#[test]
fn unknown_assignors_and_full_groups_are_refused() {
    let mut driver = Driver::new(&[("orders", 1)]);
    let request = ConsumerHeartbeat { assignor: Some("sticky".into()), ..joining("a", &["orders"]) };
    let message = "ServerAssignor sticky is not supported. Supported assignors: uniform, range.";
    assert_eq!(driver.refusal(request), (ErrorCode::UnsupportedAssignor, message.to_string()));
    driver.host.world.change_settings(|settings| settings.consumer_size_max = 1);
    driver.join("a", &["orders"]);
    let message = "The consumer group has reached its maximum capacity of 1 members.";
    assert_eq!(
        driver.refusal(joining("b", &["orders"])),
        (ErrorCode::GroupMaxSizeReached, message.to_string())
    );
    driver.join("a", &["orders"]);
}

#[test]
fn most_members_choose_the_assignor() {
    let mut driver = Driver::new(&[("x", 3), ("y", 3)]);
    for member in ["a", "b"] {
        let request = ConsumerHeartbeat { assignor: Some("range".into()), ..joining(member, &["x", "y"]) };
        let answer = driver.ask(request);
        driver.take(member, &answer);
    }
    driver.settle();
    assert_eq!(driver.owned("a"), [("x".to_string(), vec![0, 1]), ("y".to_string(), vec![0, 1])]);
    assert_eq!(driver.owned("b"), [("x".to_string(), vec![2]), ("y".to_string(), vec![2])]);
    assert_eq!(&*driver.group().describe(&driver.host.world).assignor, "range");
}
