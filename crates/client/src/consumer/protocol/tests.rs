use super::*;

fn owned(list: &[(&str, i32)]) -> Vec<TopicPartition> {
    list.iter().map(|(topic, partition)| TopicPartition::new(*topic, *partition)).collect()
}

#[test]
fn a_subscription_is_read_as_it_was_written() {
    let subscription = MemberSubscription {
        topics: vec!["a".to_owned(), "b".to_owned()],
        user_data: Some(vec![1, 2, 3]),
        owned: owned(&[("a", 0), ("a", 2), ("b", 1)]),
        generation: Some(7),
        rack: Some("east".to_owned()),
    };
    let bytes = subscription.encode().unwrap();
    assert_eq!(MemberSubscription::decode(&bytes), Ok(subscription));
}

/// What librdkafka and Kafka before 2.4 write: version 0, topics and user data alone.
#[test]
fn an_old_subscription_has_fewer_fields() {
    let bytes = [0, 0, 0, 0, 0, 1, 0, 1, b't', 0xff, 0xff, 0xff, 0xff];
    let expected = MemberSubscription { topics: vec!["t".to_owned()], ..Default::default() };
    assert_eq!(MemberSubscription::decode(&bytes), Ok(expected));
}

#[test]
fn a_newer_subscription_is_read_as_far_as_we_know_it() {
    let mut bytes =
        MemberSubscription { topics: vec!["t".to_owned()], ..Default::default() }.encode().unwrap();
    bytes[1] = 9;
    bytes.extend([1, 2, 3, 4]);
    assert_eq!(MemberSubscription::decode(&bytes).unwrap().topics, ["t"]);
}

#[test]
fn assignments_lead_back_and_nothing_is_nothing() {
    let assigned = owned(&[("a", 3), ("b", 0), ("b", 1)]);
    assert_eq!(decode_assignment(&encode_assignment(&assigned).unwrap()), Ok(assigned));
    assert_eq!(decode_assignment(&[]), Ok(Vec::new()));
    assert_eq!(encode_assignment(&[]).unwrap(), [0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn nonsense_is_an_error() {
    for bytes in [&[][..], &[0], &[0, 0, 0x7f, 0xff, 0xff, 0xff], &[0xff, 0xff, 0, 0, 0, 0]] {
        assert!(MemberSubscription::decode(bytes).is_err(), "{bytes:?}");
    }
    assert!(decode_assignment(&[0, 0, 0x7f, 0xff, 0xff, 0xff]).is_err());
}
