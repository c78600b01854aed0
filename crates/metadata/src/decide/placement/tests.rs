//! Tests of placement.

use std::collections::BTreeMap;

use super::*;
use crate::fixture::TestCluster;

fn placed(cluster: &TestCluster, partitions: usize, factor: i16) -> Vec<Vec<NodeId>> {
    place(&cluster.image, partitions, factor, &mut Chance::new([7; 4])).expect("enough brokers")
}

#[test]
fn replicas_are_different_brokers_in_different_racks() {
    let cluster = TestCluster::with_racks(&["a", "a", "b", "b", "c", "c"]);
    for replicas in placed(&cluster, 60, 3) {
        let racks: std::collections::BTreeSet<_> = replicas.iter().map(|node| (node.0 - 1) / 2).collect();
        assert_eq!(racks.len(), 3, "{replicas:?}");
    }
}

#[test]
fn leaders_are_spread_evenly() {
    let leaders = |cluster: &TestCluster, group: fn(NodeId) -> i32| {
        let mut leaders: BTreeMap<i32, usize> = BTreeMap::new();
        for replicas in placed(cluster, 40, 2) {
            *leaders.entry(group(replicas[0])).or_default() += 1;
        }
        leaders.into_values().collect::<Vec<_>>()
    };
    assert_eq!(leaders(&TestCluster::new(4), |node| node.0), [10, 10, 10, 10]);
    let racks = TestCluster::with_racks(&["a", "a", "b", "b"]);
    assert_eq!(leaders(&racks, |node| (node.0 - 1) / 2), [20, 20]);
}

#[test]
fn more_replicas_than_racks_fill_the_racks_again() {
    let cluster = TestCluster::with_racks(&["a", "a", "a", "b"]);
    for replicas in placed(&cluster, 20, 4) {
        let distinct: std::collections::BTreeSet<_> = replicas.iter().collect();
        assert_eq!(distinct.len(), 4, "{replicas:?}");
    }
}

#[test]
fn the_same_chance_gives_the_same_places() {
    let cluster = TestCluster::new(5);
    assert_eq!(placed(&cluster, 30, 3), placed(&cluster, 30, 3));
}
