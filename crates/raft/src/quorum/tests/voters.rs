//! Adding and removing voters: one at a time, and never before the leader's epoch is committed.

use super::replication::leader;
use super::*;

fn fetch_all(leader: &mut Quorum, from: ReplicaKey) {
    let end = leader.log().end_position();
    let request = FetchRequest {
        replica: Some(from),
        epoch: leader.epoch(),
        position: end,
        wait_ms_max: 0,
        high_watermark: None,
    };
    leader.on_fetch_request(Token(100), request, NOW);
}

fn committed_leader() -> Quorum {
    committed(leader())
}

pub(super) fn committed(mut leader: Quorum) -> Quorum {
    leader.on_log_synced(leader.log().end(), NOW);
    fetch_all(&mut leader, key(2));
    outputs(&mut leader);
    assert_eq!(leader.high_watermark(), Some(leader.log().end()));
    leader
}

fn voters_of(leader: &Quorum) -> Vec<i32> {
    leader.voters().ids().map(|id| id.0).collect()
}

fn add(leader: &mut Quorum, id: i32) -> Vec<Output> {
    leader.on_add_voter(Token(id as u64), voter(id), Acknowledge::Committed, NOW);
    outputs(leader)
}

fn versions(leader: &mut Quorum, done: &[Output], range: Option<KRaftVersionRange>) -> Vec<Output> {
    let requests = sent(done);
    let asked =
        requests.iter().find(|(_, _, request)| *request == Request::ApiVersions).expect("it is asked");
    leader.on_response(asked.0, Response::ApiVersions(Ok(range)), NOW).unwrap();
    outputs(leader)
}

fn refusal(done: &[Output]) -> Option<QuorumError> {
    match answers(done)[..] {
        [Answer::AddVoter(Err(error)) | Answer::RemoveVoter(Err(error))] => Some(error),
        _ => None,
    }
}

#[test]
fn a_voter_is_added_when_it_has_all_and_counts_from_then_on() {
    let mut leader = committed_leader();
    let observer = key(4);
    let done = add(&mut leader, 4);
    let done = versions(&mut leader, &done, Some(KRaftVersionRange::OURS));
    assert_eq!(refusal(&done), Some(QuorumError::TimedOut), "it has never been here");

    fetch_all(&mut leader, observer);
    outputs(&mut leader);
    let done = add(&mut leader, 4);
    let done = versions(&mut leader, &done, Some(KRaftVersionRange { min: 0, max: 0 }));
    assert_eq!(refusal(&done), Some(QuorumError::InvalidRequest), "it does not know kraft.version 1");

    let done = add(&mut leader, 4);
    assert_eq!(refusal(&add(&mut leader, 5)), Some(QuorumError::TimedOut), "one at a time");
    let done = versions(&mut leader, &done, Some(KRaftVersionRange::OURS));
    let Some(Output::AppendControl { base, records, .. }) = done.first() else { panic!("{done:?}") };
    assert!(matches!(&records[..], [ControlRecord::KRaftVoters(voters)] if voters.len() == 4));
    assert_eq!((*base, voters_of(&leader)), (Offset(13), vec![1, 2, 3, 4]));
    // Three of four have to have it: the new set counts from the moment it is in the log.
    leader.on_log_synced(Offset(14), NOW);
    fetch_all(&mut leader, key(2));
    assert!(!answers(&outputs(&mut leader)).contains(&Answer::AddVoter(Ok(()))));
    fetch_all(&mut leader, observer);
    assert!(answers(&outputs(&mut leader)).contains(&Answer::AddVoter(Ok(()))));
    assert_eq!(refusal(&add(&mut leader, 4)), Some(QuorumError::DuplicateVoter));
}

#[test]
fn a_leader_that_removes_itself_leads_until_it_is_committed() {
    let mut leader = committed_leader();
    leader.on_remove_voter(Token(1), ReplicaKey::new(NodeId(1), Uuid::from_u128(8)), NOW);
    assert_eq!(refusal(&outputs(&mut leader)), Some(QuorumError::VoterNotFound));
    leader.on_remove_voter(Token(1), key(1), NOW);
    outputs(&mut leader);
    assert!(leader.is_leader() && voters_of(&leader) == [2, 3]);
    leader.on_log_synced(Offset(14), NOW);
    fetch_all(&mut leader, key(2));
    assert!(leader.is_leader(), "one of two is no majority, and the leader does not count");
    outputs(&mut leader);
    fetch_all(&mut leader, key(3));
    let done = outputs(&mut leader);
    assert!(answers(&done).contains(&Answer::RemoveVoter(Ok(()))));
    assert_eq!(leader.role(), RoleName::Resigned);
    assert!(sent(&done).iter().all(|(_, _, request)| matches!(request, Request::EndEpoch(_))));
    let later = NOW.plus_ms(10_000);
    leader.on_tick(later);
    assert_eq!(
        (leader.role(), leader.epoch()),
        (RoleName::Observer, LeaderEpoch(7)),
        "so that nobody follows it"
    );
}

#[test]
fn voters_do_not_change_before_the_epoch_is_committed() {
    let mut uncommitted = leader();
    assert_eq!(refusal(&add(&mut uncommitted, 4)), Some(QuorumError::TimedOut));
    let mut member = member();
    assert_eq!(refusal(&add(&mut member, 4)), Some(QuorumError::NotLeader));
    let configured = VoterHistory::new(VoterSet::new([voter(1)]));
    let mut quorum = Quorum::new(Start { voters: configured, ..start(&[]) }, NOW);
    quorum.on_log_synced(Offset(1), NOW);
    outputs(&mut quorum);
    assert_eq!(refusal(&add(&mut quorum, 4)), Some(QuorumError::UnsupportedVersion));
}

#[test]
fn who_waits_for_a_change_is_answered_in_time_and_once() {
    let mut leader = committed_leader();
    leader.on_remove_voter(Token(1), key(3), NOW);
    outputs(&mut leader);
    // Both that remain keep talking, but this leader's disk hangs.
    leader.on_tick(NOW.plus_ms(2_000));
    assert_eq!(refusal(&outputs(&mut leader)), Some(QuorumError::TimedOut));
    assert_eq!(refusal(&add(&mut leader, 4)), Some(QuorumError::TimedOut), "it is still not committed");
    fetch_all(&mut leader, key(2));
    leader.on_log_synced(Offset(14), NOW.plus_ms(2_100));
    assert!(answers(&outputs(&mut leader)).iter().all(|answer| matches!(answer, Answer::Fetch(_))));
    assert_eq!(leader.high_watermark(), Some(Offset(14)));
}

#[test]
fn a_voter_that_moved_tells_the_leader() {
    let moved = Voter { endpoints: Endpoints::one("CONTROLLER", "elsewhere", 1), ..voter(1) };
    let mut member = Quorum::new(Start { local: moved.clone(), ..start(&[1, 2, 3]) }, NOW);
    outputs(&mut member);
    follow(&mut member, 2, 6);
    let requests = sent(&outputs(&mut member));
    let (id, _, _) = requests.iter().find(|(_, _, request)| matches!(request, Request::Fetch(_))).unwrap();
    let later = NOW.plus_ms(1_900);
    let result = Ok(Fetched::Records { batches: Vec::new(), high_watermark: None });
    member.on_response(*id, Response::Fetch(FetchedReply { hint: hint(6, Some(2)), result }), later).unwrap();
    let requests = sent(&outputs(&mut member));
    member.on_request_failed(requests[0].0, later);
    member.on_tick(NOW.plus_ms(2_100));
    let requests = sent(&outputs(&mut member));
    let [(_, _, Request::UpdateVoter(update))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(update.voter, moved);

    let mut leader = committed_leader();
    let request = UpdateVoterRequest { epoch: LeaderEpoch(6), voter: Voter { key: key(2), ..moved } };
    leader.on_update_voter_request(Token(5), request.clone(), NOW);
    let done = outputs(&mut leader);
    let answered = |answer: &Answer| matches!(answer, Answer::UpdateVoter(reply) if reply.result == Ok(true));
    assert!(answers(&done).iter().any(answered));
    assert_eq!(leader.voters().get(NodeId(2)), Some(&request.voter));
}
