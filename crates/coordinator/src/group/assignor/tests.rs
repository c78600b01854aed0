use proptest::prelude::*;

use super::*;

/// Members by name with the topics they read (by number) and what they own.
struct Case {
    members: Vec<(String, Option<String>, Vec<Uuid>, Partitions)>,
    counts: PartitionCounts,
}

fn topic(number: u128) -> Uuid {
    Uuid::from_u128(number + 100)
}

impl Case {
    fn new(counts: &[(u128, i32)], members: &[(&str, &[u128])]) -> Self {
        let members = members
            .iter()
            .map(|(name, topics)| {
                let mut topics: Vec<Uuid> = topics.iter().map(|number| topic(*number)).collect();
                topics.sort();
                (name.to_string(), None, topics, Partitions::new())
            })
            .collect();
        Self { members, counts: counts.iter().map(|(number, count)| (topic(*number), *count)).collect() }
    }

    /// Assigns, checks what must hold of every assignment, and takes it as what members own.
    fn assign(&mut self, assignor: Assignor) -> Vec<Vec<(u128, Vec<i32>)>> {
        self.members.sort_by(|a, b| a.0.cmp(&b.0));
        let subscribers: Vec<Subscriber<'_>> = self
            .members
            .iter()
            .map(|(member, instance, topics, owned)| Subscriber {
                member,
                instance: instance.as_deref(),
                topics,
                owned,
            })
            .collect();
        let assignments = assignor.assign(&subscribers, &self.counts);
        self.check(&assignments);
        for (member, assignment) in self.members.iter_mut().zip(&assignments) {
            member.3 = assignment.clone();
        }
        let readable = |assignment: &Partitions| {
            assignment
                .iter()
                .map(|(id, partitions)| (u128::from_be_bytes(id.0) - 100, partitions.clone()))
                .collect::<Vec<_>>()
        };
        assignments.iter().map(readable).collect()
    }

    /// Each partition that has a reader is given to exactly one of its readers.
    fn check(&self, assignments: &[Partitions]) {
        assert_eq!(assignments.len(), self.members.len());
        for (id, count) in &self.counts {
            let readers: Vec<usize> =
                (0..self.members.len()).filter(|&index| self.members[index].2.contains(id)).collect();
            let mut given: Vec<i32> = Vec::new();
            for (index, assignment) in assignments.iter().enumerate() {
                if let Some(partitions) = assignment.get(id) {
                    assert!(readers.contains(&index), "{} does not read {id}", self.members[index].0);
                    assert!(!partitions.is_empty() && partitions.is_sorted_by(|a, b| a < b));
                    given.extend(partitions);
                }
            }
            given.sort_unstable();
            let all: Vec<i32> = if readers.is_empty() { Vec::new() } else { (0..*count).collect() };
            assert_eq!(given, all, "topic {id}");
        }
        assert!(assignments.iter().flat_map(BTreeMap::keys).all(|id| self.counts.contains_key(id)));
    }

    fn sizes(&self) -> Vec<usize> {
        self.members.iter().map(|member| member.3.values().map(Vec::len).sum()).collect()
    }
}

#[test]
fn range_cuts_topics_and_serves_static_members_first() {
    let mut case = Case::new(&[(1, 3), (2, 4)], &[("a", &[1, 2]), ("b", &[1, 2])]);
    assert_eq!(
        case.assign(Assignor::Range),
        [vec![(1, vec![0, 1]), (2, vec![0, 1])], vec![(1, vec![2]), (2, vec![2, 3])]]
    );
    case.members[1].1 = Some("instance".to_string());
    assert_eq!(
        case.assign(Assignor::Range),
        [vec![(1, vec![2]), (2, vec![2, 3])], vec![(1, vec![0, 1]), (2, vec![0, 1])]]
    );
}

#[test]
fn range_shares_a_topic_among_its_readers_only() {
    let mut case = Case::new(&[(1, 3), (2, 3)], &[("a", &[1]), ("b", &[1, 2]), ("c", &[2])]);
    assert_eq!(
        case.assign(Assignor::Range),
        [vec![(1, vec![0, 1])], vec![(1, vec![2]), (2, vec![0, 1])], vec![(2, vec![2])]]
    );
}

#[test]
fn uniform_moves_as_little_as_possible() {
    let mut case = Case::new(&[(1, 6)], &[("a", &[1]), ("b", &[1])]);
    assert_eq!(case.assign(Assignor::Uniform), [vec![(1, vec![0, 1, 2])], vec![(1, vec![3, 4, 5])]]);
    case.members.push(("c".to_string(), None, vec![topic(1)], Partitions::new()));
    assert_eq!(
        case.assign(Assignor::Uniform),
        [vec![(1, vec![0, 1])], vec![(1, vec![3, 4])], vec![(1, vec![2, 5])]]
    );
    case.members.remove(0);
    assert_eq!(case.assign(Assignor::Uniform), [vec![(1, vec![0, 3, 4])], vec![(1, vec![1, 2, 5])]]);
}

#[test]
fn uniform_lets_those_keep_the_odd_partition_that_have_it() {
    let mut case = Case::new(&[(1, 3)], &[("b", &[1])]);
    case.assign(Assignor::Uniform);
    case.members.push(("a".to_string(), None, vec![topic(1)], Partitions::new()));
    assert_eq!(case.assign(Assignor::Uniform), [vec![(1, vec![2])], vec![(1, vec![0, 1])]]);
}

#[test]
fn uniform_gives_a_partition_that_two_claim_to_one() {
    let mut case = Case::new(&[(1, 2)], &[("a", &[1]), ("b", &[1])]);
    for member in &mut case.members {
        member.3.insert(topic(1), vec![0, 1, 7]);
    }
    case.assign(Assignor::Uniform);
    assert_eq!(case.sizes(), [1, 1]);
}

#[test]
fn uniform_balances_different_subscriptions() {
    let mut case = Case::new(&[(1, 6), (2, 3)], &[("a", &[1]), ("b", &[1, 2]), ("c", &[1, 2])]);
    case.assign(Assignor::Uniform);
    assert_eq!(case.sizes(), [3, 3, 3]);
    // Readers of one topic differ by one at most; those who share no topic may differ by more.
    case.members[1].2 = vec![topic(2)];
    case.assign(Assignor::Uniform);
    let sizes = case.sizes();
    assert!(sizes[0].abs_diff(sizes[2]) <= 1 && sizes[1].abs_diff(sizes[2]) <= 1, "{sizes:?}");
}

#[test]
fn nobody_and_nothing_are_assigned_nothing() {
    for assignor in [Assignor::Uniform, Assignor::Range] {
        assert!(Case::new(&[(1, 3)], &[]).assign(assignor).is_empty());
        assert_eq!(Case::new(&[(1, 3)], &[("a", &[])]).assign(assignor), [vec![]]);
        assert_eq!(Case::new(&[], &[("a", &[]), ("b", &[])]).assign(assignor), [vec![], vec![]]);
    }
}

fn arbitrary_subscriptions() -> impl Strategy<Value = Vec<(u8, bool, Vec<u128>)>> {
    let topics =
        proptest::collection::btree_set(0_u128..5, 0..5).prop_map(|topics| topics.into_iter().collect());
    proptest::collection::vec((0_u8..12, any::<bool>(), topics), 1..8)
}

proptest! {
    #[test]
    fn whatever_comes_and_goes_each_partition_has_one_owner(
        rounds in proptest::collection::vec(
            (arbitrary_subscriptions(), proptest::collection::vec(0_i32..12, 5), any::<bool>()), 1..6),
    ) {
        let mut case = Case::new(&[], &[]);
        for (members, counts, is_range) in rounds {
            let old = std::mem::take(&mut case.members);
            for (name, is_static, topics) in members {
                let name = format!("m{name}");
                if case.members.iter().any(|member| member.0 == name) {
                    continue;
                }
                let owned = old.iter().find(|member| member.0 == name).map(|member| member.3.clone());
                let topics = topics.into_iter().map(topic).collect();
                let instance = is_static.then(|| format!("i{name}"));
                case.members.push((name, instance, topics, owned.unwrap_or_default()));
            }
            case.counts = (0..).zip(counts).map(|(number, count)| (topic(number), count)).collect();
            case.assign(if is_range { Assignor::Range } else { Assignor::Uniform });
        }
    }

    #[test]
    fn equal_subscriptions_are_shared_evenly_and_moved_no_more_than_needed(
        counts in proptest::collection::vec(1_i32..20, 1..4), before in 1_usize..9, after in 1_usize..9,
    ) {
        let mut case = Case::new(&[], &[]);
        case.counts = (0..).zip(&counts).map(|(number, count)| (topic(number), *count)).collect();
        let topics: Vec<Uuid> = case.counts.keys().copied().collect();
        let member = |index: usize| (format!("m{index}"), None, topics.clone(), Partitions::new());
        case.members = (0..before).map(member).collect();
        case.assign(Assignor::Uniform);
        let old: Vec<Partitions> = case.members.iter().map(|member| member.3.clone()).collect();
        case.members.truncate(after);
        case.members.extend((before..after).map(member));
        case.assign(Assignor::Uniform);
        let sizes = case.sizes();
        let total: usize = sizes.iter().sum();
        prop_assert!(sizes.iter().all(|size| (total / after..=total.div_ceil(after)).contains(size)));
        let kept: usize = old.iter().zip(&case.members).map(|(old, member)| {
            old.iter().map(|(id, partitions)| {
                partitions.iter().filter(|partition| member.3.get(id).is_some_and(|now| now.contains(partition))).count()
            }).sum::<usize>()
        }).sum();
        // Each member keeps what it had up to its new share.
        let needed: usize = old.iter().zip(&sizes).map(|(old, size)| old.values().map(Vec::len).sum::<usize>().min(*size)).sum();
        prop_assert_eq!(kept, needed);
    }
}

/// `group.consumer.assignors` of large groups: time grows with partitions and members, not with their product.
#[test]
fn large_groups_are_assigned_quickly() {
    let topics: Vec<u128> = (0..50).collect();
    let mut case = Case::new(&[], &[]);
    case.counts = topics.iter().map(|number| (topic(*number), 100)).collect();
    let read: Vec<Uuid> = case.counts.keys().copied().collect();
    case.members =
        (0..500).map(|index| (format!("m{index:03}"), None, read.clone(), Partitions::new())).collect();
    case.assign(Assignor::Uniform);
    assert!(case.sizes().iter().all(|size| *size == 10));
    // Somebody reads other topics than the others: the longer way, with the same balance.
    case.members[7].2.truncate(20);
    case.assign(Assignor::Uniform);
    assert!(case.sizes().iter().all(|size| *size == 10));
}
