//! Records: their order and contents are those of Kafka 4.3.1 (compare the dumps in `tests/golden/kafka-4.3.1/dump`).

use super::driver::*;
use crate::group::record::GroupRecord;

#[test]
fn a_members_life_is_written_as_kafka_writes_it() {
    let mut driver = Driver::new(&[("plain", 2)]);
    let mut request = joining("m", &["plain"]);
    request.regex = Some("".into());
    let answer = driver.ask(request);
    driver.take("m", &answer);
    assert_eq!(driver.written(0), "MGTEC");
    let records = driver.host.records();
    let GroupRecord::ConsumerMember { value: Some(member), .. } = &records[0] else { panic!() };
    assert_eq!(member.subscribed_topic_regex.as_deref(), Some(""));
    assert_eq!((member.rebalance_timeout_ms, &member.classic_member_metadata), (60_000, &None));
    let GroupRecord::Consumer { value: Some(group), .. } = &records[1] else { panic!() };
    assert_eq!(group.epoch, 2);
    assert_ne!(group.metadata_hash, 0);
    let GroupRecord::TargetMetadata { value: Some(target), .. } = &records[3] else { panic!() };
    assert_eq!(target.assignment_epoch, 2);
    let GroupRecord::CurrentAssignment { value: Some(current), .. } = &records[4] else { panic!() };
    assert_eq!((current.member_epoch, current.previous_member_epoch, current.state), (2, 0, 0));
    assert_eq!(current.assigned_partitions[0].partitions, [0, 1]);
    assert_eq!(current.assigned_partitions[0].assignment_epochs, Some(vec![2, 2]));
    let batches = driver.host.log.len();
    driver.ask(quiet("m", -1));
    assert_eq!(driver.written(batches), "ctmG");
    let GroupRecord::Consumer { value: Some(group), .. } = driver.host.records().pop().unwrap() else {
        panic!()
    };
    assert_eq!((group.epoch, group.metadata_hash), (3, 0));
}

#[test]
fn a_rebalance_is_written_as_kafka_writes_it() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    let mut from = driver.host.log.len();
    let mut written = |driver: &mut Driver, step: &dyn Fn(&mut Driver)| {
        step(driver);
        let letters = driver.written(from);
        from = driver.host.log.len();
        letters
    };
    assert_eq!(written(&mut driver, &|driver| driver.join("b", &["orders"])), "MGTTEC");
    assert_eq!(written(&mut driver, &|driver| drop(driver.beat("a"))), "C");
    assert_eq!(written(&mut driver, &|driver| drop(driver.beat("a"))), "C");
    assert_eq!(written(&mut driver, &|driver| drop(driver.beat("b"))), "C");
    assert_eq!(written(&mut driver, &|driver| drop(driver.beat("b"))), "");
}

#[test]
fn the_state_is_a_fold_of_the_log() {
    let mut driver = Driver::new(&[("orders", 5), ("log-a", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders", "log-a"]);
    let mut request = joining("c", &["orders"]);
    request.regex = Some("log-.*".into());
    request.instance = Some("i".into());
    request.rack = Some("r".into());
    let answer = driver.ask(request);
    driver.take("c", &answer);
    driver.beat("a");
    let before = format!("{:?}", driver.group());
    let describe = driver.group().describe(&driver.host.world);
    driver.host.reload();
    assert_eq!(format!("{:?}", driver.group()), before);
    assert_eq!(driver.group().describe(&driver.host.world), describe);
    driver.settle();
}

#[test]
fn a_deleted_group_leaves_nothing() {
    let mut driver = Driver::new(&[("orders", 1)]);
    driver.join("a", &["orders"]);
    driver.ask(quiet("a", -1));
    let batches = driver.host.log.len();
    let request = crate::group::GroupRequest::DeleteGroup { group: GROUP.into() };
    assert_eq!(driver.host.ask(request), crate::group::GroupAnswer::Deleted(Ok(())));
    assert_eq!(driver.written(batches), "epg");
    assert!(driver.host.runtime.shard().state().groups.entries().is_empty());
    driver.host.reload();
    assert!(driver.host.runtime.shard().state().groups.entries().is_empty());
}

#[test]
fn tombstones_of_nothing_are_borne() {
    let driver = Driver::new(&[("orders", 1)]);
    let mut state = crate::group::state::GroupState::default();
    let _ = &driver;
    let group = || GROUP.into();
    let member = || "m".into();
    for record in [
        GroupRecord::Consumer { group: group(), value: None },
        GroupRecord::ConsumerMember { group: group(), member: member(), value: None },
        GroupRecord::TargetMetadata { group: group(), value: None },
        GroupRecord::TargetMember { group: group(), member: member(), value: None },
        GroupRecord::CurrentAssignment { group: group(), member: member(), value: None },
        GroupRecord::RegularExpression { group: group(), regex: "r".into(), value: None },
        GroupRecord::ConsumerPartitionMetadata { group: group(), value: None },
    ] {
        state.replay(&record);
    }
    assert!(state.groups.entries().is_empty());
}
