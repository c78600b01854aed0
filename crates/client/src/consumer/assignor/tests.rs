use proptest::prelude::*;

use super::*;

fn topics(list: &[(&str, usize)]) -> Topics {
    list.iter().map(|(topic, count)| (Arc::from(*topic), vec![BTreeSet::new(); *count])).collect()
}

fn member(id: &str, topics: &[&str]) -> Member {
    let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
    Member {
        id: id.to_owned(),
        instance_id: None,
        subscription: MemberSubscription { topics, ..Default::default() },
    }
}

fn partitions(text: &str) -> Vec<TopicPartition> {
    let parse = |text: &str| {
        let (topic, partition) = text.rsplit_once('-').unwrap();
        TopicPartition::new(topic, partition.parse().unwrap())
    };
    text.split_whitespace().map(parse).collect()
}

fn check(assignor: Assignor, topics: &Topics, members: &[Member], expected: &[(&str, &str)]) {
    let assignment = assignor.assign(topics, members);
    let expected: Assignment =
        expected.iter().map(|(id, list)| ((*id).to_owned(), partitions(list))).collect();
    assert_eq!(assignment, expected, "{}", assignor.name());
}

#[test]
fn range_gives_runs_of_each_topic() {
    let members = [member("b", &["t", "u"]), member("a", &["t", "u"])];
    let topics = topics(&[("t", 3), ("u", 3)]);
    check(Assignor::Range, &topics, &members, &[("a", "t-0 t-1 u-0 u-1"), ("b", "t-2 u-2")]);
}

#[test]
fn static_members_come_first_by_instance() {
    let mut members = [member("a", &["t"]), member("b", &["t"])];
    members[1].instance_id = Some("z".to_owned());
    check(Assignor::Range, &topics(&[("t", 3)]), &members, &[("a", "t-2"), ("b", "t-0 t-1")]);
}

#[test]
fn range_goes_to_members_beside_a_replica() {
    let racks = |list: &[&str]| list.iter().map(|rack| BTreeSet::from([(*rack).to_owned()])).collect();
    let topics: Topics = BTreeMap::from([(Arc::from("t"), racks(&["y", "y", "x", "x"]))]);
    let mut members = [member("a", &["t"]), member("b", &["t"])];
    members[0].subscription.rack = Some("x".to_owned());
    members[1].subscription.rack = Some("y".to_owned());
    check(Assignor::Range, &topics, &members, &[("a", "t-2 t-3"), ("b", "t-0 t-1")]);
    // Nobody gets more because of a rack.
    members[0].subscription.rack = Some("y".to_owned());
    check(Assignor::Range, &topics, &members, &[("a", "t-0 t-1"), ("b", "t-2 t-3")]);
}

#[test]
fn round_robin_deals_one_by_one_and_passes_over() {
    let members = [member("a", &["t"]), member("b", &["t", "u"]), member("c", &["u"])];
    let topics = topics(&[("t", 3), ("u", 3)]);
    check(Assignor::RoundRobin, &topics, &members, &[("a", "t-0 t-2"), ("b", "t-1 u-0 u-2"), ("c", "u-1")]);
}

#[test]
fn nobody_gets_what_does_not_exist_or_nobody_wants() {
    for assignor in Assignor::ALL {
        check(assignor, &topics(&[("t", 1)]), &[member("a", &["u"])], &[("a", "")]);
        check(assignor, &topics(&[]), &[member("a", &["t"])], &[("a", "")]);
        assert!(assignor.assign(&topics(&[("t", 1)]), &[]).is_empty());
    }
}

/// Members as they come to the next rebalance after `assignment`.
fn again(members: &[Member], assignment: &Assignment, assignor: Assignor, generation: i32) -> Vec<Member> {
    let again = |member: &Member| {
        let had = assignment.get(&member.id).cloned().unwrap_or_default();
        let mut member = member.clone();
        member.subscription.user_data = assignor.user_data(&had, Some(generation));
        if assignor.is_cooperative() {
            member.subscription.owned = had;
            member.subscription.generation = Some(generation);
        }
        member
    };
    members.iter().map(again).collect()
}

#[test]
fn sticky_moves_no_more_than_it_has_to() {
    let topics = topics(&[("t", 6)]);
    let two = [member("a", &["t"]), member("b", &["t"])];
    let first = Assignor::Sticky.assign(&topics, &two);
    assert!(first.values().all(|partitions| partitions.len() == 3));
    let mut three = again(&two, &first, Assignor::Sticky, 1);
    three.push(member("c", &["t"]));
    let second = Assignor::Sticky.assign(&topics, &three);
    for id in ["a", "b"] {
        assert_eq!(second[id].len(), 2);
        assert!(second[id].iter().all(|kept| first[id].contains(kept)), "{second:?}");
    }
    let mut left = again(&three, &second, Assignor::Sticky, 2);
    left.remove(0);
    let third = Assignor::Sticky.assign(&topics, &left);
    assert!(
        second["b"]
            .iter()
            .chain(&second["c"])
            .all(|kept| third["b"].contains(kept) || third["c"].contains(kept))
    );
    assert!(third.values().all(|partitions| partitions.len() == 3));
}

#[test]
fn cooperative_hands_over_in_two_steps() {
    let topics = topics(&[("t", 4)]);
    let one = [member("a", &["t"])];
    let first = Assignor::CooperativeSticky.assign(&topics, &one);
    let mut two = again(&one, &first, Assignor::CooperativeSticky, 1);
    two.push(member("b", &["t"]));
    let second = Assignor::CooperativeSticky.assign(&topics, &two);
    assert_eq!((second["a"].len(), second["b"].len()), (2, 0));
    let two = again(&two, &second, Assignor::CooperativeSticky, 2);
    let third = Assignor::CooperativeSticky.assign(&topics, &two);
    assert_eq!((third["a"].clone(), third["b"].len()), (second["a"].clone(), 2));
}

#[test]
fn an_older_claim_yields_and_equal_ones_cancel() {
    let topics = topics(&[("t", 2)]);
    let claim = |id: &str, generation, list: &str| {
        let mut member = member(id, &["t"]);
        member.subscription.user_data = Assignor::Sticky.user_data(&partitions(list), Some(generation));
        member
    };
    let members = [claim("a", 3, "t-0 t-1"), claim("b", 4, "t-1")];
    check(Assignor::Sticky, &topics, &members, &[("a", "t-0"), ("b", "t-1")]);
    let members = [claim("a", 4, "t-1"), claim("b", 4, "t-1")];
    check(Assignor::Sticky, &topics, &members, &[("a", "t-0"), ("b", "t-1")]);
}

#[test]
fn user_data_are_kafkas_bytes() {
    let owned = partitions("t-1 t-2");
    let expected = [0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 7];
    assert_eq!(Assignor::Sticky.user_data(&owned, Some(7)).unwrap(), expected);
    assert_eq!(Assignor::CooperativeSticky.user_data(&owned, None).unwrap(), [0xff; 4]);
    assert_eq!(Assignor::Range.user_data(&owned, Some(7)), None);
    // Without a generation, as Kafka's first version wrote it, and cut off.
    for (bytes, count) in [(&expected[..19], 2), (&expected[..9], 0)] {
        let subscription = MemberSubscription { user_data: Some(bytes.to_vec()), ..Default::default() };
        assert_eq!(user_data::sticky_claim(&subscription).partitions.len(), count);
    }
}

proptest! {
    /// Whatever the subscriptions: each partition has one owner who wants it, no move would make it more even, and doing
    /// it again changes nothing.
    #[test]
    fn sticky_is_complete_even_and_stable(
        sizes in prop::collection::vec(0usize..7, 1..5),
        wants in prop::collection::vec(prop::collection::vec(any::<bool>(), 5), 1..6),
    ) {
        let names = ["t0", "t1", "t2", "t3", "t4"];
        let list: Vec<(&str, usize)> = sizes.iter().enumerate().map(|(i, size)| (names[i], *size)).collect();
        let topics = topics(&list);
        let members: Vec<Member> = wants.iter().enumerate().map(|(i, wants)| {
            let topics: Vec<&str> = names.iter().zip(wants).filter(|(_, wants)| **wants).map(|(name, _)| *name).collect();
            member(&format!("m{i}"), &topics)
        }).collect();
        let assignment = Assignor::Sticky.assign(&topics, &members);
        let mut seen = BTreeSet::new();
        for owner in &members {
            for partition in &assignment[&owner.id] {
                prop_assert!(owner.wants(&partition.topic));
                prop_assert!(seen.insert(partition.clone()));
                for other in members.iter().filter(|other| other.wants(&partition.topic)) {
                    prop_assert!(assignment[&owner.id].len() <= assignment[&other.id].len() + 1);
                }
            }
        }
        let wanted: usize = list.iter().filter(|(topic, _)| members.iter().any(|m| m.wants(topic))).map(|(_, size)| size).sum();
        prop_assert_eq!(seen.len(), wanted);
        let members = again(&members, &assignment, Assignor::Sticky, 1);
        prop_assert_eq!(Assignor::Sticky.assign(&topics, &members), assignment);
    }
}
