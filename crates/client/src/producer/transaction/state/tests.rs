use super::*;

fn ready() -> State {
    let mut state = State::new(true);
    state.may_initialize().expect("may");
    state.on_ready();
    state
}

fn open(version: Version) -> State {
    let mut state = ready();
    state.begin(version).expect("begins");
    state
}

fn lost() -> Error {
    Error::broker_error(ErrorCode::MessageTooLarge)
}

#[test]
fn the_usual_way_round() {
    let mut state = open(Version::V2);
    assert!(state.refusal().is_none());
    state.is_touched = true;
    state.end(Ending::Commit).expect("ends");
    assert!(state.refusal().is_some());
    let plan = state.plan_end(Ending::Commit).expect("is planned");
    assert_eq!(plan, EndPlan { version: Version::V2, is_touched: true, needs_epoch: false });
    state.on_ready();
    state.begin(Version::V1).expect("begins again");
}

#[test]
fn calls_out_of_turn_are_refused() {
    assert!(State::new(false).may_initialize().is_err());
    assert!(State::new(false).refusal().is_none());
    assert!(State::new(true).begin(Version::V1).is_err());
    assert!(ready().end(Ending::Commit).is_err());
    assert!(open(Version::V1).begin(Version::V1).is_err());
    assert!(open(Version::V1).may_initialize().is_err());
    let mut ending = open(Version::V1);
    ending.end(Ending::Commit).expect("ends");
    ending.end(Ending::Commit).expect("may be asked again");
    assert!(ending.end(Ending::Abort).is_err());
}

#[test]
fn a_lost_record_leaves_only_the_abort() {
    for version in [Version::V1, Version::V2] {
        let mut state = open(version);
        state.is_touched = true;
        assert!(state.on_failure(&lost()));
        assert!(matches!(
            state.end(Ending::Commit).expect_err("fails").kind(),
            ErrorKind::TransactionAborted(_)
        ));
        state.end(Ending::Abort).expect("ends");
        let plan = state.plan_end(Ending::Abort).expect("is planned");
        assert_eq!(plan.needs_epoch, version == Version::V1);
    }
}

#[test]
fn a_record_lost_during_the_commit_fails_it() {
    let mut state = open(Version::V2);
    state.end(Ending::Commit).expect("ends");
    state.on_failure(&lost());
    assert!(state.plan_end(Ending::Commit).is_err());
    state.end(Ending::Abort).expect("may be aborted");
}

#[test]
fn refusals_because_of_the_abort_are_no_failures() {
    let mut state = open(Version::V2);
    state.end(Ending::Abort).expect("ends");
    assert!(!state.on_failure(&ErrorKind::TransactionAborted(None).into()));
    assert!(
        state.plan_end(Ending::Abort).expect("is planned").needs_epoch,
        "nothing was sent, sequences are missing"
    );
}

#[test]
fn who_is_fenced_stays_fenced() {
    let mut state = open(Version::V1);
    state.on_coordinator_error(&ErrorKind::Fenced.into());
    assert!(matches!(state.refusal().expect("is refused").kind(), ErrorKind::Fenced));
    state.on_ready();
    assert!(state.begin(Version::V1).is_err());
}

#[test]
fn a_retriable_error_changes_nothing() {
    let mut state = open(Version::V1);
    state.end(Ending::Commit).expect("ends");
    state.on_coordinator_error(&Error::broker_error(ErrorCode::CoordinatorNotAvailable));
    assert!(state.plan_end(Ending::Commit).is_ok());
}
