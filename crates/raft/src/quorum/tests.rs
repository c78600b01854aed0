//! One member at a time: what it does at the start, whom it votes for, what it refuses.

use super::*;
use crate::leader::Acknowledge;
use crate::message::*;
use crate::output::{Answer, ControlRecord};
use crate::replica_key::ReplicaKey;
use crate::voter_set::KRaftVersionRange;
use crate::{RequestId, VoterRecord};
use jackdaw_base::Uuid;

const NOW: MonotonicNs = MonotonicNs(5_000_000_000);

fn key(id: i32) -> ReplicaKey {
    ReplicaKey::new(NodeId(id), Uuid::from_u128(id as u128))
}

fn voter(id: i32) -> Voter {
    let endpoints = Endpoints::one("CONTROLLER", "host", 9_000 + id as u16);
    Voter { key: key(id), endpoints, kraft_versions: KRaftVersionRange::OURS }
}

fn history(ids: &[i32]) -> VoterHistory {
    let mut history = VoterHistory::new(VoterSet::default());
    history.add(Offset(-1), VoterRecord::Version(KRaftVersion::Dynamic)).unwrap();
    history.add(Offset(-1), VoterRecord::Voters(VoterSet::new(ids.iter().map(|id| voter(*id))))).unwrap();
    history
}

fn start(ids: &[i32]) -> Start {
    Start {
        settings: Settings::default(),
        local: voter(1),
        election: None,
        log: RecoveredLog::default(),
        voters: history(ids),
        seed: 1,
    }
}

/// A member of three with records 0..10 of epoch 3, in epoch 5.
fn member() -> Quorum {
    member_of(history(&[1, 2, 3]))
}

fn member_of(voters: VoterHistory) -> Quorum {
    let log = RecoveredLog {
        end: Offset(10),
        epochs: vec![(LeaderEpoch(3), Offset(0))],
        ..RecoveredLog::default()
    };
    let election = Some(ElectionState { epoch: LeaderEpoch(5), ..ElectionState::initial() });
    let mut member = Quorum::new(Start { log, election, voters, ..start(&[]) }, NOW);
    outputs(&mut member);
    member
}

fn outputs(quorum: &mut Quorum) -> Vec<Output> {
    std::iter::from_fn(|| quorum.poll_output()).collect()
}

fn sent(outputs: &[Output]) -> Vec<(RequestId, Peer, Request)> {
    let send = |output: &Output| match output {
        Output::Send(outbound) => Some((outbound.id, outbound.to, outbound.request.clone())),
        _ => None,
    };
    outputs.iter().filter_map(send).collect()
}

fn answers(outputs: &[Output]) -> Vec<Answer> {
    let answer = |output: &Output| match output {
        Output::Answer(_, answer) => Some(answer.clone()),
        _ => None,
    };
    outputs.iter().filter_map(answer).collect()
}

fn hint(epoch: i32, leader: Option<i32>) -> LeaderHint {
    let endpoints = leader.map(|id| voter(id).endpoints).unwrap_or_default();
    LeaderHint { epoch: LeaderEpoch(epoch), leader: leader.map(NodeId), endpoints }
}

fn ask(kind: VoteKind, from: i32, epoch: i32, log: (i64, i32)) -> VoteRequest {
    let log = OffsetAndEpoch::new(Offset(log.0), LeaderEpoch(log.1));
    VoteRequest { candidate: key(from), voter: Some(key(1)), epoch: LeaderEpoch(epoch), log, kind }
}

fn vote(member: &mut Quorum, request: VoteRequest) -> Result<bool, QuorumError> {
    member.on_vote_request(Token(1), request, NOW);
    match answers(&outputs(member)).as_slice() {
        [Answer::Vote(reply)] => reply.result,
        other => panic!("{other:?}"),
    }
}

fn follow(member: &mut Quorum, leader: i32, epoch: i32) {
    let request = BeginEpochRequest {
        leader: NodeId(leader),
        epoch: LeaderEpoch(epoch),
        endpoints: voter(leader).endpoints,
        voter: Some(key(1)),
    };
    member.on_begin_epoch_request(Token(9), request, NOW).unwrap();
}

#[test]
fn the_only_voter_leads_at_once_and_commits_by_its_own_sync() {
    let mut quorum = Quorum::new(start(&[1]), NOW);
    let done = outputs(&mut quorum);
    let persisted = |output: &Output| match output {
        Output::Persist { state, kraft_version: KRaftVersion::Dynamic } => {
            Some((state.epoch.0, state.leader.map(|id| id.0), state.voted.map(|key| key.id.0)))
        }
        _ => None,
    };
    // Each epoch, vote and leadership is durable before the record that depends on it.
    let order: Vec<_> = done.iter().filter_map(persisted).collect();
    assert_eq!(order, [(0, None, None), (1, None, Some(1)), (1, Some(1), None)]);
    let Some(Output::AppendControl { base, epoch, records }) = done.last() else { panic!("{done:?}") };
    assert_eq!((*base, *epoch), (Offset(0), LeaderEpoch(1)));
    let voters = vec![NodeId(1)];
    assert_eq!(
        records[..],
        [
            ControlRecord::LeaderChange { leader: NodeId(1), voters: voters.clone(), granting: voters },
            ControlRecord::KRaftVersion(KRaftVersion::Dynamic),
            ControlRecord::KRaftVoters(VoterSet::new([voter(1)])),
        ],
        "as Kafka's first batch after a standalone format"
    );
    assert!(sent(&done).is_empty());
    assert_eq!(quorum.high_watermark(), None, "nothing is committed before it is synced");
    quorum.on_log_synced(Offset(3), NOW);
    assert_eq!(outputs(&mut quorum), [Output::HighWatermark(Offset(3))]);

    assert_eq!(quorum.check_append(LeaderEpoch(1)), Ok(Offset(3)));
    assert!(quorum.check_append(LeaderEpoch(2)).is_err());
    quorum.on_appended(Offset(8), NOW);
    assert_eq!(outputs(&mut quorum), []);
    quorum.on_log_synced(Offset(8), NOW);
    assert_eq!(outputs(&mut quorum), [Output::HighWatermark(Offset(8))]);
    assert_eq!(quorum.next_deadline(), None, "alone there is nothing to wait for");
    quorum.on_tick(NOW.plus_ms(1_000_000));
    assert!(quorum.is_leader() && quorum.poll_output().is_none());
}

#[test]
fn the_only_voter_leads_again_in_a_new_epoch_after_a_restart() {
    let log =
        RecoveredLog { end: Offset(8), epochs: vec![(LeaderEpoch(1), Offset(0))], ..RecoveredLog::default() };
    let election =
        Some(ElectionState { epoch: LeaderEpoch(1), leader: Some(NodeId(1)), ..ElectionState::initial() });
    let mut voters = history(&[1]);
    voters.add(Offset(2), VoterRecord::Voters(VoterSet::new([voter(1)]))).unwrap();
    let mut quorum = Quorum::new(Start { log, election, voters, ..start(&[1]) }, NOW);
    let done = outputs(&mut quorum);
    assert!(quorum.is_leader());
    assert_eq!(quorum.epoch(), LeaderEpoch(2));
    let Some(Output::AppendControl { base: Offset(8), records, .. }) = done.last() else {
        panic!("{done:?}")
    };
    assert_eq!(records.len(), 1, "the voters stand in the log already");
}

#[test]
fn a_configured_quorum_writes_no_voters() {
    let voters = VoterHistory::new(VoterSet::new([Voter {
        key: ReplicaKey { id: NodeId(1), directory: None },
        ..voter(1)
    }]));
    let mut quorum = Quorum::new(Start { voters, ..start(&[]) }, NOW);
    let done = outputs(&mut quorum);
    let Some(Output::AppendControl { records, .. }) = done.last() else { panic!("{done:?}") };
    assert!(matches!(records[..], [ControlRecord::LeaderChange { .. }]));
    assert!(matches!(done[0], Output::Persist { kraft_version: KRaftVersion::Static, .. }));
}

#[test]
fn a_restarted_leader_does_not_lead_on() {
    let election =
        Some(ElectionState { epoch: LeaderEpoch(4), leader: Some(NodeId(1)), ..ElectionState::initial() });
    let mut quorum = Quorum::new(Start { election, ..start(&[1, 2, 3]) }, NOW);
    assert_eq!(quorum.role(), RoleName::Resigned);
    let requests = sent(&outputs(&mut quorum));
    assert!(matches!(requests[..], [(_, _, Request::EndEpoch(_)), (_, _, Request::EndEpoch(_))]));
    assert_eq!(vote(&mut quorum, ask(VoteKind::Vote, 2, 4, (0, 0))), Ok(false), "its epoch had a leader");
    assert_eq!(vote(&mut quorum, ask(VoteKind::Vote, 2, 5, (0, 0))), Ok(true));
}

#[test]
fn a_restart_keeps_the_vote() {
    let mut first = member();
    assert_eq!(vote(&mut first, ask(VoteKind::Vote, 2, 6, (10, 3))), Ok(true));
    let election = Some(first.election_state());
    let mut again = Quorum::new(Start { election, ..start(&[1, 2, 3]) }, NOW);
    outputs(&mut again);
    assert_eq!(again.role(), RoleName::Voted);
    assert_eq!(vote(&mut again, ask(VoteKind::Vote, 3, 6, (99, 5))), Ok(false));
    assert_eq!(
        vote(&mut again, ask(VoteKind::Vote, 2, 6, (10, 3))),
        Ok(true),
        "the same candidate asks again"
    );
}

#[test]
fn votes_go_to_logs_that_are_as_good() {
    let check = |kind, epoch, log, expected| {
        assert_eq!(vote(&mut member(), ask(kind, 2, epoch, log)), expected, "{kind:?} {epoch} {log:?}");
    };
    use VoteKind::*;
    check(Vote, 6, (10, 3), Ok(true));
    check(Vote, 6, (1, 4), Ok(true));
    check(Vote, 6, (9, 3), Ok(false));
    check(Vote, 6, (99, 2), Ok(false));
    check(Vote, 5, (10, 3), Ok(true));
    check(Vote, 4, (10, 3), Err(QuorumError::FencedLeaderEpoch));
    check(Vote, 6, (10, 6), Err(QuorumError::InvalidRequest));
    check(Vote, 6, (-1, 3), Err(QuorumError::InvalidRequest));
    check(Vote, 6, (10, -1), Err(QuorumError::InvalidRequest));
    check(PreVote, 5, (10, 3), Ok(true));
    check(PreVote, 5, (10, 5), Ok(true));
    check(PreVote, 5, (10, 6), Err(QuorumError::InvalidRequest));
    check(PreVote, 5, (9, 3), Ok(false));
}

#[test]
fn a_prevote_binds_nobody() {
    let mut member = member();
    assert_eq!(vote(&mut member, ask(VoteKind::PreVote, 2, 5, (10, 3))), Ok(true));
    assert_eq!(vote(&mut member, ask(VoteKind::PreVote, 3, 5, (10, 3))), Ok(true));
    assert_eq!(member.election_state().voted, None);
    assert_eq!(vote(&mut member, ask(VoteKind::Vote, 2, 5, (10, 3))), Ok(true));
    assert_eq!(vote(&mut member, ask(VoteKind::Vote, 3, 5, (10, 3))), Ok(false), "one vote per epoch");
}

#[test]
fn who_hears_its_leader_gives_no_prevote() {
    let mut member = member();
    follow(&mut member, 2, 6);
    let requests = sent(&outputs(&mut member));
    assert_eq!(vote(&mut member, ask(VoteKind::PreVote, 3, 6, (10, 3))), Ok(true), "not heard yet");
    let [(id, _, Request::Fetch(_))] = requests[..] else { panic!("{requests:?}") };
    let result = Ok(Fetched::Records { batches: Vec::new(), high_watermark: None });
    member.on_response(id, Response::Fetch(FetchedReply { hint: hint(6, Some(2)), result }), NOW).unwrap();
    outputs(&mut member);
    assert_eq!(vote(&mut member, ask(VoteKind::PreVote, 3, 6, (10, 3))), Ok(false));
    assert_eq!(vote(&mut member, ask(VoteKind::Vote, 3, 6, (10, 3))), Ok(false));
}

#[test]
fn a_request_for_another_disk_is_refused() {
    let mut member = member();
    let wrong = ReplicaKey::new(NodeId(1), Uuid::from_u128(77));
    let request = VoteRequest { voter: Some(wrong), ..ask(VoteKind::Vote, 2, 6, (10, 3)) };
    assert_eq!(vote(&mut member, request), Err(QuorumError::InvalidVoterKey));
    assert_eq!(member.election_state().voted, None);
}

#[test]
fn a_silent_leader_is_asked_about_before_an_election() {
    let mut member = member();
    follow(&mut member, 2, 6);
    outputs(&mut member);
    let later = NOW.plus_ms(2_000);
    member.on_tick(later);
    assert_eq!((member.role(), member.epoch()), (RoleName::Prospective, LeaderEpoch(6)));
    let requests = sent(&outputs(&mut member));
    assert_eq!(requests.len(), 2);
    for (_, _, request) in &requests {
        assert!(
            matches!(request, Request::Vote(vote) if vote.kind == VoteKind::PreVote && vote.epoch.0 == 6)
        );
    }
    let reply = |granted| Response::Vote(Reply { hint: hint(6, Some(2)), result: Ok(granted) });
    member.on_response(requests[0].0, reply(false), later).unwrap();
    assert_eq!(member.role(), RoleName::Prospective);
    member.on_response(requests[1].0, reply(true), later).unwrap();
    assert_eq!((member.role(), member.epoch()), (RoleName::Candidate, LeaderEpoch(7)));
    // Its own vote is durable before anybody is asked for one.
    let done = outputs(&mut member);
    let persist = done.iter().position(|output| matches!(output, Output::Persist { .. })).unwrap();
    let send = done.iter().position(|output| matches!(output, Output::Send(_))).unwrap();
    assert!(persist < send, "{done:?}");
}

#[test]
fn a_split_vote_is_waited_out_and_tried_again() {
    let mut member = member();
    let deadline = member.next_deadline().unwrap().max(NOW.plus_ms(2_000));
    member.on_tick(deadline);
    let prevotes = sent(&outputs(&mut member));
    let reply = |epoch, granted| Response::Vote(Reply { hint: hint(epoch, None), result: Ok(granted) });
    member.on_response(prevotes[0].0, reply(5, true), deadline).unwrap();
    let votes = sent(&outputs(&mut member));
    for (id, _, _) in &votes {
        member.on_response(*id, reply(6, false), deadline).unwrap();
    }
    assert_eq!((member.role(), member.epoch()), (RoleName::Candidate, LeaderEpoch(6)));
    let again = member.next_deadline().unwrap();
    assert!(again > deadline && again <= deadline.plus_ms(2_000));
    member.on_tick(again);
    assert_eq!((member.role(), member.epoch()), (RoleName::Prospective, LeaderEpoch(6)));
}

#[test]
fn a_peer_without_prevote_gets_a_real_election() {
    let mut member = member();
    let deadline = NOW.plus_ms(2_000);
    member.on_tick(deadline);
    let prevotes = sent(&outputs(&mut member));
    let reply = Reply { hint: hint(5, None), result: Err(QuorumError::UnsupportedVersion) };
    member.on_response(prevotes[0].0, Response::Vote(reply), deadline).unwrap();
    assert_eq!((member.role(), member.epoch()), (RoleName::Candidate, LeaderEpoch(6)));
}

#[test]
fn two_leaders_of_an_epoch_are_noticed() {
    let mut member = member();
    follow(&mut member, 2, 6);
    let request = BeginEpochRequest {
        leader: NodeId(3),
        epoch: LeaderEpoch(6),
        endpoints: voter(3).endpoints,
        voter: None,
    };
    let violation = member.on_begin_epoch_request(Token(1), request, NOW).unwrap_err();
    assert!(matches!(violation, Violation::TwoLeaders { claimed: NodeId(3), known: NodeId(2), .. }));
    assert_eq!(member.leader(), Some(NodeId(2)));
}

#[test]
fn the_last_epoch_brings_nobody_down() {
    let mut member = member();
    assert_eq!(vote(&mut member, ask(VoteKind::Vote, 2, i32::MAX, (10, 3))), Ok(true));
    let mut now = NOW;
    for _ in 0..20 {
        now = now.plus_ms(3_000);
        member.on_tick(now);
        let granted = Reply { hint: hint(i32::MAX, None), result: Ok(true) };
        for (id, _, request) in sent(&outputs(&mut member)) {
            if matches!(request, Request::Vote(_)) {
                member.on_response(id, Response::Vote(granted.clone()), now).unwrap();
            }
        }
    }
    assert_eq!(member.epoch(), LeaderEpoch(i32::MAX));
}

mod kraft_upgrade;
mod replication;
mod voters;
