//! What an error of the coordinator means for a member. Pure: tables only.

use jackdaw_protocol::error_code::ErrorCode;

use crate::error::{Error, ErrorKind};

/// What a member does after an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reaction {
    /// The same again, after a pause.
    Retry,
    /// The coordinator is elsewhere, or cannot be reached: look for it, after a pause.
    FindCoordinator,
    /// Join with the id that the coordinator has given (KIP-394).
    JoinWithId,
    /// Join again; what it has stays valid until then.
    Rejoin,
    /// The group went on without it: what it has is lost. It joins again under the same id.
    RejoinAfterLoss,
    /// The group does not know it: what it has is lost. It joins again as somebody new.
    RejoinAsNew,
    /// Somebody has to change something: the application is told.
    Fail,
}

/// After JoinGroup, SyncGroup or Heartbeat.
pub(super) fn classic_reaction(error: &Error) -> Reaction {
    let Some(code) = error.code() else { return transport_reaction(error) };
    match code {
        ErrorCode::MemberIdRequired => Reaction::JoinWithId,
        ErrorCode::RebalanceInProgress => Reaction::Rejoin,
        ErrorCode::IllegalGeneration => Reaction::RejoinAfterLoss,
        ErrorCode::UnknownMemberId => Reaction::RejoinAsNew,
        ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => Reaction::FindCoordinator,
        code if code.is_retriable() => Reaction::Retry,
        _ => Reaction::Fail,
    }
}

/// After ConsumerGroupHeartbeat.
pub(super) fn coordinated_reaction(error: &Error) -> Reaction {
    let Some(code) = error.code() else { return transport_reaction(error) };
    match code {
        // The member keeps its id for life (KIP-1082).
        ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId => Reaction::RejoinAfterLoss,
        ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => Reaction::FindCoordinator,
        code if code.is_retriable() => Reaction::Retry,
        _ => Reaction::Fail,
    }
}

fn transport_reaction(error: &Error) -> Reaction {
    match error.kind() {
        ErrorKind::Closed => Reaction::Retry,
        _ if error.is_disconnect() || error.is_retriable() => Reaction::FindCoordinator,
        _ => Reaction::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_reaction() {
        let classic = [
            (ErrorCode::MemberIdRequired, Reaction::JoinWithId),
            (ErrorCode::RebalanceInProgress, Reaction::Rejoin),
            (ErrorCode::IllegalGeneration, Reaction::RejoinAfterLoss),
            (ErrorCode::UnknownMemberId, Reaction::RejoinAsNew),
            (ErrorCode::CoordinatorLoadInProgress, Reaction::Retry),
            (ErrorCode::NotCoordinator, Reaction::FindCoordinator),
            (ErrorCode::FencedInstanceId, Reaction::Fail),
            (ErrorCode::InconsistentGroupProtocol, Reaction::Fail),
            (ErrorCode::GroupMaxSizeReached, Reaction::Fail),
            (ErrorCode::GroupAuthorizationFailed, Reaction::Fail),
        ];
        for (code, reaction) in classic {
            assert_eq!(classic_reaction(&Error::broker_error(code)), reaction, "{code}");
        }
        let coordinated = [
            (ErrorCode::FencedMemberEpoch, Reaction::RejoinAfterLoss),
            (ErrorCode::UnknownMemberId, Reaction::RejoinAfterLoss),
            (ErrorCode::CoordinatorNotAvailable, Reaction::FindCoordinator),
            (ErrorCode::CoordinatorLoadInProgress, Reaction::Retry),
            (ErrorCode::UnreleasedInstanceId, Reaction::Fail),
            (ErrorCode::InvalidRegularExpression, Reaction::Fail),
            (ErrorCode::UnsupportedAssignor, Reaction::Fail),
        ];
        for (code, reaction) in coordinated {
            assert_eq!(coordinated_reaction(&Error::broker_error(code)), reaction, "{code}");
        }
        assert_eq!(classic_reaction(&ErrorKind::Disconnected.into()), Reaction::FindCoordinator);
        let too_old = ErrorKind::Unsupported("too old");
        assert_eq!(coordinated_reaction(&too_old.into()), Reaction::Fail);
    }
}
