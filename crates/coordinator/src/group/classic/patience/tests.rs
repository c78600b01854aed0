use std::sync::Arc;

use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_assignment::{self, ConsumerProtocolAssignment};
use jackdaw_protocol::messages::consumer_protocol_subscription::{self, ConsumerProtocolSubscription};
use jackdaw_protocol::wire::Writer;

use crate::fixture::{Host, TestWorld};
use crate::group::request::{Client, GroupAnswer, GroupRequest, JoinGroup, Joined, SyncGroup, Synced};
use crate::shard::Token;

/// Two cooperative members on the partitions of one topic.
struct Pair {
    host: Host,
}

fn subscription(owned: &[i32]) -> Arc<[u8]> {
    let owned_partitions = match owned {
        [] => Vec::new(),
        owned => vec![consumer_protocol_subscription::TopicPartition {
            topic: "t".into(),
            partitions: owned.to_vec(),
        }],
    };
    let message =
        ConsumerProtocolSubscription { topics: vec!["t".into()], owned_partitions, ..Default::default() };
    with_version(1, &message)
}

fn assignment(partitions: &[i32]) -> Arc<[u8]> {
    let assigned =
        consumer_protocol_assignment::TopicPartition { topic: "t".into(), partitions: partitions.to_vec() };
    let assigned_partitions = if partitions.is_empty() { Vec::new() } else { vec![assigned] };
    with_version(1, &ConsumerProtocolAssignment { assigned_partitions, ..Default::default() })
}

fn with_version<'a>(version: i16, message: &impl Message<'a>) -> Arc<[u8]> {
    let mut writer = Writer::default();
    writer.bytes.extend(version.to_be_bytes());
    message.encode(&mut writer, version).unwrap();
    writer.bytes.into()
}

impl Pair {
    fn new() -> Self {
        let mut world = TestWorld::parking();
        world.change_settings(|settings| settings.initial_rebalance_delay_ms = 0);
        Self { host: Host::new(world) }
    }

    fn join(&mut self, member: &str, owned: &[i32]) -> Token {
        self.host.send(GroupRequest::Join(JoinGroup {
            group: "g".into(),
            member: member.into(),
            instance: None,
            client: Client { id: "c".into(), host: "/127.0.0.1".into() },
            session_timeout_ms: 30_000,
            rebalance_timeout_ms: 60_000,
            protocol_type: "consumer".into(),
            protocols: vec![("cooperative-sticky".into(), subscription(owned))],
            reason: None,
            requires_known_member_id: false,
            supports_skipping_assignment: false,
            bears_waiting: true,
        }))
    }

    fn joined(&mut self, token: Token) -> Option<Joined> {
        match self.host.answer(token)? {
            Ok(GroupAnswer::Joined(joined)) => Some(joined),
            other => panic!("{other:?}"),
        }
    }

    fn sync(&mut self, member: &str, generation: i32, all: &[(&str, &[i32])]) -> Synced {
        let assignments = all.iter().map(|(member, partitions)| (Arc::from(*member), assignment(partitions)));
        let answer = self.host.ask(GroupRequest::Sync(SyncGroup {
            group: "g".into(),
            member: member.into(),
            instance: None,
            generation,
            protocol_type: None,
            protocol: None,
            assignments: assignments.collect(),
        }));
        match answer {
            GroupAnswer::Synced(synced) => synced,
            other => panic!("{other:?}"),
        }
    }

    /// One member has partitions 0 and 1, and a second one has come; returns the first one's id and the second one's call.
    fn with_newcomer(&mut self) -> (Arc<str>, Token) {
        let token = self.join("", &[]);
        self.host.advance(100);
        let first = self.joined(token).unwrap().member;
        self.sync(&first, 1, &[(&first, &[0, 1])]);
        let newcomer = self.join("", &[]);
        let again = self.join(&first, &[0, 1]);
        self.host.advance(10);
        assert_eq!(self.joined(again).unwrap().generation, 2);
        assert_eq!(self.joined(newcomer), None, "what it gets, the leader has yet to say");
        (first, newcomer)
    }

    fn other_than(joined: &Joined, first: &str) -> Arc<str> {
        joined.members.iter().map(|one| Arc::clone(&one.member)).find(|one| &**one != first).unwrap()
    }
}

#[test]
fn a_newcomer_joins_in_the_round_that_gives_it_something() {
    let mut pair = Pair::new();
    let (first, newcomer) = pair.with_newcomer();
    pair.sync(&first, 2, &[(&first, &[0])]);
    assert_eq!(pair.joined(newcomer), None, "partition 1 has still to be given up");
    let again = pair.join(&first, &[0]);
    let joined = pair.joined(again).unwrap();
    assert_eq!(joined.generation, 3);
    let second = Pair::other_than(&joined, &first);
    pair.sync(&first, 3, &[(&first, &[0]), (&second, &[1])]);
    let told = pair.joined(newcomer).unwrap();
    assert_eq!((&told.member, told.generation, told.error), (&second, 3, None));
    assert_eq!(pair.sync(&second, 3, &[]).assignment, assignment(&[1]));
}

#[test]
fn a_newcomer_that_gets_something_at_once_does_not_wait() {
    let mut pair = Pair::new();
    let (first, newcomer) = pair.with_newcomer();
    // The leader knows of a partition that nobody has.
    pair.sync(&first, 2, &[(&first, &[0, 1])]);
    assert_eq!(
        pair.joined(newcomer).unwrap().generation,
        2,
        "nobody gives anything up: there is no next round"
    );
}

#[test]
fn a_newcomer_that_has_something_else_to_say_does_not_wait() {
    let mut pair = Pair::new();
    let (first, newcomer) = pair.with_newcomer();
    pair.host.interrupt(newcomer);
    let told = pair.joined(newcomer).expect("its present generation");
    assert_eq!((told.generation, told.error), (2, None));
    // It takes part in the next round as everybody does.
    pair.sync(&first, 2, &[(&first, &[0])]);
    let again = pair.join(&first, &[0]);
    assert_eq!(pair.joined(again), None, "the newcomer has to come, too");
    pair.join(&told.member, &[]);
    assert_eq!(pair.joined(again).map(|joined| joined.generation), Some(3));
}

#[test]
fn a_newcomer_that_another_round_overtakes_is_answered_once_and_in_that_round() {
    let mut pair = Pair::new();
    let (first, newcomer) = pair.with_newcomer();
    let again = pair.join(&first, &[]);
    // Its metadata has changed: members are gathered anew, and the newcomer waits among them.
    pair.host.interrupt(newcomer);
    assert_eq!(pair.joined(again).map(|joined| joined.generation), Some(3));
    assert_eq!(pair.joined(newcomer).map(|joined| joined.generation), Some(3));
    assert!(pair.host.runtime.shard().state().parked.is_empty());
}

#[test]
fn a_newcomer_does_not_wait_for_ever() {
    let mut pair = Pair::new();
    let (first, newcomer) = pair.with_newcomer();
    pair.sync(&first, 2, &[(&first, &[0])]);
    pair.host.advance(3_000);
    assert_eq!(pair.joined(newcomer).unwrap().generation, 2);
}
