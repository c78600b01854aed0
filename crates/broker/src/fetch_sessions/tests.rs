use super::*;

fn wanted(index: i32, offset: i64) -> Wanted {
    Wanted {
        topic: "t".into(),
        topic_id: TopicId::ZERO,
        index,
        offset: Offset(offset),
        size_bytes_max: 1000,
        leader_epoch: None,
        last_fetched_epoch: None,
    }
}

fn request(session_id: i32, epoch: i32, wanted: Vec<Wanted>) -> SessionRequest {
    SessionRequest { session_id, epoch, uses_topic_ids: false, wanted, forgotten: Vec::new() }
}

const NOW: MonotonicNs = MonotonicNs(1);

fn indexes(turn: &Turn) -> Vec<i32> {
    turn.wanted.iter().map(|wanted| wanted.index).collect()
}

#[test]
fn a_session_names_only_what_changes() {
    let sessions = FetchSessions::new(10);
    let turn =
        sessions.begin(request(0, INITIAL_EPOCH, vec![wanted(0, 0), wanted(1, 0)]), NOW, 7).expect("full");
    assert_eq!((turn.session_id, turn.is_incremental), (7, false));
    let told = Told { high_watermark: 5, log_start: 0 };
    let results = |news| vec![(wanted(0, 0), told, news), (wanted(1, 0), told, News::None)];
    assert_eq!(
        sessions.finish(7, &results(News::Records)),
        [true, true],
        "the first answer tells everything"
    );

    let turn = sessions.begin(request(7, 1, vec![wanted(0, 5)]), NOW, 8).expect("incremental");
    assert!(turn.is_incremental);
    assert_eq!(indexes(&turn), [1, 0], "what was served goes to the end");
    assert_eq!(turn.wanted[1].offset, Offset(5), "the change is remembered");
    assert_eq!(sessions.finish(7, &results(News::None)), [false, false], "nothing new, nothing told");
    assert_eq!(sessions.finish(7, &results(News::Trouble)), [true, false]);
    assert_eq!(sessions.finish(7, &results(News::None)), [true, false], "told again after an error");
}

#[test]
fn epochs_must_follow_each_other() {
    let sessions = FetchSessions::new(10);
    sessions.begin(request(0, INITIAL_EPOCH, vec![wanted(0, 0)]), NOW, 7).expect("full");
    assert_eq!(sessions.begin(request(7, 2, vec![]), NOW, 8), Err(SessionError::WrongEpoch));
    assert_eq!(sessions.begin(request(9, 1, vec![]), NOW, 8), Err(SessionError::NotFound));
    let by_id = SessionRequest { uses_topic_ids: true, ..request(7, 1, vec![]) };
    assert_eq!(sessions.begin(by_id, NOW, 8), Err(SessionError::TopicIdMismatch));
    assert!(sessions.begin(request(7, 1, vec![]), NOW, 8).is_ok());
    let closed = sessions.begin(request(7, FINAL_EPOCH, vec![wanted(0, 0)]), NOW, 8).expect("full");
    assert_eq!((closed.session_id, sessions.len()), (0, 0));
}

#[test]
fn a_session_that_fetches_nothing_ends() {
    let sessions = FetchSessions::new(10);
    sessions.begin(request(0, INITIAL_EPOCH, vec![wanted(0, 0)]), NOW, 7).expect("full");
    let forgotten = vec![(Arc::from("t"), TopicId::ZERO, 0)];
    let turn = sessions.begin(SessionRequest { forgotten, ..request(7, 1, vec![]) }, NOW, 8).expect("empty");
    assert_eq!((turn.session_id, sessions.len()), (0, 0));
}

#[test]
fn sessions_are_bounded() {
    let sessions = FetchSessions::new(1);
    let open = |id, count: i32, now| {
        let wanted = (0..count).map(|index| wanted(index, 0)).collect();
        sessions.begin(request(0, INITIAL_EPOCH, wanted), now, id).expect("full").session_id
    };
    assert_eq!(open(7, 1, NOW), 7);
    assert_eq!(open(8, 1, NOW), 0, "no room: served without a session");
    assert_eq!(open(8, 1, NOW.plus_ms(EVICTION_AGE_MS + 1)), 8, "an unused one makes room");
    assert_eq!(sessions.len(), 1);
}
