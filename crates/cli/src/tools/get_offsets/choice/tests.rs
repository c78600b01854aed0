use super::*;

#[test]
fn patterns_with_partitions_and_ranges() {
    let check = |text: &str, expected: &[i32]| {
        let choice = Choice::patterns(text).map_err(|failure| failure.message).expect(text);
        let found: Vec<i32> = (0..6).filter(|partition| choice.fits("orders", *partition)).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("orders", &[0, 1, 2, 3, 4, 5]);
    check("orders:1", &[1]);
    check("ord.*:1-3", &[1, 2]);
    check("orders:4-", &[4, 5]);
    check("orders:-2", &[0, 1]);
    check(":0", &[0]);
    check("other,orders:5", &[5]);
    check("other", &[]);
    for text in ["orders:a", "orders:1-2-3", "orders:1:2"] {
        assert!(Choice::patterns(text).is_err(), "{text}");
    }
}

#[test]
fn a_topic_with_a_list_of_partitions() {
    let choice = Choice::one(Some("orders"), Some("0,2")).map_err(|failure| failure.message).expect("a list");
    assert!(choice.fits("orders", 2) && !choice.fits("orders", 1) && !choice.fits("other", 0));
    assert!(Choice::one(None, Some("x")).is_err());
}
