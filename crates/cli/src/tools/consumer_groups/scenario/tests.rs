use super::*;

#[test]
fn files_with_and_without_groups() {
    let plan = parse_file("a,0,5\n\nb, 1 ,7\n").map_err(|failure| failure.message).expect("a plan");
    let expected = BTreeMap::from([(TopicPartition::new("a", 0), 5), (TopicPartition::new("b", 1), 7)]);
    assert_eq!(plan, BTreeMap::from([(None, expected)]));
    let plan = parse_file("\"g\",\"a\",0,5").map_err(|failure| failure.message).expect("a plan");
    assert_eq!(plan[&Some("g".to_owned())][&TopicPartition::new("a", 0)], 5);
    assert!(parse_file("a,x,5").is_err() && parse_file("a,1").is_err());
}
