//! Tests of [`UndoMap`].

use super::*;

#[test]
fn rolling_back_restores_changed_added_and_removed_entries() {
    let mut map = UndoMap::default();
    map.insert(1, "one");
    map.insert(2, "two");
    let before = map.entries().clone();
    map.mark();
    map.insert(3, "three");
    map.remove(&1);
    *map.get_mut(&2).unwrap() = "other";
    map.insert(1, "again");
    map.roll_back();
    assert_eq!(*map.entries(), before);
}

#[test]
fn what_is_kept_is_not_undone_by_the_next_turn() {
    let mut map = UndoMap::default();
    map.mark();
    map.insert(1, "one");
    map.keep();
    map.mark();
    map.insert(1, "two");
    map.roll_back();
    assert_eq!(map.get(&1), Some(&"one"));
}

#[test]
fn a_step_is_taken_back_alone_and_the_turn_with_all_its_steps() {
    let mut map = UndoMap::default();
    map.insert(1, "before");
    map.mark();
    map.insert(1, "first step");
    map.begin_step();
    map.insert(1, "second step");
    map.insert(2, "second step");
    assert_eq!(map.changed_in_step().collect::<Vec<_>>(), [&1, &2]);
    map.roll_back_step();
    assert_eq!(map.get(&1), Some(&"first step"));
    assert_eq!(map.get(&2), None);
    map.insert(1, "second step again");
    map.roll_back();
    assert_eq!(map.get(&1), Some(&"before"));
}
