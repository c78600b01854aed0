use super::*;

#[test]
fn topics_and_partitions() {
    let (whole, partitions) =
        topic_partitions(&["a", "b:0,2"]).map_err(|failure| failure.message).expect("parses");
    assert_eq!(whole, ["a"]);
    assert_eq!(partitions, [TopicPartition::new("b", 0), TopicPartition::new("b", 2)]);
    assert!(topic_partitions(&["a:x"]).is_err());
}
