use super::*;

#[test]
fn what_no_coordinator_will_end_hangs() {
    let producer = ActiveProducer {
        producer_id: 7,
        producer_epoch: 0,
        last_sequence: Some(1),
        last_timestamp_ms: 0,
        coordinator_epoch: None,
        transaction_start_offset: Some(3),
    };
    let transaction = OpenTransaction { partition: TopicPartition::new("t", 0), producer };
    let description = |partitions: &[i32]| TransactionDescription {
        transactional_id: "id".to_owned(),
        coordinator: 0,
        state: "Ongoing".to_owned(),
        producer_id: 7,
        producer_epoch: 0,
        timeout_ms: 1,
        start_ms: None,
        partitions: partitions.iter().map(|id| TopicPartition::new("t", *id)).collect(),
    };
    let ids = BTreeMap::from([(7, "id".to_owned())]);
    let known = |partitions: &[i32]| BTreeMap::from([("id".to_owned(), description(partitions))]);
    assert!(hangs(&transaction, &BTreeMap::new(), &known(&[0])), "no id for the producer");
    assert!(hangs(&transaction, &ids, &BTreeMap::new()), "the id is gone");
    assert!(hangs(&transaction, &ids, &known(&[1])), "its transaction is elsewhere");
    assert!(!hangs(&transaction, &ids, &known(&[1, 0])), "the coordinator will write the marker");
}
