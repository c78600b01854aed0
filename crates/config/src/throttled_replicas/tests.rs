//! Tests of `throttled_replicas`.

use super::*;

#[test]
fn entries_are_all_none_or_pairs() {
    let check = |text: &str, expected: Option<ThrottledReplicas>| {
        assert_eq!(ThrottledReplicas::parse(&crate::value::split_list(text)).ok(), expected, "{text}");
    };
    check("", Some(ThrottledReplicas::None));
    check("*", Some(ThrottledReplicas::All));
    check("0:1,2:3", Some(ThrottledReplicas::Some(vec![(0, 1), (2, 3)])));
    check("*,0:1", None);
    check("0:-1", None);
    check("0", None);
    check(":", None);
    check("0:1,", None);
    check("0:99999999999", None);
    assert!(ThrottledReplicas::Some(vec![(0, 1)]).contains(0, 1));
    assert!(!ThrottledReplicas::Some(vec![(0, 1)]).contains(1, 0));
}
