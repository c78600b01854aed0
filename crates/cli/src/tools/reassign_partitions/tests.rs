use std::collections::BTreeSet;

use jackdaw_client::admin::Reassignment;

use super::moves::MoveState;
use super::placement::{Candidate, Start, spread};
use super::plan::{Plan, Replica};
use super::*;

fn parsed(line: &str) -> Result<&'static str, String> {
    match FLAGS.parse(line.split_whitespace().map(str::to_owned).collect()) {
        Ok(Parsed::Run(options)) => {
            check(&options).map(|action| action.name).map_err(|failure| failure.message)
        }
        Ok(Parsed::Answered(_)) => Err("answered".to_owned()),
        Err(failure) => Err(failure.message),
    }
}

#[test]
fn each_action_takes_what_means_something_to_it() {
    let check = |line, expected: Result<&'static str, &str>| {
        assert_eq!(parsed(line), expected.map_err(str::to_owned), "{line}");
    };
    check("--bootstrap-server b --list", Ok("list"));
    check("--bootstrap-controller b --cancel --reassignment-json-file f --timeout 5", Ok("cancel"));
    check(
        "--bootstrap-server b --list --execute",
        Err("Command must include exactly one action: --generate, --execute, --verify, --cancel, --list"),
    );
    check("--bootstrap-server b --execute", Err("Missing required argument \"[reassignment-json-file]\""));
    check(
        "--bootstrap-server b --list --throttle 5",
        Err("Option \"[throttle]\" can't be used with action \"[list]\""),
    );
    check(
        "--bootstrap-controller b --verify --reassignment-json-file f",
        Err("Option \"[bootstrap-controller]\" can't be used with action \"[verify]\""),
    );
    check("--list", Err("Please specify either --bootstrap-server or --bootstrap-controller"));
}

#[test]
fn a_plan_is_read_and_shown_again() {
    let text = r#"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[2,1],"log_dirs":["any","/d"]}]}"#;
    let plan = Plan::parse(text).expect("a plan");
    let partition = TopicPartition::new("t", 0);
    let (assignment, directories) = plan.executable().expect("can be executed");
    assert_eq!(assignment, Assignment::from([(partition.clone(), vec![2, 1])]));
    assert_eq!(plan::shown(&assignment, &directories), text);
    assert_eq!(plan::shown(&assignment, &BTreeMap::new()), text.replace("/d", "any"));
    assert_eq!(directories, BTreeMap::from([(Replica { broker: 1, partition }, "/d".to_owned())]));
}

#[test]
fn what_cannot_be_executed_is_refused() {
    let check = |partitions: &str, expected: &str| {
        let said = Plan::parse(&format!("{{\"partitions\":[{partitions}]}}"))
            .and_then(|plan| plan.executable().map(drop))
            .expect_err(partitions)
            .message;
        assert!(said.contains(expected), "{partitions}: {said}");
    };
    check("", "list cannot be empty");
    let entry = |replicas: &str| format!(r#"{{"topic":"t","partition":0,"replicas":[{replicas}]}}"#);
    check(&entry(""), "Partition replica list cannot be empty");
    check(&entry("1,1"), "t-0 contains multiple entries for 1");
    check(&format!("{},{}", entry("1"), entry("2")), "contains duplicate topic partitions: t-0");
    check(r#"{"topic":"t","partition":0}"#, "no replicas");
    check(
        r#"{"topic":"t","partition":0,"replicas":[1],"log_dirs":[]}"#,
        "is different from size of log dirs",
    );
    assert!(
        Plan::parse("{\"version\":2}").is_err() && Plan::parse("[]").is_err() && Plan::parse("x").is_err()
    );
}

#[test]
fn copies_are_spread_over_brokers_and_racks() {
    let brokers = |racks: [Option<&str>; 4]| -> Vec<Candidate> {
        (1..).zip(racks).map(|(id, rack)| Candidate { id, rack: rack.map(str::to_owned) }).collect()
    };
    let start = Start { first: 1, shift: 0 };
    let plain = spread(&brokers([None; 4]), 5, 3, start).expect("spread");
    // Leaders take turns; the second round shifts the others.
    assert_eq!(plain, [[2, 3, 4], [3, 4, 1], [4, 1, 2], [1, 2, 3], [2, 4, 1]]);
    let racked = brokers([Some("a"), Some("a"), Some("b"), Some("b")]);
    for first in 0..9 {
        for replicas in spread(&racked, 8, 2, Start { first, shift: 3 * first }).expect("spread") {
            let racks: BTreeSet<bool> = replicas.iter().map(|id| *id <= 2).collect();
            assert_eq!(racks.len(), 2, "{replicas:?} lie in both racks");
        }
    }
    assert!(spread(&racked, 1, 5, start).is_err(), "more copies than brokers");
    assert!(spread(&brokers([None, Some("a"), None, None]), 1, 1, start).is_err(), "some racks only");
}

#[test]
fn throttles_name_who_gives_and_who_takes() {
    let (moving, coming) = (TopicPartition::new("t", 0), TopicPartition::new("t", 1));
    let under_way = BTreeMap::from([(
        moving.clone(),
        Reassignment { replicas: vec![1, 2, 3], adding: vec![3], removing: vec![1] },
    )]);
    let proposed = Assignment::from([(coming.clone(), vec![2, 3])]);
    let current = Assignment::from([(coming.clone(), vec![1, 2])]);
    let moves = throttles::moves(&under_way, &proposed, &current);
    assert_eq!(moves[&moving].sources, BTreeSet::from([1, 2]));
    assert_eq!(moves[&coming].destinations, BTreeSet::from([3]));
    let by_topic = throttles::replicas_by_topic(&moves);
    assert_eq!(by_topic["t"], ("0:1,0:2,1:1,1:2".to_owned(), "0:3,1:3".to_owned()));
}

#[test]
fn how_far_a_plan_is() {
    let partition = TopicPartition::new("t", 0);
    let told = |current: Option<&[i32]>| verify::told(&partition, &[1, 2], current);
    assert_eq!(told(None), "Reassignment of partition t-0 is still in progress.");
    assert_eq!(told(Some(&[1, 2])), "Reassignment of partition t-0 is completed.");
    assert!(told(Some(&[])).ends_with("but replica set is  rather than 1,2."));
    let path = |text: &str| Some(text.to_owned());
    assert_eq!(MoveState::of(path("/a"), None, "/a"), MoveState::Done);
    assert!(matches!(MoveState::of(path("/b"), None, "/a"), MoveState::Cancelled { .. }));
    assert!(!MoveState::of(path("/b"), path("/a"), "/a").is_done());
    assert_eq!(MoveState::of(None, None, "/a"), MoveState::Missing);
}
