use super::*;

fn loads(batches: &[u32]) -> Vec<Load> {
    batches.iter().map(|batches| Load { batches: *batches, is_available: true }).collect()
}

/// How often each partition is chosen in a round of evenly spaced chances.
fn shares(loads: &[Load]) -> Vec<usize> {
    let mut shares = vec![0; loads.len()];
    for step in 0..1000 {
        let mut sticky = Sticky::default();
        shares[sticky.turn(loads, step * (u64::MAX / 1000)) as usize] += 1;
    }
    shares
}

#[test]
fn it_sticks_until_a_batch_is_full() {
    let mut sticky = Sticky::default();
    assert_eq!(sticky.current(100), None);
    let partition = sticky.turn(&loads(&[0, 0]), 0);
    sticky.produced(partition, 99);
    assert_eq!(sticky.current(100), Some(partition));
    sticky.produced(partition + 1, 50);
    assert_eq!(sticky.current(100), Some(partition));
    sticky.produced(partition, 1);
    assert_eq!(sticky.current(100), None);
}

#[test]
fn equal_loads_get_equal_shares() {
    assert!(shares(&loads(&[3, 3, 3, 3])).iter().all(|share| share.abs_diff(250) <= 1));
}

#[test]
fn the_busy_get_less() {
    let shares = shares(&loads(&[0, 3, 1]));
    // Weights 4, 1, 3 of 8.
    assert!(shares.iter().zip([500, 125, 375]).all(|(share, near)| share.abs_diff(near) <= 2), "{shares:?}");
}

#[test]
fn partitions_without_a_leader_get_nothing_unless_all_are() {
    let mut some = loads(&[0, 0]);
    some[0].is_available = false;
    assert_eq!(shares(&some), [0, 1000]);
    some[1].is_available = false;
    assert!(shares(&some).iter().all(|share| share.abs_diff(500) <= 1));
}

#[test]
fn the_last_chance_stays_in_range() {
    let mut sticky = Sticky::default();
    assert_eq!(sticky.turn(&loads(&[0, 0, 0]), u64::MAX), 2);
}
