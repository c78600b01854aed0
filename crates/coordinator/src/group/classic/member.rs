//! A member of a classic group: what it told of itself, what it was assigned, and whether it waits for an answer.

use std::sync::Arc;

use crate::group::record::MemberId;
use crate::group::request::{Client, JoinGroup, JoinedMember};
use crate::shard::Token;

/// A protocol's name and the member's metadata for it, opaque to the coordinator.
pub type Protocol = (Arc<str>, Arc<[u8]>);

/// A member of a classic group.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its instance id, if it is static (KIP-345).
    pub instance: Option<Arc<str>>,
    /// Who it is.
    pub client: Client,
    /// How long a rebalance waits for it.
    pub rebalance_timeout_ms: i32,
    /// How long it may be silent.
    pub session_timeout_ms: i32,
    /// What it supports, the most wanted one first; names occur once. After a start only the group's chosen one is known.
    pub protocols: Vec<Protocol>,
    /// What its leader assigned to it; empty before that.
    pub assignment: Arc<[u8]>,
    /// Whether it waits for an answer. Not in the log.
    pub waiting: Waiting,
    /// Whether it has yet to see its first generation: then its session runs even while it waits. Not in the log.
    pub is_new: bool,
}

/// What a member waits for. It has at most one request under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Waiting {
    /// Nothing.
    #[default]
    No,
    /// The answer to its JoinGroup: the join phase goes on.
    Joined(Token),
    /// The answer to its SyncGroup: the leader has yet to assign.
    Synced(Token),
}

impl Member {
    /// A member as it first joins.
    pub fn joining(id: MemberId, request: &JoinGroup, token: Token) -> Self {
        Self {
            id,
            instance: request.instance.clone(),
            client: request.client.clone(),
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            session_timeout_ms: request.session_timeout_ms,
            protocols: distinct(&request.protocols),
            assignment: Arc::default(),
            waiting: Waiting::Joined(token),
            is_new: true,
        }
    }

    /// Whether its JoinGroup waits.
    pub fn is_joining(&self) -> bool {
        matches!(self.waiting, Waiting::Joined(_))
    }

    /// Whether its session cannot end now: the coordinator owes it an answer.
    pub fn is_owed_an_answer(&self) -> bool {
        !self.is_new && self.waiting != Waiting::No
    }

    /// Whether it supports exactly these protocols with the same metadata, in the same order.
    pub fn supports_just(&self, protocols: &[Protocol]) -> bool {
        self.protocols == distinct(protocols)
    }

    /// Its metadata for a protocol; empty if it does not support it.
    pub fn metadata(&self, protocol: Option<&str>) -> Arc<[u8]> {
        let of = |name: &str| self.protocols.iter().find(|(known, _)| **known == *name);
        protocol.and_then(of).map(|(_, metadata)| Arc::clone(metadata)).unwrap_or_default()
    }

    /// As the leader is told of it.
    pub fn for_leader(&self, protocol: Option<&str>) -> JoinedMember {
        JoinedMember {
            member: Arc::clone(&self.id),
            instance: self.instance.clone(),
            metadata: self.metadata(protocol),
        }
    }
}

/// Protocols without repeated names; the first of each counts.
pub fn distinct(protocols: &[Protocol]) -> Vec<Protocol> {
    let mut distinct: Vec<Protocol> = Vec::with_capacity(protocols.len());
    for (name, metadata) in protocols {
        if distinct.iter().all(|(known, _)| known != name) {
            distinct.push((Arc::clone(name), Arc::clone(metadata)));
        }
    }
    distinct
}
