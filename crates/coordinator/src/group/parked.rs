//! Heartbeats, and answers about an assignment that is about to be replaced, kept back until there is something to say.
//! Not here: who may be parked, and for how long.

use std::ops::Bound;

use jackdaw_base::MonotonicNs;

use super::record::{GroupId, MemberId};
use super::undo_map::{UndoMap, undo_of_parts};
use crate::shard::Token;

/// What is kept back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParkedKind {
    /// The answer to a heartbeat.
    Heartbeat,
    /// The answer to a JoinGroup, or to the heartbeat with which a member joined (KIP-848): it gets nothing before others
    /// have given it up.
    Join,
    /// The answer to a SyncGroup: others have to give up partitions, and the rebalance that hands those out is about to begin.
    Sync,
}

/// A request whose answer is kept back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedHeartbeat {
    /// What it is.
    pub kind: ParkedKind,
    /// Who waits.
    pub token: Token,
    /// Generation or member epoch it came with.
    pub generation_or_epoch: i32,
    /// When it is answered at the latest.
    pub until: MonotonicNs,
}

/// All parked heartbeats of a shard, at most one of each member, with one level of undo.
#[derive(Clone, Debug, Default)]
pub struct Parked {
    by_member: UndoMap<(GroupId, MemberId), ParkedHeartbeat>,
    by_token: UndoMap<Token, (GroupId, MemberId)>,
}

impl Parked {
    /// Parks a heartbeat. Whoever was parked for this member must have been taken out before.
    pub fn insert(&mut self, group: &GroupId, member: &MemberId, parked: ParkedHeartbeat) {
        let key = (GroupId::clone(group), MemberId::clone(member));
        if let Some(old) = self.by_member.get(&key) {
            let token = old.token;
            self.by_token.remove(&token);
        }
        self.by_token.insert(parked.token, key.clone());
        self.by_member.insert(key, parked);
    }

    /// The parked heartbeat of a member.
    pub fn get(&self, group: &GroupId, member: &MemberId) -> Option<&ParkedHeartbeat> {
        self.by_member.get(&(GroupId::clone(group), MemberId::clone(member)))
    }

    /// Takes out the parked heartbeat of a member.
    pub fn remove(&mut self, group: &GroupId, member: &MemberId) -> Option<ParkedHeartbeat> {
        let key = (GroupId::clone(group), MemberId::clone(member));
        let parked = self.get(group, member)?.clone();
        self.by_member.remove(&key);
        self.by_token.remove(&parked.token);
        Some(parked)
    }

    /// Whose heartbeat this caller has sent.
    pub fn member_of(&self, token: Token) -> Option<&(GroupId, MemberId)> {
        self.by_token.get(&token)
    }

    /// The members of a group with parked heartbeats, in their order.
    pub fn of_group<'a>(
        &'a self,
        group: &'a GroupId,
    ) -> impl Iterator<Item = (&'a MemberId, &'a ParkedHeartbeat)> {
        let first = (GroupId::clone(group), MemberId::from(""));
        self.by_member
            .entries()
            .range((Bound::Included(first), Bound::Unbounded))
            .take_while(move |((of, _), _)| of == group)
            .map(|((_, member), parked)| (member, parked))
    }

    /// How many heartbeats are parked.
    pub fn len(&self) -> usize {
        self.by_member.entries().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.by_member.entries().is_empty()
    }
}

undo_of_parts!(Parked: by_member, by_token);
