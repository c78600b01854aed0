use jackdaw_base::MonotonicNs;

use super::{HastyMembers, MEMBERS_MAX};

fn at(ms: u64) -> MonotonicNs {
    MonotonicNs(0).plus_ms(1_000 + ms)
}

#[test]
fn who_starts_anew_again_and_again_has_given_up_and_a_lost_connection_alone_says_nothing() {
    let members = HastyMembers::default();
    members.note("g", "a", at(0));
    assert_eq!(members.times("g", "a", at(1)), 0);
    members.note("g", "a", at(11_000));
    assert_eq!(members.times("g", "a", at(11_001)), 0, "another loss, later");
    members.note("g", "a", at(12_000));
    members.note("g", "a", at(13_000));
    assert_eq!(members.times("g", "a", at(13_001)), 2);
    assert_eq!(members.times("g", "b", at(13_001)), 0);
    assert_eq!(members.times("g", "a", at(700_000)), 0, "forgotten");
}

#[test]
fn what_is_remembered_is_bounded() {
    let members = HastyMembers::default();
    for member in 0..=MEMBERS_MAX {
        members.note("g", &member.to_string(), at(0));
    }
    assert_eq!(members.seen.lock().len(), 1);
}
