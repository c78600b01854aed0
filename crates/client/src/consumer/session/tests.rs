use super::*;

fn wanted(list: &[(i32, i64)]) -> BTreeMap<TopicPartition, Wanted> {
    let entry = |&(partition, offset): &(i32, i64)| {
        let topic_id = Uuid::from_u128(7);
        let wanted = Wanted { topic_id, offset, leader_epoch: 1, last_epoch: -1, bytes_max: 100 };
        (TopicPartition::new("t", partition), wanted)
    };
    list.iter().map(entry).collect()
}

fn check(
    session: &mut FetchSession,
    list: &[(i32, i64)],
    id_epoch: (i32, i32),
    send: &[i32],
    forget: &[i32],
) {
    let request = session.request(wanted(list));
    assert_eq!((request.session_id, request.epoch), id_epoch);
    assert_eq!(request.send.iter().map(|(partition, _)| partition.partition).collect::<Vec<_>>(), send);
    assert_eq!(request.forget.iter().map(|(partition, _)| partition.partition).collect::<Vec<_>>(), forget);
}

#[test]
fn a_session_sends_only_what_changed() {
    let mut session = FetchSession::default();
    check(&mut session, &[(0, 5), (1, 5)], (0, 0), &[0, 1], &[]);
    session.on_answer(9);
    check(&mut session, &[(0, 5), (1, 6)], (9, 1), &[1], &[]);
    session.on_answer(9);
    check(&mut session, &[(1, 6)], (9, 2), &[], &[0]);
    session.on_answer(9);
    check(&mut session, &[(0, 5), (1, 6)], (9, 3), &[0], &[]);
}

#[test]
fn a_broker_without_sessions_is_told_everything() {
    let mut session = FetchSession::default();
    for _ in 0..2 {
        check(&mut session, &[(0, 5)], (0, 0), &[0], &[]);
        session.on_answer(0);
    }
}

#[test]
fn a_lost_session_begins_anew() {
    let mut session = FetchSession::default();
    check(&mut session, &[(0, 5)], (0, 0), &[0], &[]);
    session.on_answer(9);
    session.restart();
    // Its id tells the broker which one to end.
    check(&mut session, &[(0, 5), (1, 0)], (9, 0), &[0, 1], &[]);
    session.on_unknown();
    check(&mut session, &[(0, 5)], (0, 0), &[0], &[]);
}

#[test]
fn a_topic_created_again_begins_anew() {
    let mut session = FetchSession::default();
    check(&mut session, &[(0, 5)], (0, 0), &[0], &[]);
    session.on_answer(9);
    let mut again = wanted(&[(0, 0)]);
    again.values_mut().for_each(|wanted| wanted.topic_id = Uuid::from_u128(8));
    let request = session.request(again);
    assert_eq!((request.epoch, request.send.len(), request.forget.len()), (0, 1, 0));
}
