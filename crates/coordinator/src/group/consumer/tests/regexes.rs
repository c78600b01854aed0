use jackdaw_protocol::error_code::ErrorCode;

use super::driver::*;
use crate::group::request::ConsumerHeartbeat;

fn matching(member: &str, regex: &str) -> ConsumerHeartbeat {
    ConsumerHeartbeat { topics: None, regex: Some(regex.into()), ..joining(member, &[]) }
}

#[test]
fn a_regular_expression_is_resolved_by_the_broker_and_follows_topics() {
    let mut driver = Driver::new(&[("log-a", 1), ("log-b", 1), ("other", 1)]);
    let batches = driver.host.log.len();
    let answer = driver.ask(matching("a", "log-.*"));
    driver.take("a", &answer);
    assert_eq!(driver.written(batches), "MRGTEC");
    assert_eq!(driver.owned("a"), [("log-a".to_string(), vec![0]), ("log-b".to_string(), vec![0])]);
    driver.host.world.set_topic("log-c", 2);
    driver.host.announce_topics();
    driver.settle();
    assert_eq!(driver.sizes(), [4]);
    driver.host.world.remove_topic("log-a");
    driver.host.announce_topics();
    driver.settle();
    assert_eq!(driver.sizes(), [3]);
    assert!(driver.group().subscribes_to("log-c") && !driver.group().subscribes_to("log-a"));
    // A topic that matches nothing here changes nothing.
    let batches = driver.host.log.len();
    driver.host.world.set_topic("unrelated", 1);
    driver.host.announce_topics();
    assert_eq!(driver.host.log.len(), batches);
}

#[test]
fn an_unused_expression_ends_with_its_last_member() {
    let mut driver = Driver::new(&[("log-a", 2), ("x", 1)]);
    for member in ["a", "b"] {
        let answer = driver.ask(matching(member, "log-.*"));
        driver.take(member, &answer);
    }
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
    driver.ask(quiet("a", -1));
    driver.known.remove("a");
    assert_eq!(driver.group().regexes.len(), 1);
    let batches = driver.host.log.len();
    let request =
        ConsumerHeartbeat { regex: Some("".into()), topics: Some(vec!["x".into()]), ..driver.reporting("b") };
    let answer = driver.ask(request);
    driver.take("b", &answer);
    assert!(driver.written(batches).starts_with("MrG"), "{}", driver.written(batches));
    driver.settle();
    assert_eq!(driver.owned("b"), [("x".to_string(), vec![0])]);
    driver.ask(quiet("b", -1));
    assert_eq!(driver.host.runtime.next_deadline(), driver.host.runtime.shard().state().timers.next());
}

#[test]
fn names_and_an_expression_are_read_together() {
    let mut driver = Driver::new(&[("log-a", 1), ("x", 1)]);
    let answer = driver.ask(ConsumerHeartbeat { regex: Some("log-.*".into()), ..joining("a", &["x"]) });
    driver.take("a", &answer);
    assert_eq!(driver.sizes(), [2]);
    driver.join("b", &["x"]);
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
}

#[test]
fn an_invalid_expression_is_refused_and_leaves_nothing() {
    let mut driver = Driver::new(&[("log-a", 1)]);
    let (code, message) = driver.refusal(matching("a", "log-["));
    assert_eq!(code, ErrorCode::InvalidRegularExpression);
    assert!(
        message.starts_with("SubscribedTopicRegex `log-[` is not a valid regular expression: "),
        "{message}"
    );
    assert!(driver.host.log.is_empty());
}

#[test]
fn expressions_are_looked_at_again_now_and_then() {
    let mut driver = Driver::new(&[("log-a", 1)]);
    let answer = driver.ask(matching("a", "log-.*"));
    driver.take("a", &answer);
    // The announcement is lost.
    driver.host.world.set_topic("log-b", 1);
    for _ in 0..21 {
        driver.host.advance(30_000);
        driver.beat("a");
    }
    assert_eq!(driver.sizes(), [2]);
}
