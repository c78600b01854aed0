use super::*;

#[test]
fn an_error_says_where_it_belongs() {
    let error = Error::broker_error(ErrorCode::NotLeaderOrFollower)
        .with_partition("orders", 3)
        .with_broker(2)
        .with_address("host:9092")
        .with_api(ApiKey::Produce);
    assert_eq!(
        error.to_string(),
        "NOT_LEADER_OR_FOLLOWER (topic orders, partition 3, broker 2 at host:9092, Produce)"
    );
    assert_eq!((error.topic(), error.partition(), error.broker()), (Some("orders"), Some(3), Some(2)));
    assert!(error.is_retriable() && error.is_stale_metadata());
}

#[test]
fn a_code_of_a_newer_kafka_keeps_its_number() {
    let error = Error::from_code(9999, Some("who knows"));
    assert_eq!(error.to_string(), "UNKNOWN_SERVER_ERROR (code 9999, of a newer Kafka): who knows");
    assert!(!error.is_retriable());
}

#[test]
fn bootstrap_addresses_are_no_brokers() {
    assert_eq!(Error::new(ErrorKind::Disconnected).with_broker(-1).broker(), None);
}

#[test]
fn what_a_retry_can_mend() {
    let check = |kind: ErrorKind, retriable: bool| assert_eq!(Error::new(kind).is_retriable(), retriable);
    check(ErrorKind::Disconnected, true);
    check(ErrorKind::BufferFull, true);
    check(ErrorKind::Closed, false);
    check(ErrorKind::Fenced, false);
    check(ErrorKind::NoBroker(None), true);
    check(ErrorKind::NoBroker(Some(Box::new(ErrorKind::Closed.into()))), false);
}
