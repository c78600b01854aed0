//! Copying the leader's log: what a follower takes, what it refuses, when it acknowledges.

use super::*;

fn following() -> (Quorum, RequestId) {
    let mut member = member();
    follow(&mut member, 2, 6);
    let requests = sent(&outputs(&mut member));
    let [(id, Peer::Node(NodeId(2)), Request::Fetch(fetch))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(fetch.position, OffsetAndEpoch::new(Offset(10), LeaderEpoch(3)));
    (member, *id)
}

fn batch(base: i64, end: i64, epoch: i32) -> FetchedBatch {
    FetchedBatch { base: Offset(base), end: Offset(end), epoch: LeaderEpoch(epoch), voters: Vec::new() }
}

fn fetched(result: Result<Fetched, QuorumError>) -> Response {
    Response::Fetch(FetchedReply { hint: hint(6, Some(2)), result })
}

fn records(batches: Vec<FetchedBatch>, high_watermark: Option<i64>) -> Response {
    fetched(Ok(Fetched::Records { batches, high_watermark: high_watermark.map(Offset) }))
}

#[test]
fn records_are_acknowledged_by_the_next_fetch_after_the_sync() {
    let (mut member, id) = following();
    member.on_response(id, records(vec![batch(10, 12, 5), batch(12, 15, 6)], Some(13)), NOW).unwrap();
    let done = outputs(&mut member);
    assert_eq!(
        done,
        [Output::AppendFetched { end: Offset(15) }, Output::HighWatermark(Offset(13))],
        "no fetch yet: its position would be an acknowledgement"
    );
    member.on_log_synced(Offset(12), NOW);
    assert!(outputs(&mut member).is_empty());
    member.on_log_synced(Offset(15), NOW);
    let requests = sent(&outputs(&mut member));
    let [(_, _, Request::Fetch(fetch))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(fetch.position, OffsetAndEpoch::new(Offset(15), LeaderEpoch(6)));
    assert_eq!(fetch.high_watermark, Some(Offset(13)));
}

#[test]
fn batches_that_do_not_fit_are_refused_whole() {
    let check = |batches: Vec<FetchedBatch>| {
        let (mut member, id) = following();
        let violation = member.on_response(id, records(batches.clone(), Some(99)), NOW).unwrap_err();
        assert!(outputs(&mut member).is_empty(), "{batches:?}");
        assert_eq!((member.log().end(), member.high_watermark()), (Offset(10), None));
        violation
    };
    assert!(matches!(check(vec![batch(9, 12, 5)]), Violation::NotContiguous { .. }));
    assert!(matches!(check(vec![batch(10, 12, 5), batch(13, 14, 5)]), Violation::NotContiguous { .. }));
    assert!(matches!(check(vec![batch(10, 10, 5)]), Violation::NotContiguous { .. }));
    assert!(matches!(check(vec![batch(10, 12, 2)]), Violation::BatchEpoch { .. }));
    assert!(matches!(check(vec![batch(10, 12, 7)]), Violation::BatchEpoch { .. }));
}

#[test]
fn a_diverged_log_is_cut_but_never_below_the_watermark() {
    let diverging = |offset, epoch| {
        fetched(Ok(Fetched::Diverging(OffsetAndEpoch::new(Offset(offset), LeaderEpoch(epoch)))))
    };
    let (mut member, id) = following();
    member.on_response(id, diverging(7, 3), NOW).unwrap();
    let done = outputs(&mut member);
    assert_eq!(done[0], Output::Truncate { end: Offset(7) });
    let requests = sent(&done);
    let [(id, _, Request::Fetch(fetch))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(fetch.position.offset, Offset(7));

    member.on_response(*id, records(Vec::new(), Some(6)), NOW).unwrap();
    let requests = sent(&outputs(&mut member));
    let violation = member.on_response(requests[0].0, diverging(5, 3), NOW).unwrap_err();
    assert!(matches!(violation, Violation::TruncatesCommitted { end: Offset(5), high_watermark: Offset(6) }));
    assert_eq!(member.log().end(), Offset(7));
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let (mut member, id) = following();
    follow(&mut member, 3, 7);
    outputs(&mut member);
    member.on_response(id, records(vec![batch(10, 12, 6)], None), NOW).unwrap();
    assert_eq!(member.log().end(), Offset(10));
}

#[test]
fn a_snapshot_comes_in_pieces_and_replaces_the_log() {
    let (mut member, id) = following();
    let snapshot = SnapshotId::new(Offset(50), LeaderEpoch(6));
    member.on_response(id, fetched(Ok(Fetched::Snapshot(snapshot))), NOW).unwrap();
    let mut position = 0;
    for (length_bytes, last) in [(60, false), (40, true)] {
        let requests = sent(&outputs(&mut member));
        let [(id, _, Request::FetchSnapshot(request))] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!((request.snapshot, request.position), (snapshot, position));
        let chunk = SnapshotChunk { snapshot, size_bytes: 100, position, length_bytes };
        let reply = SnapshotReply { hint: hint(6, Some(2)), result: Ok(chunk) };
        member.on_response(*id, Response::FetchSnapshot(reply), NOW).unwrap();
        let write = member.poll_output();
        assert_eq!(write, Some(Output::WriteSnapshot { snapshot, position }));
        if last {
            assert_eq!(outputs(&mut member), [Output::InstallSnapshot { snapshot, size_bytes: 100 }]);
        }
        position += length_bytes;
    }
    let voters = VoterSet::new([voter(1), voter(2)]);
    member.on_snapshot_installed(snapshot, KRaftVersion::Dynamic, Some(voters.clone()), NOW);
    let done = outputs(&mut member);
    assert_eq!(done[0], Output::HighWatermark(Offset(50)));
    let requests = sent(&done);
    assert!(matches!(&requests[..], [(_, _, Request::Fetch(fetch))] if fetch.position == snapshot.0));
    assert_eq!((member.voters(), member.log().start()), (&voters, Offset(50)));
}

#[test]
fn pieces_of_a_snapshot_that_lie_are_refused() {
    let snapshot = SnapshotId::new(Offset(50), LeaderEpoch(6));
    let other = SnapshotId::new(Offset(51), LeaderEpoch(6));
    let check = |snapshot_of_chunk, size_bytes, position, length_bytes| {
        let (mut member, id) = following();
        member.on_response(id, fetched(Ok(Fetched::Snapshot(snapshot))), NOW).unwrap();
        let requests = sent(&outputs(&mut member));
        let chunk = SnapshotChunk { snapshot: snapshot_of_chunk, size_bytes, position, length_bytes };
        let reply = SnapshotReply { hint: hint(6, Some(2)), result: Ok(chunk) };
        let refused = member.on_response(requests[0].0, Response::FetchSnapshot(reply), NOW);
        assert!(matches!(refused, Err(Violation::UnexpectedSnapshot { .. })), "{chunk:?}");
        assert!(outputs(&mut member).is_empty());
    };
    check(other, 100, 0, 10);
    check(snapshot, 100, 5, 10);
    check(snapshot, 100, 0, 101);
    check(snapshot, 100, 0, 0);
    check(snapshot, u64::MAX, 0, 0);
}

/// The leader of three with one record of its own, not yet committed.
pub(super) fn leader() -> Quorum {
    leading(member())
}

pub(super) fn leading(mut member: Quorum) -> Quorum {
    let now = NOW.plus_ms(2_000);
    member.on_tick(now);
    for (epoch, _) in [(5, "pre-vote"), (6, "vote")] {
        let requests = sent(&outputs(&mut member));
        let granted = Reply { hint: hint(epoch, None), result: Ok(true) };
        let asked = requests
            .iter()
            .find(|(_, to, request)| *to == Peer::Node(NodeId(2)) && matches!(request, Request::Vote(_)));
        member.on_response(asked.unwrap().0, Response::Vote(granted), now).unwrap();
    }
    assert!(member.is_leader());
    outputs(&mut member);
    member
}

fn fetch(from: i32, position: (i64, i32), wait_ms_max: u32) -> FetchRequest {
    FetchRequest {
        replica: Some(key(from)),
        epoch: LeaderEpoch(6),
        position: OffsetAndEpoch::new(Offset(position.0), LeaderEpoch(position.1)),
        wait_ms_max,
        high_watermark: Some(Offset(0)),
    }
}

fn fetch_answers(outputs: &[Output]) -> Vec<Result<FetchAnswer, QuorumError>> {
    let fetch = |answer| match answer {
        Answer::Fetch(reply) => reply.result,
        other => panic!("{other:?}"),
    };
    answers(outputs).into_iter().map(fetch).collect()
}

fn range(from: i64, end: i64, high_watermark: Option<i64>) -> Result<FetchAnswer, QuorumError> {
    let (from, end, high_watermark) = (Offset(from), Offset(end), high_watermark.map(Offset));
    Ok(FetchAnswer::Records { from, end, log_start: Offset(0), high_watermark })
}

#[test]
fn a_fetch_is_answered_parked_or_refused() {
    let now = NOW.plus_ms(2_100);
    let mut leader = leader();
    let end = leader.log().end().0;
    assert_eq!(end, 13, "LeaderChange, KRaftVersion, KRaftVoters");
    leader.on_fetch_request(Token(1), fetch(2, (10, 3), 500), now);
    assert_eq!(fetch_answers(&outputs(&mut leader)), [range(10, 13, None)]);
    leader.on_fetch_request(Token(2), fetch(2, (13, 6), 500), now);
    assert!(fetch_answers(&outputs(&mut leader)).is_empty(), "parked");
    leader.on_log_synced(Offset(13), now);
    let done = outputs(&mut leader);
    assert_eq!(done[0], Output::HighWatermark(Offset(13)));
    assert_eq!(fetch_answers(&done), [range(13, 13, Some(13))], "a newer watermark ends the wait");
    leader.on_fetch_request(
        Token(3),
        FetchRequest { high_watermark: Some(Offset(13)), ..fetch(2, (13, 6), 500) },
        now,
    );
    assert!(fetch_answers(&outputs(&mut leader)).is_empty());
    leader.on_appended(Offset(20), now);
    assert_eq!(fetch_answers(&outputs(&mut leader)), [range(13, 20, Some(13))], "records end the wait");
    leader.on_fetch_request(Token(4), FetchRequest { high_watermark: None, ..fetch(2, (20, 6), 300) }, now);
    assert_eq!(leader.next_deadline(), Some(now.plus_ms(300)));
    leader.on_tick(now.plus_ms(300));
    assert_eq!(fetch_answers(&outputs(&mut leader)), [range(20, 20, Some(13))], "time ends the wait");
}

#[test]
fn a_fetch_that_cannot_be_served_says_why() {
    let mut leader = leader();
    let now = NOW.plus_ms(2_100);
    let mut check = |request: FetchRequest, expected| {
        leader.on_fetch_request(Token(1), request.clone(), now);
        assert_eq!(fetch_answers(&outputs(&mut leader)), [expected], "{request:?}");
    };
    let in_epoch = |epoch| FetchRequest { epoch: LeaderEpoch(epoch), ..fetch(2, (10, 3), 500) };
    check(in_epoch(5), Err(QuorumError::FencedLeaderEpoch));
    check(in_epoch(7), Err(QuorumError::UnknownLeaderEpoch));
    check(fetch(1, (10, 3), 500), Err(QuorumError::InvalidRequest));
    check(fetch(2, (-1, 3), 500), Err(QuorumError::InvalidRequest));
    check(fetch(2, (10, -1), 500), Err(QuorumError::InvalidRequest));
    check(fetch(2, (10, 9), 500), Err(QuorumError::InvalidRequest));
    let diverging = OffsetAndEpoch::new(Offset(10), LeaderEpoch(3));
    check(fetch(2, (12, 4), 500), Ok(FetchAnswer::Diverging(diverging)));
    check(fetch(2, (i64::MAX, 3), 500), Ok(FetchAnswer::Diverging(diverging)));
    check(FetchRequest { replica: None, ..fetch(2, (13, 6), 500) }, range(13, 13, None));
}

#[test]
fn a_diverging_position_acknowledges_nothing() {
    let mut leader = leader();
    leader.on_fetch_request(Token(1), fetch(2, (20, 6), 0), NOW);
    leader.on_log_synced(Offset(13), NOW);
    assert_eq!(leader.high_watermark(), None);
}

#[test]
fn a_deposed_leader_refuses_who_waits() {
    let mut leader = leader();
    leader.on_fetch_request(Token(1), fetch(2, (13, 6), 500), NOW);
    outputs(&mut leader);
    follow(&mut leader, 3, 9);
    let done = outputs(&mut leader);
    let refused = |output: &Output| matches!(output, Output::Answer(Token(1), Answer::Fetch(reply)) if reply.result == Err(QuorumError::NotLeader));
    assert_eq!(done.iter().filter(|output| refused(output)).count(), 1);
    let changed = Output::LeaderChanged { epoch: LeaderEpoch(9), leader: Some(NodeId(3)) };
    assert!(done.contains(&changed));
}
