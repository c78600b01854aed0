use super::*;

#[test]
fn files_of_partitions() {
    let partitions =
        parse(r#"{"partitions": [{"topic": "a", "partition": 1}, {"topic": "a", "partition": 0}]}"#);
    assert_eq!(partitions, Ok(vec![TopicPartition::new("a", 1), TopicPartition::new("a", 0)]));
    for text in ["", "{}", r#"{"partitions": [{"topic": "a"}]}"#] {
        assert!(parse(text).is_err(), "{text}");
    }
    let twice = r#"{"partitions": [{"topic": "a", "partition": 1}, {"topic": "a", "partition": 1}]}"#;
    assert_eq!(parse(twice), Err("Replica election data contains duplicate partitions: a-1".to_owned()));
}
