//! What coordinators there are, and those found so far. Data only.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// What a coordinator coordinates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CoordinatorKind {
    /// Consumer groups.
    Group,
    /// Transactions.
    Transaction,
}

impl CoordinatorKind {
    pub(crate) const fn code(self) -> i8 {
        match self {
            Self::Group => 0,
            Self::Transaction => 1,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Transaction => "transactional id",
        }
    }
}

/// The coordinators found so far.
#[derive(Default)]
pub(super) struct Coordinators {
    pub(super) known: Mutex<BTreeMap<(CoordinatorKind, String), i32>>,
}
