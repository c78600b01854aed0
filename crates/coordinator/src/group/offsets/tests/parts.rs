//! Tests of what does not fit into one batch: deletions and expiry go in parts, commits do not.

use super::*;
use crate::fixture::Appends;
use crate::runtime::Refusal;

const GROUP: &str = "g";
const OFFSETS: i32 = 3000;
/// Room for a bit more than a hundred tombstones.
const BATCH_BYTES_MAX: usize = 8000;

/// A group with many offsets, whose topic then gets smaller batches.
fn full_host() -> Host {
    let mut host = host();
    let offsets: Vec<(i32, i64)> = (0..OFFSETS).map(|partition| (partition, 1)).collect();
    commit(&mut host, GROUP, "orders", &offsets);
    host.set_batch_bytes_max(BATCH_BYTES_MAX);
    host
}

fn offset_count(host: &Host) -> usize {
    host.runtime.shard().state().offsets.of_group(&Arc::from(GROUP)).count()
}

fn exists(host: &Host) -> bool {
    host.runtime.shard().state().groups.get(GROUP).is_some()
}

fn delete_group() -> GroupRequest {
    GroupRequest::DeleteGroup { group: GROUP.into() }
}

/// Every batch but the commit that fills the group keeps the limit.
fn check_batches(host: &Host) {
    let sizes = host.batch_sizes_bytes();
    assert!(sizes.len() > 10, "{sizes:?}");
    assert!(sizes.iter().skip(1).all(|size| *size <= BATCH_BYTES_MAX), "{sizes:?}");
}

#[test]
fn a_group_with_more_offsets_than_a_batch_holds_is_deleted() {
    let mut host = full_host();
    assert_eq!(host.ask(delete_group()), GroupAnswer::Deleted(Ok(())));
    check_batches(&host);
    host.reload();
    assert_eq!((offset_count(&host), exists(&host)), (0, false));
}

#[test]
fn a_crash_between_two_parts_leaves_a_group_that_can_be_deleted_again() {
    let mut whole = full_host();
    whole.ask(delete_group());
    for batches in [2, 7, whole.log.len() - 1] {
        let mut host = full_host();
        host.log = whole.log[..batches].to_vec();
        host.reload();
        assert!(exists(&host) && offset_count(&host) < OFFSETS as usize);
        assert_eq!(host.ask(delete_group()), GroupAnswer::Deleted(Ok(())));
        host.reload();
        assert_eq!((offset_count(&host), exists(&host)), (0, false), "after {batches} batches");
    }
}

#[test]
fn a_part_that_fails_refuses_the_deletion_and_keeps_the_group() {
    let mut host = full_host();
    host.appends = Appends::FailingAfter(host.log.len() + 3, ErrorCode::NotEnoughReplicas);
    let token = host.send(delete_group());
    let refused = Err(Refusal::NotAppended(ErrorCode::NotEnoughReplicas));
    assert_eq!(host.answer(token), Some(refused));
    assert!(exists(&host));
    let left = offset_count(&host);
    assert!((1..OFFSETS as usize).contains(&left), "{left}");
    host.appends = Appends::Committed;
    host.advance(10_000);
    assert_eq!(offset_count(&host), left, "nobody asked for more");
    assert_eq!(host.ask(delete_group()), GroupAnswer::Deleted(Ok(())));
    assert!(!exists(&host));
}

#[test]
fn a_deletion_is_answered_when_its_last_part_is_committed() {
    let mut host = full_host();
    host.appends = Appends::Written;
    let token = host.send(delete_group());
    assert_eq!(host.answer(token), None);
    host.commit();
    assert_eq!(host.answer(token), Some(Ok(GroupAnswer::Deleted(Ok(())))));
}

#[test]
fn more_offsets_than_a_batch_holds_are_deleted_and_those_of_the_rest_stay() {
    let mut host = full_host();
    let wanted: Vec<i32> = (0..OFFSETS - 1).chain([5, 5]).collect();
    let GroupAnswer::OffsetsDeleted(Ok(answers)) = delete(&mut host, GROUP, "orders", &wanted) else {
        panic!("an answer")
    };
    assert_eq!(answers[0].1.len(), wanted.len());
    assert!(answers[0].1.iter().all(|(_, error)| error.is_none()));
    check_batches(&host);
    host.reload();
    assert_eq!(everything(&mut host, GROUP), [("orders".to_owned(), OFFSETS - 1, 1)]);
}

#[test]
fn expiry_and_deleted_topics_keep_the_limit_of_a_batch() {
    let mut host = full_host();
    host.advance(8 * DAY_MS);
    assert_eq!((offset_count(&host), exists(&host)), (0, false));
    check_batches(&host);

    let mut host = full_host();
    let topics = vec![("orders".into(), host.world.topic_id("orders"))];
    host.ask(GroupRequest::TopicsDeleted { topics });
    assert_eq!(offset_count(&host), 0);
    check_batches(&host);
}

#[test]
fn a_commit_that_no_batch_holds_is_refused_whole() {
    let mut host = full_host();
    let offsets: Vec<(i32, i64)> = (0..OFFSETS).map(|partition| (partition, 2)).collect();
    let id = host.world.topic_id("orders");
    let token = host.send(GroupRequest::OffsetCommit(commit_of(GROUP, "orders", id, &offsets)));
    assert_eq!(host.answer(token), Some(Err(Refusal::TooLarge)));
    assert!(everything(&mut host, GROUP).iter().all(|(_, _, offset)| *offset == 1));
}
