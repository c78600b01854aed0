//! What a consumer is in its group now, as its commits say it. Kept by whichever protocol keeps it there.

/// What commits have to say about the member.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Standing {
    pub(super) member_id: String,
    /// The generation (classic) or the member epoch (KIP-848); `None` while it is no member.
    pub(super) generation: Option<i32>,
    /// It has given up: an error that nothing mends.
    pub(super) has_failed: bool,
}
