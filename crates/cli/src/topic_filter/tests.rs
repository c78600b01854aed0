use super::*;

#[test]
fn names_patterns_and_lists_fit_whole_names() {
    let check = |text: &str, topic: &str, expected: bool| {
        let filter = TopicFilter::new(Some(text), true).expect("a pattern");
        assert_eq!(filter.fits(topic, false), expected, "{text} and {topic}");
    };
    check("orders", "orders", true);
    check("orders", "orders-2", false);
    check("ord.*", "orders-2", true);
    check("a, b", "b", true);
    check("\"a,b\"", "a", true);
    check("a.b", "axb", true);
    assert!(TopicFilter::new(Some("a("), true).is_err());
}

#[test]
fn internal_topics_are_left_out_if_wanted() {
    let filter = TopicFilter::new(None, false).expect("no pattern");
    assert!(filter.fits("orders", false) && !filter.fits("__consumer_offsets", true));
}
