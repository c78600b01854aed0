use super::*;

#[test]
fn files_of_offsets() {
    let before = parse(r#"{"partitions": [{"topic": "t", "partition": 1, "offset": 10}], "version": 1}"#);
    assert_eq!(before, Ok(Offsets::from([(TopicPartition::new("t", 1), 10)])));
    for text in [
        "",
        "{}",
        r#"{"version": 2, "partitions": []}"#,
        r#"{"partitions": [{"topic": "t", "offset": 10}]}"#,
        r#"{"partitions": [{"topic":"t","partition":0,"offset":1},{"topic":"t","partition":0,"offset":2}]}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
