use jackdaw_protocol::error_code::ErrorCode;

use super::driver::*;
use crate::group::request::ConsumerHeartbeat;

fn of(instance: &str, request: ConsumerHeartbeat) -> ConsumerHeartbeat {
    ConsumerHeartbeat { instance: Some(instance.into()), ..request }
}

fn group_of_two() -> Driver {
    let mut driver = Driver::new(&[("orders", 2)]);
    for (member, instance) in [("a", "i1"), ("b", "i2")] {
        let answer = driver.ask(of(instance, joining(member, &["orders"])));
        driver.take(member, &answer);
    }
    driver.settle();
    driver
}

#[test]
fn a_static_member_comes_back_to_what_it_had() {
    let mut driver = group_of_two();
    let had = driver.known["a"].owned.clone();
    let answer = driver.ask(of("i1", quiet("a", -2)));
    assert_eq!((answer.error, answer.member_epoch), (None, -2));
    driver.known.remove("a");
    driver.host.advance(40_000);
    driver.settle();
    assert_eq!(driver.sizes(), [1], "nobody else gets it meanwhile");
    let batches = driver.host.log.len();
    let answer = driver.ask(of("i1", joining("a2", &["orders"])));
    driver.take("a2", &answer);
    assert_eq!((driver.known["a2"].epoch, &driver.known["a2"].owned), (3, &had));
    assert_eq!(driver.written(batches), "ctmMTCC");
    assert_eq!(driver.group().epoch(), 3);
    assert_eq!(driver.group().members().len(), 2);
}

#[test]
fn a_static_member_that_does_not_come_back_is_removed() {
    let mut driver = group_of_two();
    driver.ask(of("i1", quiet("a", -2)));
    driver.known.remove("a");
    driver.host.advance(44_999);
    driver.beat("b");
    driver.host.advance(1);
    driver.settle();
    assert_eq!(driver.sizes(), [2]);
}

#[test]
fn an_instance_id_belongs_to_one_member() {
    let mut driver = group_of_two();
    let message = "Static member c with instance id i1 cannot join the group because the instance id is owned by a member.";
    assert_eq!(
        driver.refusal(of("i1", joining("c", &["orders"]))),
        (ErrorCode::UnreleasedInstanceId, message.to_string())
    );
    let fenced = (
        ErrorCode::FencedInstanceId,
        "Static member c with instance id i1 was fenced by member a.".to_string(),
    );
    for epoch in [3, -1, -2] {
        assert_eq!(driver.refusal(of("i1", quiet("c", epoch))), fenced);
        let unknown = (ErrorCode::UnknownMemberId, "Instance id i9 is unknown.".to_string());
        assert_eq!(driver.refusal(of("i9", quiet("a", epoch))), unknown);
    }
}

#[test]
fn a_static_member_that_leaves_for_good_frees_its_partitions() {
    let mut driver = group_of_two();
    driver.ask(of("i1", quiet("a", -1)));
    driver.known.remove("a");
    driver.settle();
    assert_eq!(driver.sizes(), [2]);
    let answer = driver.ask(of("i1", joining("c", &["orders"])));
    driver.take("c", &answer);
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
}
